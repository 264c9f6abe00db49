// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

/// What drivers share whose slots are files: how they are read, staged, switched, restored and tidied up, and one reload by argv.
/// A driver says what the configuration is, and how the server's own parser judges a candidate.
protocol FileDriver: DeviceDriver {
    var files: FileSlots { get set }
    var timeouts: DeviceSpec.Timeouts { get }
    /// Of the state token: another kind, or another form of it, is another token.
    var tokenForm: String { get }
    /// What its own parser needs to be shown a candidate; nil: nothing that a device may not have.
    var shadow: ShadowFolders.Need? { get }
    /// nil: the daemon looks for itself.
    var reload: [String]? { get }
    /// The program that makes these slots live; nil: there is nothing to do.
    func makesLive(_ slots: [Slot]) -> [String]?
    /// What that program's end means: how long it took, or why it refused. It may make live in another way.
    func judge(_ ran: Ran, _ slots: [Slot], fence: Fence) async throws(DeviceError) -> Duration
    func configuration(for paths: [String]) async throws(DeviceError) -> ConfigurationFacts
    /// Every place for a certificate that the configuration names, and where it would be served from.
    func configuredSlots() async throws(DeviceError) -> ConfiguredSlots
}

/// What a device's configuration says, as far as it concerns slots.
struct ConfigurationFacts: Sendable {
    /// Changes whenever the configuration does.
    var digest: FileDigest
    /// Which of the slots' paths it refers to; nil where that cannot be told.
    var referenced: Set<String>?
    /// Files that it names for certificates and keys, also those that are no slots.
    var named: [String] = []
}

extension FileDriver {
    var transport: any Transport { files.transport }

    var shadow: ShadowFolders.Need? { nil }

    func through(_ transport: any Transport) -> Self {
        var driver = self
        driver.files.transport = transport
        return driver
    }

    /// One round trip where the configuration asks what it asked before and the slots are still as known, or nothing is known of
    /// them: then they are read in the same go, with all that a push would ask first.
    package func observe(
        _ slots: [Slot], unlessStill known: DeviceStateToken?
    ) async throws(DeviceError) -> DeviceObservation {
        let paths = slots.flatMap(\.paths)
        let sight = Sight(transport)
        let own = through(sight)
        // The configuration before the slots: what changes in between is then seen as a change the next time.
        var steps = await Rehearsal.question { (transport) throws(DeviceError) in
            _ = try await through(transport).configuration(for: paths)
        }
        let first = steps
        steps += files.memory.questions.filter { question in !first.contains { $0.isSame(as: question) } }
        steps += await Rehearsal.question { (transport) throws(DeviceError) in
            _ = try await through(transport).files.look(at: slots)
        }
        if let shadow { steps += shadow.questions }
        if known == nil { steps += FileSlots.closeLook(at: slots) }
        try await sight.look(at: steps, within: timeouts.check)
        let configuration = try await own.configuration(for: paths)
        let referenced = try await own.referenced(slots, configuration)
        files.memory.questions = sight.questions.filter(\.isAboutFiles)
        let (statuses, leftovers, made) = try await own.files.look(at: slots)
        let token = DeviceStateToken(
            FileStatus.token(tokenForm, of: statuses, configuration.digest),
            lacksShadow: try await shadow?.isMissing(through: sight, within: timeouts.check) ?? false)
        let observed = token == known ? nil : try await own.files.observations(of: slots)
        if known == nil { files.memory.keep(sight.picture) } else { files.memory.forget() }
        return DeviceObservation(
            slots: observed, token: token, referenced: referenced, leftovers: leftovers, madeKeys: made.fingerprints)
    }

    /// What the last close look has seen is not asked again, and what the check asks first goes along with what is staged.
    package func prepare(
        _ batch: Batch, fence: Fence
    ) async throws(DeviceError) -> (StagedBatch, [WorkOrderDigest: CandidateVerdict]) {
        var picture = files.memory.takePicture() ?? Picture()
        let (staged, steps) = try await through(Sight(transport, picture)).files.staging(batch, fence: fence)
        let seen = picture
        for batch in staged.manifests.flatMap(\.manifest.folders) { picture.add(folder: folder(of: batch)) }
        let question = await Rehearsal.question(picture) { (transport) throws(DeviceError) in
            _ = try await through(transport).check(staged)
        }
        let results = try await transport.perform(steps + question, within: files.limit + timeouts.check)
        let sight = Sight(transport, picture)
        sight.foresee(question, Array(results.dropFirst(steps.count)))
        let verdicts = try await through(sight).check(staged)
        // For the switch: what lay there before anything was staged.
        files.memory.keep(seen)
        return (staged, verdicts)
    }

