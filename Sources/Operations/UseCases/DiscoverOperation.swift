// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Connectors
internal import Commits
internal import Declarations
internal import Journal
internal import Git
internal import PKI
internal import Planning
package import TLSProbe
package import Vocabulary

/// `discover`: reads devices and endpoints now, declared slots and all others that their configurations name, and keeps what was
/// seen in the journal. Changes nothing on any device.
package struct DiscoverOperation: Sendable {
    package struct Report: Sendable {
        package var plan: PlanReport
        /// Declared ones first, each sorted by name.
        package var findings: [Finding]
        package var proposal: Proposal?

        package init(plan: PlanReport, findings: [Finding], proposal: Proposal? = nil) {
            (self.plan, self.findings, self.proposal) = (plan, findings, proposal)
        }
    }
    private let site: Site
    private let prober: Prober
    private let time: any TimeSource

    package init(site: Site, prober: Prober = Prober(), time: any TimeSource) {
        (self.site, self.prober, self.time) = (site, prober, time)
    }

    /// - Parameters:
    ///   - devices: names; none: all of the zone, and the servers that run on this machine and nobody has declared.
    ///   - configurations: of servers that run on this machine: only these, none of the declared ones.
    ///   - folder: where to write declarations for what nobody has declared; absent or empty.
    ///   - progress: is told how many of how many devices have been read.
    /// - Throws: `NotGateway` on any other host; `UnknownName`; `NotEmpty`; what is wrong with the journal.
    package func run(
        devices: [String] = [], configurations: [String] = [], proposeIn folder: String? = nil,
        progress: @escaping @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) async throws(UserError) -> Report {
        if let folder { try Proposal.checkFolder(folder) }
        let fetched = try await site.fetch()
        var now = time.now
        var view = try await Viewpoint.open(site, own: true, now: now)
        guard let gateway = view.gateway else {
            throw UserError(
                "NotGateway", "this host is not the gateway of zone \(view.zone): only the gateway contacts devices",
                hint: "run it there; what the gateway last saw: countersign status")
        }
        view.notices += fetched.notices
        now = max(now, view.history.latest ?? now)
        let journal = gateway.state.journal
        let holder = HolderID.random()
        let lease = try await journaled { () async throws(JournalError) in
            guard let lease = try await journal.acquire(.leader, for: holder, lasting: .seconds(900)) else {
                throw JournalError(
                    .busy, operation: "discover", detail: "a reconciler is at work on this state")
            }
            return lease
        }
        do throws(UserError) {
            let report = try await run(
                &view, gateway, devices: devices, configurations: configurations, folder: folder, lease, now, progress)
            await journal.release(lease)
            return report
        } catch {
            await journal.release(lease)
            throw error
        }
    }

    private func run(
        _ view: inout Viewpoint, _ gateway: Viewpoint.Gateway, devices: [String], configurations: [String],
        folder: String?, _ lease: Lease, _ now: Timestamp, _ progress: @escaping @Sendable (Int, Int) -> Void
    ) async throws(UserError) -> Report {
        let journal = gateway.state.journal
        var derivation = try await view.derive(nil, now: now)
        let driving = try Driving(gateway.state, zone: view.zone, trust: view.trust.set, time: time)
        let chosen = try chosen(devices, configurations, view)
        let kept = try await journaled { () async throws(JournalError) in try await journal.surveys() }
        let subjects = driving.subjects(derivation).filter { subject in
            chosen.contains { $0.name == subject.device.name }
        }
        async let seen = driving.discovery(prober).run(subjects, history: view.history, now: now)
        var findings = chosen.map { Finding(device: $0, isDeclared: true) }
        if devices.isEmpty { findings += undeclared(view, configurations) }
        findings = await survey(
            findings, driving.registry, kept: kept, isFresh: folder != nil, history: view.history, progress)
        var facts = await seen.facts
        view.history = view.history.applying(facts)
        derivation.history = view.history
        for index in findings.indices {
            findings[index].attach(derivation.desired.set.connectors.values, view.trust.set.devices, view.history)
        }
        await probe(&findings, kept)
        for finding in findings where finding.isDeclared && finding.error == nil && finding.unchangedSince == nil {
            if let survey = finding.survey {
                let served = finding.places.filter { $0.connector == nil }.flatMap(\.answers)
                facts.append(.surveyed(finding.device.name, survey.kept, served: served, at: now))
            }
        }
        if !facts.isEmpty {
            try await journaled { () async throws(JournalError) in
                _ = try await journal.append(facts, under: lease, expecting: nil)
            }
        }
        view.source = .discovered(at: now)
        let report = PlanReport(
            derivation, view, refName: view.trust.set.repository?.spec.branch ?? "main",
            plan: derivation.plan(now: now), now: now)
        var proposal: Proposal?
        if let folder {
            let made = Proposal(
                findings, desired: derivation.desired, inForce: view.trust.set, zone: view.zone, folder: folder,
                workTree: site.git.workTree)
            try made.write()
            proposal = made
        }
        return Report(plan: report, findings: findings, proposal: proposal)
    }

    /// The declared devices that are meant.
    private func chosen(_ names: [String], _ configurations: [String], _ view: Viewpoint) throws(UserError) -> [Device]
    {
        let all = view.trust.set.devices.values.filter { $0.spec.zone == view.zone && $0.spec.sync != .ignored }
            .sorted { $0.name < $1.name }
        guard !names.isEmpty else { return configurations.isEmpty ? all : [] }
        var chosen: [Device] = []
        for text in names {
            guard let device = all.first(where: { $0.name.text == text }) else {
                let meant = nearest(to: text, among: all.map(\.name.text))
                throw UserError(
                    "UnknownName",
                    "zone \(view.zone) has no device named \"\(Shown.text(text))\" that is in force and not ignored",
                    hint: meant.map { "did you mean \($0)?" } ?? "without a name: all of them")
            }
            if !chosen.contains(where: { $0.name == device.name }) { chosen.append(device) }
        }
        return chosen
    }

    /// Servers that run on this machine.
    private func undeclared(_ view: Viewpoint, _ configurations: [String]) -> [Finding] {
        let declared = Set(
            view.trust.set.devices.values.filter { $0.spec.transport == .local }
                .flatMap { $0.spec.server.configurations.map(\.path) })
        var names = Set(view.trust.set.devices.keys.map(\.text))
        return LocalServers.running().compactMap { running in
            guard !declared.contains(running.configuration), !running.isInContainer,
                configurations.isEmpty || configurations.contains(running.configuration)
            else { return nil }
            guard
                let name: DeviceName = ProposedName.make(
                    "\(LocalHost.name)-\(running.server.kind)", among: &names)
            else { return nil }
            let spec = DeviceSpec(server: running.server, zone: view.zone, transport: .local)
            let device = Device(
                name: name, spec: spec, raw: [:], position: SourcePosition(file: "devices/\(name).yaml"))
            return Finding(device: device, isDeclared: false, processID: running.processID)
        }
    }

    /// A device that cannot be looked at costs only itself.
    private func survey(
        _ findings: [Finding], _ registry: DriverRegistry, kept: [DeviceName: KeptSurvey], isFresh: Bool,
        history: History, _ progress: @escaping @Sendable (Int, Int) -> Void
    ) async -> [Finding] {
        await findings.concurrentMap(atMost: 16, progress: progress) { finding in
            var finding = finding
            await finding.look(registry, kept[finding.device.name], isFresh: isFresh)
            return finding
        }
    }

    /// What the places that nobody has declared serve. Where nothing has changed, what was served then still stands.
    private func probe(_ findings: inout [Finding], _ kept: [DeviceName: KeptSurvey]) async {
        var plan = ProbePlan()
        var owners: [(finding: Int, place: Int)] = []
        for (index, finding) in findings.enumerated() where finding.error == nil {
            for question in finding.places.questions(on: finding.device) {
                plan.add(question.endpoint, on: finding.device)
                owners.append((index, question.place))
            }
        }
        guard !plan.targets.isEmpty else { return }
        for (index, answer) in await prober.probe(plan.targets).enumerated() {
            findings[owners[index].finding].places[owners[index].place].answers += EndpointObservation.all(
                answer, of: plan.endpoints[index])
        }
    }
}

