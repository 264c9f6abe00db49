// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Connectors
internal import Declarations
internal import Journal
internal import Operations
internal import Planning
internal import Vocabulary

/// Takes away what lies on devices although no open batch needs it: staging that could not be cleaned when its batch ended, and
/// what was replaced and has been kept for long enough. Only where this pass's observation has seen some.
struct Tidying: Sendable {
    var journal: any JournalStore
    var registry: DriverRegistry
    var holder: HolderID
    var realms: Realms
    /// What is kept of these keys is erased: they are never installed again.
    var compromised: Set<SPKIFingerprint> = []

    struct Result: Sendable {
        /// What was done there may have moved times that the device's state token knows.
        var devices: Set<DeviceName> = []
        var notices: [String] = []
        var problems: [UserError] = []

        mutating func add(_ other: Self) {
            devices.formUnion(other.devices)
            notices += other.notices
            problems += other.problems
        }
    }

    /// - Parameters:
    ///   - leftovers: what discovery has seen.
    ///   - subjects: those that were observed, with all their slots.
    func run(
        _ leftovers: [DeviceName: Leftovers], _ subjects: [Discovery.Subject], history: History
    ) async -> Result {
        let open = Set(history.openBatches.keys)
        var result = Result()
        for subject in subjects where subject.device.spec.sync == .managed {
            await erase(subject, history, &result)
            guard leftovers[subject.device.name]?.isSurplus(besides: open) == true else { continue }
            result.devices.insert(subject.device.name)
            do {
                try await tidy(subject)
            } catch let error as DeviceError {
                result.problems.append(
                    UserError("NotTidied", "\(subject.device.name): \(error.operation): \(error.detail)"))
            } catch let error as JournalError {
                result.problems.append(UserError(error))
            } catch {
                result.problems.append(UserError("NotTidied", "\(subject.device.name): \(error)"))
            }
        }
        return result
    }

    /// Copies of compromised keys that earlier pushes have left on the device.
    private func erase(_ subject: Discovery.Subject, _ history: History, _ result: inout Result) async {
        let (device, slots) = (subject.device, subject.connectors.map(\.spec.slot))
        guard !compromised.isEmpty, history.unreachable[device.name] == nil,
            !history.openBatches.values.contains(where: { $0.device == device.name })
        else { return }
        do {
            let driver = try registry.driver(for: device)
            let found = try await driver.kept(slots).reduce(into: Set()) { $0.formUnion($1.keys) }
                .intersection(compromised)
            guard !found.isEmpty,
                let lease = try await journal.acquire(.device(device.name), for: holder, lasting: .seconds(600))
            else { return }
            do {
                try await driver.forget(found, in: slots, fence: realms[device.name].fence(lease: lease.epoch))
                await journal.release(lease)
            } catch {
                await journal.release(lease)
                throw error
            }
            result.devices.insert(device.name)
            let keys = found.sorted().map(\.short).joined(separator: ", ")
            result.notices.append("\(device.name): what was kept of compromised keys is erased (\(keys))")
        } catch let error as DeviceError {
            result.problems.append(
                UserError(
                    "NotErased",
                    "\(device.name): a compromised key may still be kept: \(error.operation): \(error.detail)"))
        } catch let error as JournalError {
            result.problems.append(UserError(error))
        } catch {
            result.problems.append(UserError("NotErased", "\(device.name): \(error)"))
        }
    }

    private func tidy(_ subject: Discovery.Subject) async throws {
        let device = subject.device
        guard let lease = try await journal.acquire(.device(device.name), for: holder, lasting: .seconds(600)) else {
            return  // somebody is at work on it
        }
        do {
            // Read under the lease: from here on no other batch is begun there.
            let open = Set(try await journal.history().history.openBatches.keys)
            try await registry.driver(for: device).tidy(
                subject.connectors.map(\.spec.slot), open: open, fence: realms[device.name].fence(lease: lease.epoch))
            await journal.release(lease)
        } catch {
            await journal.release(lease)
            throw error
        }
    }
}
