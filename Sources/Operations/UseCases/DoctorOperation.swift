// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
internal import Connectors
internal import Declarations
internal import Delivery
internal import Git
internal import Glibc
internal import Journal
internal import PKI
internal import Planning
internal import Processes
package import Vocabulary

/// `doctor`: looks at everything that a command on this host stands on, and stops at nothing. Reads devices as `plan` does; makes no key,
/// no state and no commit.
package struct DoctorOperation: Sendable {
    private let options: SiteOptions
    private let time: any TimeSource

    package init(options: SiteOptions, time: any TimeSource) { (self.options, self.time) = (options, time) }

    package func run(progress: @Sendable (String) -> Void) async -> Checkup {
        var checkup = Checkup()
        func note(_ subject: String, _ verdict: Checkup.Finding.Verdict, _ detail: String, hint: String? = nil) {
            checkup.findings.append(Checkup.Finding(subject, verdict, detail, hint: hint))
        }
        func note(_ subject: String, _ error: UserError) { note(subject, .ill, error.message, hint: error.hint) }

        checkup.findings.append(await Self.git())
        checkup.findings += await Self.clock()
        let site: Site
        do throws(UserError) {
            site = try await Site.open(options)
            note("repository", .well, site.git.workTree ?? site.git.directory)
        } catch {
            note("repository", error)
            return checkup
        }
        progress("fetching")
        do throws(UserError) {
            let fetched = try await site.fetch()
            if !site.hasOrigin {
                note("origin", .warning, "there is none: only what is committed here is read", hint: "git remote add origin URL")
            } else if let notice = fetched.notices.first {
                note("origin", .warning, notice)
            } else {
                note("origin", .well, "fetched")
            }
        } catch {
            note("origin", error)
        }
        checkup.findings += await signer(site)

        let state: State?
        do throws(UserError) {
            state = try State.existing(site)
        } catch {
            note("state", error)
            return checkup
        }
        guard let state else {
            note("state", .well, "none on this host: it reads what gateways publish")
            do throws(UserError) { note("trust", .well, try Self.words(site.trust(nil))) } catch { note("trust", error) }
            return checkup
        }
        note("state", .well, state.directory.path)
        checkup.findings.append(Self.room(at: state.directory.path))
        let (trust, history): (TrustInForce, History)
        do throws(UserError) {
            history = try await state.history().history
            trust = try site.trust(history)
            note("trust", .well, Self.words(trust))
        } catch {
            note("trust", error)
            return checkup
        }
        if let latest = history.latest, time.now + .minutes(5) < latest {
            note(
                "clock", .ill, "it says \(time.now), but the journal already holds \(latest): nothing is pushed",
                hint: "set the clock right (timedatectl status)")
        }
        checkup.findings += await gateway(site, state, trust, history, progress: progress)
        return checkup
    }

    // MARK: what the host has

    /// Signing with SSH keys came with git 2.34.
    private static func git() async -> Checkup.Finding {
        do throws(ProcessError) {
            let result = try await Command("git", ["--version"], deadline: .seconds(10)).run()
            let words = result.outputText.split(whereSeparator: \.isWhitespace)
            let version = words.count > 2 ? words[2].split(separator: ".").prefix(2).compactMap { Int($0) } : []
            guard result.succeeded, version.count == 2 else {
                return Checkup.Finding("git", .ill, "git --version says: \(Shown.text(result.outputText))")
            }
            let shown = "git \(Shown.text(String(words[2])))"
            guard (version[0], version[1]) >= (2, 34) else {
                return Checkup.Finding("git", .ill, "\(shown) cannot sign with SSH keys", hint: "install git 2.34 or later")
            }
            return Checkup.Finding("git", .well, shown)
        } catch {
            return Checkup.Finding("git", .ill, error.description, hint: "install git 2.34 or later")
        }
    }

    /// timedatectl(1), where there is one: expiry, windows and first-seen times are judged by this clock.
    private static func clock() async -> [Checkup.Finding] {
        let asked = try? await Command(
            "timedatectl", ["show", "--property=NTPSynchronized", "--value"], deadline: .seconds(10)
        ).run()
        switch asked?.outputText {
        case "yes\n": return [Checkup.Finding("clock", .well, "synchronized")]
        case "no\n":
            return [
                Checkup.Finding(
                    "clock", .warning, "not synchronized: windows and expiry are judged by it",
                    hint: "timedatectl set-ntp true")
            ]
        default: return []  // no systemd here: nobody to ask
        }
    }

    /// Whoever approves needs a key; a gateway needs none.
    private func signer(_ site: Site) async -> [Checkup.Finding] {
        guard let trust = try? await site.trustSeen(State.existing(site)?.history().history) else { return [] }
        do throws(UserError) {
            let signer = try await Signer.current(site, trust: trust.set)
            return [Checkup.Finding("signing key", .well, "\(signer.keyWords), \(signer.person)'s")]
        } catch {
            return [
                Checkup.Finding("signing key", .warning, "\(error.message): nobody can approve from here", hint: error.hint)
            ]
        }
    }

    private static func room(at path: String) -> Checkup.Finding {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else {
            return Checkup.Finding("disk", .ill, "\(path): \(String(cString: strerror(errno)))")
        }
        let free = (Int64(status.f_bavail) * Int64(status.f_frsize)) >> 20
        let detail = "\(free) MiB free for the state"
        return switch free {
        case ..<16: Checkup.Finding("disk", .ill, detail, hint: "nothing is pushed until there is room again")
        case ..<256: Checkup.Finding("disk", .warning, detail, hint: "make room before it is full: nothing is pushed then")
        default: Checkup.Finding("disk", .well, detail)
        }
    }

    private static func words(_ trust: TrustInForce) -> String {
        "set of commit \(trust.commit.short), \(trust.set.digest.hex.prefix(8))"
            + (trust.set.isTrial ? ": a trial policy, one person decides alone" : "")
    }

    // MARK: what a gateway needs

    private func gateway(
        _ site: Site, _ state: State, _ trust: TrustInForce, _ history: History, progress: @Sendable (String) -> Void
    ) async -> [Checkup.Finding] {
        var found: [Checkup.Finding] = []
        do throws(UserError) {
            let zone = try site.zone(in: trust.set)
            guard let recorder = try Recorder.existing(state.directory) else {
                return [Checkup.Finding("recorder", .well, "none: this host is no gateway")]
            }
            guard recorder.isDeclared(in: zone, of: trust.set) else {
                return [
                    Checkup.Finding(
                        "recorder", .ill, "its key is not declared in zone \(zone): nothing is written, nothing is pushed",
                        hint: "declare it by a policy change: recorders: [{ssh: \"\(recorder.publicKey)\"}]")
                ]
            }
            found.append(Checkup.Finding("recorder", .well, "declared in zone \(zone)"))
            found += try recipient(state, zone, trust.set)
            found += keyRoots(zone, trust.set)
            found += channels(trust.set)
            let subjects = try await subjects(site, zone, trust, history)
            found += await Self.tools(subjects.map(\.device))
            progress("observing \(subjects.count) devices")
            found += await devices(subjects, try Driving(state, zone: zone, trust: trust.set, time: time))
        } catch {
            found.append(Checkup.Finding("gateway", .ill, error.message, hint: error.hint))
        }
        return found
    }

    private func recipient(_ state: State, _ zone: ZoneName, _ set: TrustSet) throws(UserError) -> [Checkup.Finding] {
        let declared = set.zones[zone]?.spec.recipients ?? []
        guard !declared.isEmpty else { return [] }
        guard let own = try Recipient.existing(state.directory) else {
            return [
                Checkup.Finding(
                    "recipient", .ill, "zone \(zone) declares recipients, and no key of one is here",
                    hint: "bring it back from a backup, or make one with countersign recipient and declare it")
            ]
        }
        let wanted = PEM.certificates(in: own.key.certificatePEM)
        let isDeclared = declared.contains { path in
            PEM.certificates(in: set.contents[path]?.bytes ?? []).contains(where: wanted.contains)
        }
        return [
            isDeclared
                ? Checkup.Finding("recipient", .well, "declared in zone \(zone)")
                : Checkup.Finding(
                    "recipient", .ill, "the key here is none of zone \(zone)'s recipients: it opens no key in git",
                    hint: "declare what countersign recipient prints, by a policy change")
        ]
    }

    /// A folder that others may write to hands them the choice of key.
    private func keyRoots(_ zone: ZoneName, _ set: TrustSet) -> [Checkup.Finding] {
        let asked = set.zones[zone]?.spec.keyRoots ?? []
        return asked.map { path in
            var status = stat()
            guard stat(path, &status) == 0 else {
                return Checkup.Finding(
                    "key root", .warning, "\(Shown.text(path)): \(String(cString: strerror(errno)))",
                    hint: "mkdir -m 700 it where certificates declare keys as files")
            }
            guard status.st_mode & S_IFMT == S_IFDIR else {
                return Checkup.Finding("key root", .ill, "\(Shown.text(path)) is not a folder")
            }
            guard status.st_mode & 0o022 == 0, [0, geteuid()].contains(status.st_uid) else {
                return Checkup.Finding(
                    "key root", .ill, "others may write to \(Shown.text(path))", hint: "chmod go-w \(Shown.text(path))")
            }
            guard access(path, R_OK | X_OK) == 0 else {
                return Checkup.Finding("key root", .ill, "\(Shown.text(path)) cannot be read by this user")
            }
            return Checkup.Finding("key root", .well, Shown.text(path))
        }
    }

    /// Programs and files of channels: that one is missing is better known before there is something to be told.
    private func channels(_ set: TrustSet) -> [Checkup.Finding] {
        (set.repository?.spec.channels ?? [:]).sorted { $0.key < $1.key }.map { name, channel in
            let subject = "channel \(name)"
            guard let problem = ChannelCheck.problem(of: channel) else {
                return Checkup.Finding(subject, .well, Shown.text(channel.words))
            }
            let hint =
                switch problem.code {
                case .secret: "it must be a regular file of the user that runs countersign, mode 0600"
                default: "install the program on the gateway, or declare another by a policy change"
                }
            return Checkup.Finding(subject, .ill, problem.detail, hint: hint)
        }
    }

    private func subjects(
        _ site: Site, _ zone: ZoneName, _ trust: TrustInForce, _ history: History
    ) async throws(UserError) -> [Discovery.Subject] {
        let tip = try site.load(try site.tip(of: trust.set.repository?.spec.branch ?? "main"))
        return Discovery.subjects(
            devices: trust.set.devices, zone: zone,
            connectors: tip.isValid ? Array(tip.set.connectors.values) : [])
    }

    /// The programs of the user that reach devices.
    private static func tools(_ devices: [Device]) async -> [Checkup.Finding] {
        var wanted: [(program: String, arguments: [String])] = []
        if devices.contains(where: { if case .ssh = $0.spec.transport { true } else { false } }) {
            wanted.append(("ssh", ["-V"]))
        }
        if devices.contains(where: { if case .awsACM = $0.spec.server { true } else { false } }) {
            wanted.append(("aws", ["--version"]))
        }
        var found: [Checkup.Finding] = []
        for tool in wanted {
            do throws(ProcessError) {
                let result = try await Command(tool.program, tool.arguments, deadline: .seconds(30)).run()
                let said = (result.outputText + result.errorText).split(whereSeparator: \.isNewline).first.map(String.init)
                found.append(Checkup.Finding(tool.program, result.succeeded ? .well : .ill, Shown.text(said ?? "")))
            } catch {
                found.append(
                    Checkup.Finding(
                        tool.program, .ill, error.description, hint: "devices are reached through it: install \(tool.program)"))
            }
        }
        return found
    }

    private func devices(_ subjects: [Discovery.Subject], _ driving: Driving) async -> [Checkup.Finding] {
        await subjects.concurrentMap(atMost: 16) { subject in await Self.look(at: subject, driving) }
    }

    private static func look(at subject: Discovery.Subject, _ driving: Driving) async -> Checkup.Finding {
        let name = "device \(subject.device.name)"
        do throws(DeviceError) {
            let slots = subject.connectors.map(\.spec.slot)
            _ = try await driving.registry.driver(for: subject.device).observe(slots, unlessStill: nil)
            return Checkup.Finding(name, .well, slots.count == 1 ? "1 slot read" : "\(slots.count) slots read")
        } catch {
            return Checkup.Finding(name, .ill, "\(error.operation): \(error.detail)")
        }
    }
}
