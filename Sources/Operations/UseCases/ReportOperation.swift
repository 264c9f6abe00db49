// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Journal
package import Planning
package import StatusBranch
package import Vocabulary

/// `report`: how many of the pushes since the last report went well, and whether they are still served.
///
/// What each pass of the reconciler saw is the validation: its handshakes with all endpoints stand in the status.
package struct ReportOperation: Sendable {
    package struct Report: Sendable {
        package var plan: PlanReport
        package var pushes: PushReport
        package var figures: ReportFigures
        /// Of the reports that the gateway has written, oldest first: at most `longestTrend`.
        package var trend: [ReportFigures]

        package init(
            plan: PlanReport, pushes: PushReport, endpoints: ReportFigures.Endpoints = .init(),
            trend: [ReportFigures] = []
        ) {
            (self.plan, self.pushes, self.trend) = (plan, pushes, trend)
            figures = ReportFigures(pushes, endpoints: endpoints, former: trend)
        }

        package static let longestTrend = 60
    }
    private let site: Site
    private let time: any TimeSource

    package init(site: Site, time: any TimeSource) { (self.site, self.time) = (site, time) }

    /// - Parameter since: nil: where the last report of this state directory ended; without one, the beginning.
    package func run(since: Timestamp?) async throws(UserError) -> Report {
        let overview = try await Overview.open(site, time: time)
        let mark = try ReportMark(site, zone: overview.view.zone)
        var start = since
        if start == nil { start = try mark?.last() }
        let archived =
            try overview.archive().map { (archive) throws(UserError) in
                try overview.archived { () throws(StatusError) in try archive.workOrders(endedAfter: start) }
            } ?? []
        let pushes = archived.compactMap(\.push)
        let slots = overview.derivation.history.slots
        let report = PushReport(since: start, until: overview.report.now, pushes: pushes) { slots[$0]?.served ?? [] }
        // What is written to the archive later than this and ended before is not lost: the last end that was seen counts.
        if since == nil, let last = pushes.last?.at { try mark?.keep(last) }
        let trend =
            try overview.archive().map { (archive) throws(UserError) in
                try overview.archived { () throws(StatusError) in try archive.reports(Report.longestTrend) }
            } ?? []
        return Report(
            plan: overview.report, pushes: report,
            endpoints: ReportFigures.Endpoints(overview.report.plan.connectors) {
                overview.derivation.history.slots[$0.slot]?.lastCompleted?.leaf
            }, trend: trend)
    }
}

extension ArchiveEntry {
    /// nil where it never came as far as the device: what was refused before, superseded or only adopted was no push.
    var push: PushReport.Push? {
        guard !adopted, ["Completed", "PushFailed", "RolledBack", "RollbackFailed", "UnknownEffect"].contains(state)
        else {
            return nil
        }
        var push = PushReport.Push(
            workOrder: digest, request: request, certificate: certificate, connector: connector, slot: slot,
            leaf: installs, state: state, message: message, at: at)
        (push.deviceKind, push.zone, push.policy) = (deviceKind, zone, policy)
        return push
    }
}

/// When the gateway writes a Push Validation Report to its status branch, and what is in it.
package enum ReportDuty {
    /// The report that is due: with the first pass of a day (UTC), over all pushes since the last one that ended before today.
    ///
    /// - Parameters:
    ///   - archive: as it was last written; what has ended since is not in it, and is told of by the next report. That it holds nothing
    ///     more to tell before the next day is kept where it keeps what was read of it.
    package static func due(
        _ archive: StatusArchive, _ derivation: Derivation, views: [ConnectorView], now: Timestamp
    ) throws(StatusError) -> ReportFigures? {
        guard let tree = try archive.id else { return nil }
        let today = day(of: now)
        if archive.derived?.find(.reported, tree, { Self.day(packed: $0) }) == today { return nil }
        let former = try archive.reports(ReportOperation.Report.longestTrend)
        let since = former.last?.until
        let pushes = try archive.workOrders(endedAfter: since).compactMap(\.push).filter { day(of: $0.at) < today }
        guard let last = pushes.last else {
            archive.derived?.keep(.reported, tree, Self.packed(day: today))
            return nil
        }
        let slots = derivation.history.slots
        let report = PushReport(since: since, until: now, pushes: pushes) { slots[$0]?.served ?? [] }
        return ReportFigures(
            report, endpoints: ReportFigures.Endpoints(views) { slots[$0.slot]?.lastCompleted?.leaf }, former: former,
            until: last.at)
    }

    private static func day(of time: Timestamp) -> Int64 { time.secondsSince1970 / 86_400 }

    private static func packed(day: Int64) -> [UInt8] { withUnsafeBytes(of: day.littleEndian) { Array($0) } }

    private static func day(packed bytes: UnsafeRawBufferPointer) -> Int64? {
        bytes.count == 8 ? Int64(littleEndian: bytes.loadUnaligned(as: Int64.self)) : nil
    }
}

/// Where the last report ended: one time in the state directory. Losing it costs a longer report.
private struct ReportMark {
    private let directory: StateDirectory
    private let name: String

    /// nil where this host keeps no state for the repository: a reader without one is shown everything.
    init?(_ site: Site, zone: ZoneName) throws(UserError) {
        guard let state = try State.existing(site) else { return nil }
        (directory, name) = (state.directory, "report-\(zone)")
    }

    func last() throws(UserError) -> Timestamp? {
        do throws(StateError) { return try directory.time(name) } catch { throw UserError(error) }
    }

    func keep(_ time: Timestamp) throws(UserError) {
        do throws(StateError) { try directory.keep(time, as: name) } catch { throw UserError(error) }
    }
}
