// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Planning
package import Vocabulary

/// A verb of a driver, before or after it was done.
package struct VerbPoint: Sendable, Hashable, CustomStringConvertible {
    package enum Verb: String, Sendable, CaseIterable {
        case observe, prepare, stage, check, switchOver, install, makeLive, undo, clean, tidy
    }
    package var verb: Verb
    package var moment: StepPoint.Moment

    package var description: String { "\(moment.rawValue) \(verb.rawValue)" }
}

/// Stops before and after each verb, so that a test can make one fail, or kill the process there.
package struct InterruptingDriver: DeviceDriver {
    private let wrapped: any DeviceDriver
    private let hook: @Sendable (VerbPoint) throws(DeviceError) -> Void

    package init(wrapping wrapped: any DeviceDriver, hook: @escaping @Sendable (VerbPoint) throws(DeviceError) -> Void)
    {
        (self.wrapped, self.hook) = (wrapped, hook)
    }

    package var traits: DriverTraits { wrapped.traits }

    private func around<Value>(
        _ verb: VerbPoint.Verb, _ body: () async throws(DeviceError) -> Value
    ) async throws(DeviceError) -> Value {
        try hook(VerbPoint(verb: verb, moment: .before))
        let value = try await body()
        try hook(VerbPoint(verb: verb, moment: .after))
        return value
    }

    package func observe(
        _ slots: [Slot], unlessStill known: DeviceStateToken?
    ) async throws(DeviceError) -> DeviceObservation {
        try await around(.observe) { () async throws(DeviceError) in
            try await wrapped.observe(slots, unlessStill: known)
        }
    }
    package func prepare(
        _ batch: Batch, fence: Fence
    ) async throws(DeviceError) -> (StagedBatch, [WorkOrderDigest: CandidateVerdict]) {
        try await around(.prepare) { () async throws(DeviceError) in try await wrapped.prepare(batch, fence: fence) }
    }
    package func switchOver(_ staged: StagedBatch, fence: Fence) async throws(DeviceError) -> Duration {
        try await around(.switchOver) { () async throws(DeviceError) in
            try await wrapped.switchOver(staged, fence: fence)
        }
    }
    package func survey(unlessStill known: DeviceStateToken?) async throws(DeviceError) -> DeviceSurvey? {
        try await wrapped.survey(unlessStill: known)
    }
    package func stage(_ batch: Batch, fence: Fence) async throws(DeviceError) -> StagedBatch {
        try await around(.stage) { () async throws(DeviceError) in try await wrapped.stage(batch, fence: fence) }
    }
    package func check(_ staged: StagedBatch) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        try await around(.check) { () async throws(DeviceError) in try await wrapped.check(staged) }
    }
    package func install(_ staged: StagedBatch, fence: Fence) async throws(DeviceError) {
        try await around(.install) { () async throws(DeviceError) in try await wrapped.install(staged, fence: fence) }
    }
    package func makeLive(_ slots: [Slot], fence: Fence) async throws(DeviceError) -> Duration {
        try await around(.makeLive) { () async throws(DeviceError) in try await wrapped.makeLive(slots, fence: fence) }
    }
    package func undo(_ batch: BatchID, slots: [Slot], fence: Fence) async throws(DeviceError) {
        try await around(.undo) { () async throws(DeviceError) in
            try await wrapped.undo(batch, slots: slots, fence: fence)
        }
    }
    package func clean(_ batch: BatchID, slots: [Slot], fence: Fence) async throws(DeviceError) {
        try await around(.clean) { () async throws(DeviceError) in
            try await wrapped.clean(batch, slots: slots, fence: fence)
        }
    }
    package func signingRequest(
        _ request: KeyRequest, fence: Fence
    ) async throws(DeviceError) -> SigningRequest { try await wrapped.signingRequest(request, fence: fence) }
    package func tidy(_ slots: [Slot], open: Set<BatchID>, fence: Fence) async throws(DeviceError) {
        try await around(.tidy) { () async throws(DeviceError) in
            try await wrapped.tidy(slots, open: open, fence: fence)
        }
    }
    package func kept(_ slots: [Slot]) async throws(DeviceError) -> [KeptPair] { try await wrapped.kept(slots) }
    package func forget(_ keys: Set<SPKIFingerprint>, in slots: [Slot], fence: Fence) async throws(DeviceError) {
        try await wrapped.forget(keys, in: slots, fence: fence)
    }
}
