// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Commits
package import Connectors
package import Declarations
package import Journal
package import Operations
internal import PKI
package import Planning
package import Vocabulary

/// Pushes what is due, device by device: one device's work in one batch, and one failure never stops the rest.
package struct Execution: Sendable {
    package var journal: any JournalStore
    package var registry: DriverRegistry
    package var keys: GatewayKeys
    package var proof: Proof
    package var time: any TimeSource
    package var holder: HolderID
    package var realms: Realms
    /// Fetches, observes this device again and derives everything anew, under the device's lease.
    package var rederive: @Sendable (DeviceName) async throws(UserError) -> (derivation: Derivation, plan: Plan)
    /// Devices pushed to at once.
    package var width = 8

    package init(
        journal: any JournalStore, registry: DriverRegistry, keys: GatewayKeys, proof: Proof, time: any TimeSource,
        holder: HolderID, realms: Realms,
        rederive: @escaping @Sendable (DeviceName) async throws(UserError) -> (derivation: Derivation, plan: Plan)
    ) {
        (self.journal, self.registry, self.keys, self.proof) = (journal, registry, keys, proof)
        (self.time, self.holder, self.realms, self.rederive) = (time, holder, realms, rederive)
    }

    package struct Result: Sendable {
        package var pushes: [PassReport.Push] = []
        package var problems: [UserError] = []
    }

    /// What of the plan is due now.
    package static func due(_ plan: Plan) -> [DeviceName: Set<WorkOrderDigest>] {
        var due: [DeviceName: Set<WorkOrderDigest>] = [:]
        for order in plan.workOrders where order.isDue {
            if let digest = order.digest { due[order.device, default: []].insert(digest) }
        }
        return due
    }

    /// The devices on which something is due, what ends first before what has time.
    package static func inOrder(_ plan: Plan) -> [(key: DeviceName, value: Set<WorkOrderDigest>)] {
        var ends: [DeviceName: Timestamp] = [:]
        for order in plan.workOrders where order.isDue {
            ends[order.device] = min(ends[order.device] ?? order.expiry, order.expiry)
        }
        func rank(_ device: DeviceName) -> (Timestamp, DeviceName) {
            (ends[device] ?? Timestamp(secondsSince1970: .max), device)
        }
        return due(plan).sorted { rank($0.key) < rank($1.key) }
    }

    package func run(_ plan: Plan, devices: [DeviceName: Device]) async -> Result {
        let due = Self.inOrder(plan).compactMap { name, digests in
            devices[name].map { (device: $0, digests: digests) }
        }
        var total = Result()
        for result in await due.concurrentMap(atMost: width, { await push($0.digests, to: $0.device) }) {
            total.pushes += result.pushes
            total.problems += result.problems
        }
        total.pushes.sort { ($0.device, $0.connector) < ($1.device, $1.connector) }
        return total
    }

    private func push(_ digests: Set<WorkOrderDigest>, to device: Device) async -> Result {
        var result = Result()
        do throws(JournalError) {
            guard let lease = try await journal.acquire(.device(device.name), for: holder, lasting: .seconds(600))
            else {
                result.problems.append(UserError("DeviceBusy", "another process is at work on \(device.name)"))
                return result
            }
            do {
                result = try await push(digests, to: device, under: lease)
            } catch let error as UserError {
                result.problems.append(error)
            } catch let error as JournalError {
                result.problems.append(UserError(error))
            } catch {
                result.problems.append(UserError("Push", "\(device.name): \(error)"))
            }
            await journal.release(lease)
        } catch {
            result.problems.append(UserError(error))
        }
        return result
    }

    /// Any difference between what was signed and what is true now stops here: the order is not in the new plan, or not due.
    private func push(
        _ digests: Set<WorkOrderDigest>, to device: Device, under lease: Lease
    ) async throws -> Result {
        let (derivation, plan) = try await rederive(device.name)
        let driver = try registry.driver(for: device)
        var result = Result()
        var orders: [DevicePush.Order] = []
        var fetched = FetchedKeys(keys: keys)
        for order in plan.workOrders where order.device == device.name && order.isDue {
            guard let digest = order.digest, digests.contains(digest) else { continue }
            do throws(UserError) {
                orders.append(try await prepare(order, digest, derivation, driver, &fetched))
            } catch {
                result.problems.append(error)
            }
        }
        guard !orders.isEmpty else { return result }
        let retries =
            orders.compactMap { order in
                order.workOrder.policy.flatMap { derivation.inForce.policies[$0.name]?.spec.retries }
            }.min() ?? 0
        let push = DevicePush(
            device: device, driver: driver, journal: journal, realm: realms[device.name], lease: lease, proof: proof,
            time: time,
            tip: derivation.desired.commit, token: derivation.history.tokens[device.name], retries: retries)
        result.pushes = try await push.run(orders)
        return result
    }

    /// Our own checks of the candidate, key matches leaf first of all, and the bytes to be written: made anew from the
    /// verified DER and the parsed key, so that nothing reaches a device that was not in the digest.
    private func prepare(
        _ order: WorkOrder, _ digest: WorkOrderDigest, _ derivation: Derivation, _ driver: any DeviceDriver,
        _ fetched: inout FetchedKeys
    ) async throws(UserError) -> DevicePush.Order {
        guard let connector = derivation.desired.set.connectors[order.connector], let content = order.content,
            case .readyToImplement(let window) = order.state
        else { throw UserError("Stale", "\(digest.id) is no longer what was signed") }
        var (certificate, key, made): ([UInt8]?, SecretBytes?, MadeKey?) = (nil, nil, nil)
        if let installs = order.installs, order.action != .remove {
            let ders = try ([installs.leaf] + installs.chain).map { (fingerprint) throws(UserError) in
                guard let der = derivation.desired.certificates[fingerprint], Fingerprint(hashing: der) == fingerprint
                else {
                    throw UserError("Stale", "\(digest.id): certificate \(fingerprint.short) is not in the repository")
                }
                return der
            }
            certificate = ChainFile.pem(of: ders)
            if order.action == .restore {
                key = await restored(
                    order, installs, leaf: ders[0], derivation, slot: connector.spec.slot, driver, &fetched)
            }
            if key == nil {
                key = try await privateKey(order, installs, leaf: ders[0], derivation, &fetched)
                made = derivation.keyMade(for: order, installs)
            }
        }
        let intent = Intent(
            workOrder: digest, connector: order.connector, slot: order.slot, content: content,
            installs: certificate == nil ? nil : order.installs?.leaf, replaces: order.replaces,
            records: order.judgement.records, tip: derivation.desired.commit)
        return DevicePush.Order(
            workOrder: order, digest: digest, connector: connector,
            candidate: Candidate(
                workOrder: digest, connector: order.connector, slot: connector.spec.slot, certificate: certificate,
                leaf: intent.installs, privateKey: key, madeKey: made, expects: order.replaces),
            window: window, intent: intent)
    }

    /// The key that the device keeps, where the one that is declared is not to be had any more; nil: the declared one will do.
    private func restored(
        _ order: WorkOrder, _ installs: Installs, leaf: [UInt8], _ derivation: Derivation, slot: Slot,
        _ driver: any DeviceDriver, _ fetched: inout FetchedKeys
    ) async -> SecretBytes? {
        var declared: PrivateKey?
        if let certificate = order.certificate.flatMap({ derivation.desired.set.certificates[$0] }) {
            declared = try? await fetched.key(
                of: certificate, spki: installs.spki, repositoryFiles: derivation.desired.set.files)
        }
        if declared?.matches(leaf: leaf) ?? false { return nil }
        guard let kept = try? await driver.keptKey(of: installs.leaf, in: slot), kept.matches(leaf: leaf) else {
            return nil
        }
        return kept.pkcs8PEM()
    }

    /// Read once: the bytes that were checked are those that are sent. nil: the key stays as it lies in the slot.
    private func privateKey(
        _ order: WorkOrder, _ installs: Installs, leaf: [UInt8], _ derivation: Derivation, _ fetched: inout FetchedKeys
    ) async throws(UserError) -> SecretBytes? {
        guard let name = order.certificate, let certificate = derivation.desired.set.certificates[name] else {
            throw UserError("Stale", "\(order.connector): its certificate is no longer declared")
        }
        let key: PrivateKey
        do throws(KeyFileError) {
            let found = try await fetched.key(
                of: certificate, spki: installs.spki, repositoryFiles: derivation.desired.set.files)
            guard let found else { return nil }
            key = found
        } catch {
            throw UserError("NoPrivateKey", "\(order.connector): \(error)")
        }
        guard key.matches(leaf: leaf) else {
            throw UserError(
                "KeyMismatch", "\(order.connector): the private key declared for \(name) belongs to another certificate"
            )
        }
        return key.pkcs8PEM()
    }
}

