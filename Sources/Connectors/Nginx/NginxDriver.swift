// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Planning
package import Vocabulary

/// nginx: slots are files, a candidate is judged by `nginx -t` in a shadow, one reload makes it live.
package struct NginxDriver: DeviceDriver {
    let files: FileSlots
    let nginx: DeviceSpec.Nginx
    let timeouts: DeviceSpec.Timeouts
    var transport: any Transport { files.transport }

    /// - Parameters:
    ///   - secret: of the gateway's state; under it the bytes of what is neither certificate nor key are shown.
    ///   - now: for how long what was replaced is kept.
    package init(
        device: DeviceName, nginx: DeviceSpec.Nginx, timeouts: DeviceSpec.Timeouts = .standard,
        keepPrevious: Seconds = .days(7), transport: any Transport, secret: SecretBytes,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.nginx = nginx
        self.timeouts = timeouts
        files = FileSlots(
            device: device, transport: transport, secret: secret, keepPrevious: keepPrevious, limit: timeouts.check,
            now: now)
    }

    package var traits: DriverTraits {
        DriverTraits(hasShell: true, checksInShadow: true, isCloud: false, isHitless: true)
    }

    package func observe(
        _ slots: [Slot], unlessStill known: DeviceStateToken?
    ) async throws(DeviceError) -> DeviceObservation {
        // Before the slots are read: what changes in between is then seen as a change the next time.
        let configuration = try await configuration()
        let (statuses, leftovers) = try await files.look(at: slots)
        let token = Self.token(of: statuses, configuration)
        return DeviceObservation(
            slots: token == known ? nil : try await files.observations(of: slots), token: token,
            referenced: configuration.referenced(among: slots.flatMap(\.paths)), leftovers: leftovers)
    }

    package func stage(_ batch: Batch, fence: Fence) async throws(DeviceError) -> StagedBatch {
        try await files.stage(batch, fence: fence)
    }

    package func install(_ staged: StagedBatch, fence: Fence) async throws(DeviceError) {
        try await files.install(staged, fence: fence)
    }

    package func makeLive(_ slots: [Slot], fence: Fence) async throws(DeviceError) -> Duration {
        let steps = FileSlots.fences(fence, slots) + [.run(nginx.reload, input: nil, outputLimit: 1 << 20)]
        guard
            case .ran(let exit, _, let errors, let took) = try await transport.perform(steps, within: timeouts.reload)
                .last
        else { throw DeviceError(.failed, operation: "reload", detail: "no result") }
        guard exit == 0 else {
            throw DeviceError(
                .refused, operation: "reload",
                detail: "\(nginx.reload.joined(separator: " ")): exit status \(exit): \(Self.words(errors))")
        }
        return took
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

    func configuration() async throws(DeviceError) -> NginxConfiguration {
        try await NginxConfiguration.load(
            nginx.config, prefix: nginx.prefix, through: transport, within: timeouts.check)
    }

    private static func token(of statuses: [FileStatus], _ configuration: NginxConfiguration) -> DeviceStateToken {
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
        hasher.update(configuration.digest.bytes)
        let digest: FileDigest = hasher.finish()
        return DeviceStateToken("nginx/1 " + digest.hex)
    }

    /// What a program wrote, the end of it if it is long.
    static func words(_ output: [UInt8]) -> String {
        let text = String(decoding: output.suffix(2048), as: UTF8.self)
        return text.split(separator: "\n").joined(separator: "\n")
    }
}
