// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Commits
package import Declarations
internal import Git
internal import Journal
package import Planning
package import StatusBranch
package import Vocabulary

/// What a zone's reconciler has published, its signature checked.
package struct PublishedStatus: Sendable {
    package var commit: ObjectID
    package var at: Timestamp
    package var history: History

    /// nil where there is no status branch yet.
    ///
    /// - Throws: `UndeclaredRecorder`, `StatusNotSigned` and others: what a stranger wrote is not believed.
    package static func read(
        _ site: Site, zone: ZoneName, trust: TrustSet, now: Timestamp
    ) throws(UserError) -> PublishedStatus? {
        guard let id = trust.repository?.spec.id else { return nil }
        let reader = StatusReader(site.git)
        do throws(StatusError) {
            let keys = KeyRing(of: trust)
            let tip = try reader.tip(site.statusRef(of: zone), zone: zone, recorders: keys, now: now)
            let history = try reader.history(
                of: tip, repository: id, zone: zone, openpgp: keys.openpgp, known: KnownSlots(site.loader.derived))
            return PublishedStatus(commit: tip.commit, at: tip.committed, history: history)
        } catch  where error.code == .absent {
            return nil
        } catch {
            throw UserError(error, zone: zone)
        }
    }

    /// Why nobody can say how things stand by now: its reconciler promised to write and did not, and half as long again has passed.
    func silence(of zone: ZoneName, at now: Timestamp) -> String? {
        guard let promise = history.heartbeat, now > at + Seconds(promise.count + promise.count / 2) else { return nil }
        return
            "the reconciler of zone \(zone) was not heard of since \(at), and writes every \(promise.count / 60) minutes while it runs"
    }

    /// The verified tip, without what it says; nil where there is no status branch yet.
    static func tip(
        _ site: Site, zone: ZoneName, trust: TrustSet, now: Timestamp
    ) throws(UserError) -> ObjectID? {
        do throws(StatusError) {
            return try StatusReader(site.git)
                .tip(site.statusRef(of: zone), zone: zone, recorders: KeyRing(of: trust), now: now).commit
        } catch  where error.code == .absent {
            return nil
        } catch {
            throw UserError(error, zone: zone)
        }
    }

    /// Which of these records have evidence on the status branch: its reconciler has seen them.
    static func recorded(
        _ records: [RecordKey], at commit: ObjectID, site: Site, zone: ZoneName
    ) throws(UserError) -> Set<RecordKey> {
        do throws(GitError) {
            let tree = try site.git.commit(commit).tree
            var recorded: Set<RecordKey> = []
            for key in records where try site.git.entry(StatusPath.evidence(key), of: tree) != nil {
                recorded.insert(key)
            }
            return recorded
        } catch {
            throw UserError(error)
        }
    }
}

extension KnownSlots {
    /// What this state kept of them; a reader without a state keeps none.
    fileprivate init(_ derived: DerivedBlobs?) {
        guard let derived else {
            self = .none
            return
        }
        self.init(
            find: { blob in
                derived.find(.slot, blob) { bytes in
                    PackedSlot.read(bytes).map { Slot(key: $0.slot, head: $0.head, epoch: $0.epoch) }
                }
            },
            keep: { derived.keep(.slot, $0, PackedSlot.bytes($1.key, $1.head, epoch: $1.epoch)) })
    }
}

extension UserError {
    package init(_ error: StatusError, zone: ZoneName) {
        let code = error.code.rawValue
        let hint: String? =
            switch error.code {
            case .undeclaredRecorder:
                "the gateway prints its line with: countersign recorder; it belongs into zone \(zone)"
            case .stranger:
                "somebody else has written to the status branch; the next reconcile on the gateway answers it"
            case .unknownOwnCommit:
                "the state of this gateway was set back, or its recorder key is used elsewhere: nothing is pushed until that is clear. Bring the newer state back, or move the journal away and rebuild it from what was published: countersign trust COMMIT --recover"
            case .moved: "run it again"
            default: nil
            }
        self.init(
            "Status" + code.prefix(1).uppercased() + code.dropFirst(),
            "status branch of zone \(zone): \(Shown.text(error.place)): \(error.detail)", hint: hint)
    }
}