extension WorkOrder {
    /// All levels complete, in its window, its turn, nothing in the way, and something to do on the device.
    package var isDue: Bool {
        if case .readyToImplement = state { action != .adopt && wave?.hold == nil } else { false }
    }
}

/// The keys of one device's batch, each fetched once: what is bound to many slots there is not asked for many times.
struct FetchedKeys {
    let keys: GatewayKeys
    private var known: [CertificateName: Result<PrivateKey?, KeyFileError>] = [:]

    init(keys: GatewayKeys) { self.keys = keys }

    mutating func key(
        of certificate: Certificate, spki: SPKIFingerprint, repositoryFiles: [String: NamedFile]
    ) async throws(KeyFileError) -> PrivateKey? {
        if let known = known[certificate.name] { return try known.get() }
        let result: Result<PrivateKey?, KeyFileError>
        do throws(KeyFileError) {
            result = .success(
                try await keys.key(of: certificate, spki: spki, repositoryFiles: repositoryFiles))
        } catch {
            result = .failure(error)
        }
        known[certificate.name] = result
        return try result.get()
    }
}

extension Derivation {
    /// The key that goes into the slot from where it was made, on the device; nil: of another source, or it lies in the slot already.
    fileprivate func keyMade(for order: WorkOrder, _ installs: Installs) -> MadeKey? {
        guard let name = order.certificate, desired.set.certificates[name]?.spec.keyIsMadeOnDevice == true,
            let own = desired.set.connectors[order.connector]?.spec.slot
        else { return nil }
        if case .pair = own.files, history.slots[order.slot]?.observed?.key == installs.spki { return nil }
        let slots = desired.slots.slots.filter { $0.certificate == name }
            .compactMap { desired.set.connectors[$0.connector] }.filter { $0.spec.device == order.device }
        return MadeKey(certificate: name, spki: installs.spki, slots: slots.map(\.spec.slot))
    }
}