    package func switchOver(_ staged: StagedBatch, fence: Fence) async throws(DeviceError) -> Duration {
        let slots = staged.batch.candidates.map(\.slot)
        let argv = makesLive(slots)
        let before = files.memory.takePicture()
        guard let steps = files.firstSwitch(staged, fence: fence) else { return try await oneByOne(staged, fence) }
        let live = argv.map { [Step.run($0, input: nil, outputLimit: 1 << 20)] } ?? []
        let results: [StepResult]
        do throws(DeviceError) {
            results = try await transport.perform(steps + live, within: files.limit + timeouts.reload)
        } catch {
            // Nothing was switched by this: what it stands for is found out step by step.
            guard error.code == .changed else { throw error }
            return try await oneByOne(staged, fence)
        }
        if let aftermath = before.flatMap({ files.aftermath(of: staged, $0) }) {
            files.memory.keep(aftermath, of: staged.batch.id)
        }
        guard let argv else { return .zero }
        do throws(DeviceError) {
            return try await judge(try Ran(argv, results.last, "reload"), slots, fence: fence)
        } catch {
            throw error.afterSwitch
        }
    }

    private func oneByOne(_ staged: StagedBatch, _ fence: Fence) async throws(DeviceError) -> Duration {
        try await install(staged, fence: fence)
        do throws(DeviceError) {
            return try await makeLive(staged.batch.candidates.map(\.slot), fence: fence)
        } catch {
            throw error.afterSwitch
        }
    }

    /// A file may be named under another name of its own: a link, or a folder that is one.
    private func referenced(
        _ slots: [Slot], _ configuration: ConfigurationFacts
    ) async throws(DeviceError) -> Set<String>? {
        guard var all = configuration.referenced else { return nil }
        let missing = slots.flatMap(\.paths).filter { !all.contains($0) }.distinct()
        let named = configuration.named.filter { $0.hasPrefix("/") && !$0.contains("$") }.distinct()
        guard !missing.isEmpty, !named.isEmpty else { return all }
        let statuses = try await files.perform([.stat(missing + named, followingLinks: true)]).statuses
        let files = Set(statuses.suffix(named.count).filter { $0.kind == .file }.map(FileIdentity.init))
        for status in statuses.prefix(missing.count) where status.kind == .file && files.contains(FileIdentity(status))
        {
            all.insert(status.path)
        }
        return all
    }

    package func stage(_ batch: Batch, fence: Fence) async throws(DeviceError) -> StagedBatch {
        try await files.stage(batch, fence: fence)
    }

    package func install(_ staged: StagedBatch, fence: Fence) async throws(DeviceError) {
        try await files.install(staged, fence: fence)
    }

    package func makeLive(_ slots: [Slot], fence: Fence) async throws(DeviceError) -> Duration {
        guard let argv = makesLive(slots) else {
            _ = try await transport.perform(FileSlots.fences(fence, slots), within: timeouts.reload)
            return .zero
        }
        let ran = try await run(argv, after: FileSlots.fences(fence, slots), within: timeouts.reload, "reload")
        return try await judge(ran, slots, fence: fence)
    }

    func makesLive(_ slots: [Slot]) -> [String]? { reload }

    func judge(_ ran: Ran, _ slots: [Slot], fence: Fence) async throws(DeviceError) -> Duration {
        try judge(reload: ran)
    }

    func judge(reload ran: Ran) throws(DeviceError) -> Duration {
        guard ran.exit == 0 else {
            throw DeviceError(
                .refused, operation: "reload",
                detail: "\(ran.argv.joined(separator: " ")): exit status \(ran.exit): \(ran.words)")
        }
        return ran.took
    }

    package func undo(_ batch: BatchID, slots: [Slot], fence: Fence) async throws(DeviceError) {
        try await files.undo(batch, slots, fence: fence)
    }

    package func clean(_ batch: BatchID, slots: [Slot], fence: Fence) async throws(DeviceError) {
        try await files.clean(batch, slots, fence: fence)
    }

    package func tidy(_ slots: [Slot], open: Set<BatchID>, fence: Fence) async throws(DeviceError) {
        try await files.tidy(slots, open: open, fence: fence)
    }

    package func signingRequest(
        _ request: KeyRequest, fence: Fence
    ) async throws(DeviceError) -> SigningRequest {
        try await files.signingRequest(request, fence: fence)
    }

