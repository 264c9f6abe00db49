// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Audit
internal import Commits
internal import Declarations
internal import Git
internal import Planning
package import Vocabulary

/// `audit`: replays every push from what lies in this clone. Nothing is fetched, no device is contacted, no state is believed
/// but the commit that it trusts.
package struct AuditOperation: Sendable {
    /// Of what is told; everything is replayed whatever is chosen.
    package struct Selection: Sendable {
        package var connector: String?
        package var device: String?
        package var certificate: String?
        package var from: Timestamp?
        /// The first second that is not told of any more.
        package var until: Timestamp?

        package init(
            connector: String? = nil, device: String? = nil, certificate: String? = nil, from: Timestamp? = nil,
            until: Timestamp? = nil
        ) {
            (self.connector, self.device, self.certificate) = (connector, device, certificate)
            (self.from, self.until) = (from, until)
        }
    }
    private let site: Site

    package init(site: Site) { self.site = site }

    package func run(_ selection: Selection = Selection()) async throws(UserError) -> AuditReport {
        let trusted = try await trusted()
        let report: AuditReport
        do throws(AuditError) {
            // A loader of its own: an audit reads git, and nothing that a state has kept of it.
            report = try AuditRun(
                git: site.git, loader: TreeLoader(git: site.git), trusted: trusted, heads: site.heads)
                .run(only: try zone())
        } catch {
            throw UserError(error)
        }
        return try selection.chosen(of: report)
    }

    /// `--trust`, else the commit that this host's state has pinned first.
    private func trusted() async throws(UserError) -> ObjectID {
        if let revision = site.options.trust { return try site.commit(revision) }
        guard let pinned = try await State.existing(site)?.history().history, pinned.trustSet != nil else {
            throw UserError(
                "NotTrusted", "an audit begins from the commit that was trusted first, and none is named",
                hint: "look at that commit, its people and policies, then: countersign audit --trust COMMIT")
        }
        if let beginning = pinned.beginning { return beginning.commit }
        return try site.trust(pinned).commit
    }

    private func zone() throws(AuditError) -> ZoneName? {
        guard let text = site.options.zone else { return nil }
        guard let name = ZoneName(text) else {
            throw AuditError(.unknownZone, "no zone is named \"\(Shown.text(text))\"")
        }
        return name
    }
}

extension AuditOperation.Selection {
    /// - Throws: `UnknownName` where nothing of that name was ever pushed or published.
    func chosen(of report: AuditReport) throws(UserError) -> AuditReport {
        try check(
            connector, "connector", report.pushes.map(\.connector.text) + report.slots.compactMap { $0.connector?.text }
        )
        try check(device, "device", report.pushes.map(\.slot.device.text) + report.slots.map(\.slot.device.text))
        try check(
            certificate, "certificate",
            report.pushes.compactMap { $0.certificate?.text } + report.slots.compactMap { $0.certificate?.text })
        var chosen = report
        chosen.pushes = report.pushes.filter { push in
            isAsked(push.connector.text, push.slot.device.text, push.certificate?.text)
                && from.map { $0 <= push.at } ?? true && until.map { push.at < $0 } ?? true
        }
        let touched = Set(chosen.pushes.map(\.slot))
        chosen.slots = report.slots.filter { slot in
            isAsked(slot.connector?.text, slot.slot.device.text, slot.certificate?.text)
                && (from == nil && until == nil || touched.contains(slot.slot))
        }
        return chosen
    }

    private func isAsked(_ connector: String?, _ device: String, _ certificate: String?) -> Bool {
        self.connector.map { $0 == connector } ?? true && self.device.map { $0 == device } ?? true
            && self.certificate.map { $0 == certificate } ?? true
    }

    private func check(_ name: String?, _ kind: String, _ known: [String]) throws(UserError) {
        guard let name, !known.contains(name) else { return }
        throw UserError(
            "UnknownName", "the status branches know no \(kind) \"\(Shown.text(name))\"",
            hint: nearest(to: name, among: Set(known).sorted()).map { "did you mean \($0)?" })
    }
}

extension UserError {
    package init(_ error: AuditError) {
        let hint: String? =
            switch error.code {
            case .invalidTrust: "countersign validate --ref COMMIT shows what is wrong"
            case .noStatus: "git fetch origin brings it, where there is one"
            case .unknownZone, .git: nil
            }
        self.init(error.code.rawValue, error.detail, hint: hint)
    }
}
