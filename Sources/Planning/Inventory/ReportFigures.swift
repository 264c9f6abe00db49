// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// What is kept of a Push Validation Report, so that later ones can be compared with it.
package struct ReportFigures: Sendable, Hashable {
    /// By what pushes are told apart.
    package enum Dimension: String, CaseIterable, Sendable, Hashable {
        case deviceKind, zone, policy, certificate
    }

    package struct Share: Sendable, Hashable {
        package var name: String
        package var total: Int
        package var successful: Int
        package var failed: Int { total - successful }
        /// Rounded down; nil where there is nothing to share.
        package var percent: Int? { total == 0 ? nil : successful * 100 / total }

        package init(name: String, total: Int, successful: Int) {
            (self.name, self.total, self.successful) = (name, total, successful)
        }
    }

    /// A push that failed, or whose certificate is not served everywhere any more.
    package struct Failure: Sendable, Hashable {
        package var workOrder: WorkOrderDigest
        package var connector: ConnectorName
        package var certificate: CertificateName?
        package var state: String
        package var reason: String
        /// When it failed; of what was served once, the first report that found it otherwise.
        package var since: Timestamp

        package init(
            workOrder: WorkOrderDigest, connector: ConnectorName, certificate: CertificateName?, state: String,
            reason: String, since: Timestamp
        ) {
            (self.workOrder, self.connector, self.certificate) = (workOrder, connector, certificate)
            (self.state, self.reason, self.since) = (state, reason, since)
        }
    }

    /// All endpoints of everything that was pushed or adopted, whenever that was.
    package struct Endpoints: Sendable, Hashable {
        package var matched = 0
        package var differed = 0
        package var unreachable = 0
        package var total: Int { matched + differed + unreachable }

        package init(matched: Int = 0, differed: Int = 0, unreachable: Int = 0) {
            (self.matched, self.differed, self.unreachable) = (matched, differed, unreachable)
        }
    }

    /// nil: from the beginning.
    package var since: Timestamp?
    package var until: Timestamp
    package var total: Int
    package var successful: Int
    package var shares: [Dimension: [Share]]
    package var failures: [Failure]
    package var endpoints: Endpoints

    package init(
        since: Timestamp?, until: Timestamp, total: Int, successful: Int, shares: [Dimension: [Share]],
        failures: [Failure], endpoints: Endpoints
    ) {
        (self.since, self.until, self.total, self.successful) = (since, until, total, successful)
        (self.shares, self.failures, self.endpoints) = (shares, failures, endpoints)
    }

    package var failed: Int { total - successful }
    package var percent: Int? { Share(name: "", total: total, successful: successful).percent }
}

extension ReportFigures {
    /// - Parameters:
    ///   - former: the figures before, oldest first: since when something fails is told from them.
    ///   - until: where the next report begins, where that is not the end of this one.
    package init(_ report: PushReport, endpoints: Endpoints, former: [ReportFigures], until: Timestamp? = nil) {
        var known: [WorkOrderDigest: Timestamp] = [:]
        for figures in former {
            for failure in figures.failures { known[failure.workOrder] = known[failure.workOrder] ?? failure.since }
        }
        self.init(
            since: report.since, until: until ?? report.until, total: report.pushes.count, successful: report.successful,
            shares: Dictionary(
                uniqueKeysWithValues: Dimension.allCases.map { ($0, Self.shares(of: report.pushes, by: $0)) }),
            failures: report.pushes.filter { !$0.isSuccessful }.map { push in
                let isOfPush = push.state != "Completed"
                return Failure(
                    workOrder: push.workOrder, connector: push.connector, certificate: push.certificate,
                    state: push.state, reason: push.message ?? push.lack,
                    since: isOfPush ? push.at : known[push.workOrder] ?? report.until)
            }, endpoints: endpoints)
    }

    /// Those with the most failures first.
    private static func shares(of pushes: [PushReport.Push], by dimension: Dimension) -> [Share] {
        Dictionary(grouping: pushes) { $0.value(of: dimension) ?? "" }.filter { !$0.key.isEmpty }.map { name, pushes in
            Share(name: name, total: pushes.count, successful: pushes.count(where: \.isSuccessful))
        }.sorted { ($1.failed, $0.name) < ($0.failed, $1.name) }
    }
}

extension ReportFigures.Endpoints {
    /// - Parameter expected: what the endpoints of a slot should serve; nil: nothing that anybody has pushed or adopted.
    package init(_ views: [ConnectorView], expected: (ConnectorView) -> Fingerprint?) {
        self.init()
        for view in views {
            guard view.certificate != nil, let leaf = expected(view) else { continue }
            for answer in view.served {
                switch EndpointVerdict(connector: view.connector, expected: leaf, answer).verdict {
                case .matched: matched += 1
                case .differed: differed += 1
                case .unreachable: unreachable += 1
                }
            }
        }
    }
}

extension PushReport.Push {
    fileprivate func value(of dimension: ReportFigures.Dimension) -> String? {
        switch dimension {
        case .deviceKind: deviceKind
        case .zone: zone
        case .policy: policy
        case .certificate: certificate?.text
        }
    }

    /// Why something that was completed does not count as successful any more.
    fileprivate var lack: String {
        switch validation {
        case .differed: "\(matched) of \(endpoints) endpoints serve it, another certificate is served"
        case .unreachable: "\(matched) of \(endpoints) endpoints serve it, the rest cannot be reached"
        case .matched, .replaced, .none: state
        }
    }
}