extension Finding {
    /// Configuration and metadata; contents only where they have changed, or are wanted whole.
    fileprivate mutating func look(_ registry: DriverRegistry, _ kept: KeptSurvey?, isFresh: Bool) async {
        do throws(DeviceError) {
            let driver = try registry.driver(for: device)
            let known = isFresh ? nil : kept?.survey.token
            let survey: DeviceSurvey
            if let found = try await driver.survey(unlessStill: known) {
                survey = found
                if found.token == kept?.survey.token { unchangedSince = kept?.at }
            } else if let kept {
                (survey, unchangedSince) = (kept.survey, kept.at)
            } else {
                return
            }
            (token, unclear) = (survey.token, survey.unclear)
            places = survey.slots.map { Place(found: $0) }
        } catch  where error.code == .unsupported {
            unclear = [error.detail]
        } catch {
            self.error = "\(error.operation): \(error.detail)"
        }
    }

    fileprivate var survey: DeviceSurvey? {
        token.map { token in
            DeviceSurvey(token: token, slots: places.filter { !$0.found.source.isEmpty }.map(\.found), unclear: unclear)
        }
    }

    /// Which connector each place belongs to; and the declared ones that no configuration names.
    ///
    /// One configuration may name what several devices of the machine hold: where another program manages a part of it, that is a
    /// device of its own.
    fileprivate mutating func attach(
        _ connectors: some Collection<AppConnector>, _ devices: [DeviceName: Device], _ history: History
    ) {
        let neighbours = connectors.filter { connector in
            devices[connector.spec.device].map {
                $0.spec.transport == device.spec.transport && $0.spec.zone == device.spec.zone
            } ?? false
        }
        let indices = Dictionary(places.enumerated().map { ($0.element.found.certificate, $0.offset) }) { first, _ in
            first
        }
        for connector in neighbours.sorted(by: { $0.name < $1.name }) {
            let slot = connector.spec.slot
            let head = history.slots[SlotKey(connector)]
            guard let index = indices[slot.path] else {
                guard connector.spec.device == device.name else { continue }
                let observed = head?.observed ?? SlotObservation(slot: SlotKey(connector), holding: .nothing)
                places.append(
                    Place(
                        found: FoundSlot(
                            certificate: slot.path, privateKey: slot.keyPath, observation: observed, source: "",
                            listenings: []), connector: connector.name, reference: head?.reference ?? .unknown,
                        answers: head?.served ?? []))
                continue
            }
            places[index].connector = connector.name
            places[index].reference = head?.reference ?? .unknown
            places[index].answers = head?.served ?? []
            // The journal keeps the certificate itself for declared slots only.
            if places[index].found.observation.leafDER == nil {
                places[index].found.observation.leafDER = head?.observed?.leafDER
            }
        }
        places.sort { $0.found.certificate < $1.found.certificate }
    }
}

extension FoundSlot {
    /// Of the leaf that lies there, where its bytes are at hand.
    package var facts: CertificateFacts? { leaf.flatMap { try? CertificateFacts(der: $0) } }

    /// The DNS names of it, without decoding the rest: a list of ten thousand has ten thousand of them.
    package var dnsNames: [String] { leaf.flatMap(CertificateOutline.glancedDNSNames) ?? facts?.dnsNames ?? [] }

    private var leaf: [UInt8]? { certificates.first ?? observation.leafDER }
}