    package func kept(_ slots: [Slot]) async throws(DeviceError) -> [KeptPair] { try await files.kept(slots) }

    package func forget(_ keys: Set<SPKIFingerprint>, in slots: [Slot], fence: Fence) async throws(DeviceError) {
        try await files.forget(keys, slots, fence: fence)
    }

    func run(
        _ argv: [String], after steps: [Step] = [], input: SecretBytes? = nil, within limit: Duration,
        _ operation: String
    ) async throws(DeviceError) -> Ran {
        let step = Step.run(argv, input: input, outputLimit: 1 << 20)
        return try Ran(argv, try await transport.perform(steps + [step], within: limit).last, operation)
    }

    /// What a program prints that says how the device is configured; a failure is the device's.
    func answer(_ argv: [String]) async throws(DeviceError) -> String { try await answers([argv]).first ?? "" }

    /// The same of several programs, in one round trip.
    func answers(_ all: [[String]]) async throws(DeviceError) -> [String] {
        let operation = "read configuration"
        let results = try await transport.perform(
            all.map { .run($0, input: nil, outputLimit: 1 << 20) }, within: timeouts.check)
        var answers: [String] = []
        for (argv, result) in zip(all, results) {
            let ran = try Ran(argv, result, operation)
            guard ran.exit == 0 else {
                throw DeviceError(
                    .failed, operation: operation,
                    detail: ran.exit == 127
                        ? "\(ran.program): not found"
                        : "\(argv.joined(separator: " ")): exit status \(ran.exit): \(ran.words)")
            }
            answers.append(String(decoding: ran.output, as: UTF8.self))
        }
        return answers
    }
}

/// A program that has ended.
struct Ran: Sendable {
    var argv: [String]
    var exit: Int32
    var output: [UInt8]
    var errors: [UInt8]
    var took: Duration

    init(argv: [String], exit: Int32, output: [UInt8], errors: [UInt8], took: Duration) {
        (self.argv, self.exit, self.output, self.errors, self.took) = (argv, exit, output, errors, took)
    }

    /// Throws `failed` if this is no program's result.
    init(_ argv: [String], _ result: StepResult?, _ operation: String) throws(DeviceError) {
        guard case .ran(let exit, let output, let errors, let took) = result else {
            throw DeviceError(.failed, operation: operation, detail: "no result")
        }
        self.init(argv: argv, exit: exit, output: output, errors: errors, took: took)
    }

    var program: String { argv.first ?? "" }

    /// What it wrote to its standard error, or where that is nothing to its standard output; the end of it if it is long.
    var words: String {
        let text = String(decoding: (errors.isEmpty ? output : errors).suffix(2048), as: UTF8.self)
        return text.split(separator: "\n").joined(separator: "\n")
    }

    /// Words of a judgement; nil if it has none to make.
    ///
    /// Throws `failed` for the shell's own exit codes, and for a signal: nobody has judged.
    func refusal(_ operation: String = "check") throws(DeviceError) -> String? {
        switch exit {
        case 0: return nil
        case 126, 127, 129...:
            throw DeviceError(
                .failed, operation: operation,
                detail: exit == 127 ? "\(program): not found" : "\(program): exit status \(exit): \(words)")
        default: return words.isEmpty ? "\(program): exit status \(exit)" : words
        }
    }
}

extension FileStatus {
    /// Equal as long as neither these files nor the configuration have changed.
    static func token(_ form: String, of statuses: [FileStatus], _ configuration: FileDigest) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(statuses.count * 200)
        func put(_ text: String) {
            bytes += text.utf8
            bytes.append(0)
        }
        func put(_ number: UInt64) {
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * shift))) }
        }
        for status in statuses.sorted(by: { ($0.path, $0.kind.rawValue) < ($1.path, $1.kind.rawValue) }) {
            // Not the number of the file system, which a restart may change.
            for text in [status.path, status.kind.rawValue, status.owner, status.group, status.linkTarget ?? ""] {
                put(text)
            }
            put(UInt64(status.mode))
            put(status.inode)
            for number in [status.size, status.modifiedNanoseconds, status.changedNanoseconds] {
                put(UInt64(bitPattern: number))
            }
        }
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        hasher.update(configuration.bytes)
        let digest: FileDigest = hasher.finish()
        return "\(form) \(digest.hex)"
    }
}

/// Which file, whatever its name.
private struct FileIdentity: Hashable {
    var device: UInt64
    var inode: UInt64
    init(_ status: FileStatus) { (device, inode) = (status.device, status.inode) }
}
