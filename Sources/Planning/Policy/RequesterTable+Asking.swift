// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Approvals
internal import Declarations
package import Vocabulary

extension RequesterTable {
    /// What one work order is made from, of what plain commits can write.
    package struct Sources: Hashable, Sendable {
        package var certificate: CertificateName?
        package var binding: BindingName?
        package var connector: ConnectorName
        /// Repository paths: the chain, an encrypted key.
        package var files: [String]

        package init(certificate: CertificateName?, binding: BindingName?, connector: ConnectorName, files: [String]) {
            (self.certificate, self.binding, self.connector, self.files) = (certificate, binding, connector, files)
        }
    }

    /// Who asked for a work order, and the comment of the last one who did.
    ///
    /// Counted are the touches of each resource and file since the trusted commit, and after the slot's last completed work
    /// order that was made from it too. Which chain file that one was made from is not in its content: a file counts as the
    /// same only while the Certificate that names it is untouched, which can only add requesters.
    ///
    /// - Parameters:
    ///   - tip: a milestone of the walk: nothing that it does not hold is counted. nil: all that was walked.
    ///   - descent: of this table; kept from one work order to the next.
    package func asking(
        for sources: Sources, after last: SlotHead.CompletedWorkOrder?, through tip: ObjectID? = nil,
        _ descent: inout Descent
    ) -> (requesters: Requesters, comment: String?) {
        let since = last.flatMap { ordinals[$0.tip] }
        let end = tip.flatMap { ordinals[$0] } ?? .max
        var counted: [(touch: Touch, what: String, canTakeOver: Bool)] = []
        func count(_ subject: Subject, as what: String, from ordinal: Int?, canTakeOver: Bool) {
            for touch in touches[subject] ?? []
            where touch.ordinal <= end && ordinal.map({ touch.ordinal > $0 }) ?? true {
                counted.append((touch, what, canTakeOver && touch.takesOver && touch.signer != nil))
            }
        }
        func count(_ kind: ResourceKind, _ name: String, same: Bool, canTakeOver: Bool = false) {
            count(
                .resource(ResourceKey(kind: kind, name: name)), as: "\(kind.rawValue) \(name)",
                from: same ? since : nil,
                canTakeOver: canTakeOver)
        }
        count(.appConnector, sources.connector.text, same: last?.connector == sources.connector, canTakeOver: true)
        if let binding = sources.binding {
            count(.binding, binding.text, same: last?.binding == binding, canTakeOver: true)
        }
        if let certificate = sources.certificate {
            let isSame = last?.certificate == certificate
            count(.certificate, certificate.text, same: isSame)
            let resource = Subject.resource(ResourceKey(kind: .certificate, name: certificate.text))
            let untouched =
                since.map { since in (touches[resource] ?? []).allSatisfy { $0.ordinal <= since || $0.ordinal > end } }
                ?? false
            for file in sources.files {
                count(.file(file), as: file, from: isSame && untouched ? since : nil, canTakeOver: false)
            }
        }
        return (Self.requesters(of: counted, &descent), Self.latest(of: counted)?.subjectLine)
    }

    private static func requesters(
        of counted: [(touch: Touch, what: String, canTakeOver: Bool)], _ descent: inout Descent
    ) -> Requesters {
        // What one push comes after, a push that comes after that one covers as well.
        var pushes: [Int] = []
        for ordinal in Set(counted.filter(\.canTakeOver).map(\.touch.ordinal)).sorted(by: >)
        where !pushes.contains(where: { descent.of($0, includes: ordinal) }) {
            pushes.append(ordinal)
        }
        var found = Requesters()
        for (touch, what, _) in counted.sorted(by: { ($0.touch.ordinal, $0.what) < ($1.touch.ordinal, $1.what) }) {
            let reason = Requesters.Reason(commit: touch.commit, what: what)
            if let signer = touch.signer { found.people[signer] = reason }
            guard touch.unknown || !touch.named.isEmpty else { continue }
            // Taken over by a signed `countersign push`: of what it came after, names and strangers no longer count. What
            // stood beside it on another branch was not seen by who signed it.
            if pushes.contains(where: { descent.of($0, includes: touch.ordinal) }) { continue }
            for person in touch.named where found.people[person] == nil { found.people[person] = reason }
            if touch.unknown { found.unknown = reason }
        }
        return found
    }

    private static func latest(of counted: [(touch: Touch, what: String, canTakeOver: Bool)]) -> Touch? {
        counted.map(\.touch).max { ($0.ordinal, $0.commit) < ($1.ordinal, $1.commit) }
    }
}
