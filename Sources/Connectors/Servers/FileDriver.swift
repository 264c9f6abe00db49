// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import Planning
internal import Vocabulary

/// What drivers share whose slots are files: how they are read, staged, switched, restored and tidied up, and one reload by argv.
/// A driver says what the configuration is, and how the server's own parser judges a candidate.
protocol FileDriver: DeviceDriver {
    var files: FileSlots { get }
    var timeouts: DeviceSpec.Timeouts { get }
    /// Of the state token: another kind, or another form of it, is another token.
    var tokenForm: String { get }
    /// nil: the daemon looks for itself.
    var reload: [String]? { get }
    func configuration(for paths: [String]) async throws(DeviceError) -> ConfigurationFacts
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

    package func observe(
        _ slots: [Slot], unlessStill known: DeviceStateToken?
    ) async throws(DeviceError) -> DeviceObservation {
        // Before the slots are read: what changes in between is then seen as a change the next time.
        let configuration = try await configuration(for: slots.flatMap(\.paths))
        let (statuses, leftovers) = try await files.look(at: slots)
        let token = FileStatus.token(tokenForm, of: statuses, configuration.digest)
        return DeviceObservation(
            slots: token == known ? nil : try await files.observations(of: slots), token: token,
            referenced: configuration.referenced, leftovers: leftovers)
    }

    package func stage(_ batch: Batch, fence: Fence) async throws(DeviceError) -> StagedBatch {
        try await files.stage(batch, fence: fence)
    }

    package func install(_ staged: StagedBatch, fence: Fence) async throws(DeviceError) {
        try await files.install(staged, fence: fence)
    }

    package func makeLive(_ slots: [Slot], fence: Fence) async throws(DeviceError) -> Duration {
        try await runReload(slots, fence: fence)
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

    package func kept(_ slots: [Slot]) async throws(DeviceError) -> [KeptPair] { try await files.kept(slots) }

    package func forget(_ keys: Set<SPKIFingerprint>, in slots: [Slot], fence: Fence) async throws(DeviceError) {
        try await files.forget(keys, slots, fence: fence)
    }

    /// How long the reload took; nothing to do, and no time, where the daemon looks for itself.
    func runReload(_ slots: [Slot], fence: Fence) async throws(DeviceError) -> Duration {
        guard let reload else {
            _ = try await transport.perform(FileSlots.fences(fence, slots), within: timeouts.reload)
            return .zero
        }
        let ran = try await run(reload, after: FileSlots.fences(fence, slots), within: timeouts.reload, "reload")
        guard ran.exit == 0 else {
            throw DeviceError(
                .refused, operation: "reload",
                detail: "\(reload.joined(separator: " ")): exit status \(ran.exit): \(ran.words)")
        }
        return ran.took
    }

    func run(
        _ argv: [String], after steps: [Step] = [], input: SecretBytes? = nil, within limit: Duration,
        _ operation: String
    ) async throws(DeviceError) -> Ran {
        let step = Step.run(argv, input: input, outputLimit: 1 << 20)
        let last = try await transport.perform(steps + [step], within: limit).last
        guard case .ran(let exit, let output, let errors, let took) = last else {
            throw DeviceError(.failed, operation: operation, detail: "no result")
        }
        return Ran(program: argv.first ?? "", exit: exit, output: output, errors: errors, took: took)
    }

    /// What a program prints that says how the device is configured; a failure is the device's.
    func answer(_ argv: [String], _ operation: String = "read configuration") async throws(DeviceError) -> String {
        let ran = try await run(argv, within: timeouts.check, operation)
        guard ran.exit == 0 else {
            throw DeviceError(
                .failed, operation: operation,
                detail: ran.exit == 127
                    ? "\(ran.program): not found"
                    : "\(argv.joined(separator: " ")): exit status \(ran.exit): \(ran.words)")
        }
        return String(decoding: ran.output, as: UTF8.self)
    }
}

/// A program that has ended.
struct Ran: Sendable {
    var program: String
    var exit: Int32
    var output: [UInt8]
    var errors: [UInt8]
    var took: Duration

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
    static func token(_ form: String, of statuses: [FileStatus], _ configuration: FileDigest) -> DeviceStateToken {
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
        return DeviceStateToken("\(form) \(digest.hex)")
    }
}
