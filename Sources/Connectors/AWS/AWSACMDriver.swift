// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Declarations
internal import PKI
internal import Planning
internal import Vocabulary

/// AWS Certificate Manager: a cloud connector. A slot is a certificate by its ARN, or by the tag `countersign:slot`; importing over
/// it keeps the ARN, so that whatever uses it (a load balancer, a distribution) serves the new one by itself.
///
/// It gives no private key back: what was replaced can be put there again only by another push, with its key. The latest fence, and
/// what the latest batch replaced, stand in tags.
struct AWSACMDriver: DeviceDriver {
    let device: DeviceName
    let acm: DeviceSpec.AWSACM
    let timeouts: DeviceSpec.Timeouts
    let aws: AWSCommand

    init(device: DeviceName, acm: DeviceSpec.AWSACM, timeouts: DeviceSpec.Timeouts, transport: any Transport) {
        (self.device, self.acm, self.timeouts) = (device, acm, timeouts)
        aws = AWSCommand(acm: acm, transport: transport)
    }

    var traits: DriverTraits {
        DriverTraits(hasShell: false, checksInShadow: false, isCloud: true, isHitless: true)
    }

    // MARK: reading

    /// One call (two, where slots are named by tags) for all; each certificate is read only where something has changed.
    func observe(
        _ slots: [Slot], unlessStill known: DeviceStateToken?
    ) async throws(DeviceError) -> DeviceObservation {
        let entries = try await entries(of: slots)
        let listed = try await listing()
        let lines = slots.map { slot in
            let arn = entries[slot.path]
            return "\(slot.path)\t\(arn ?? "")\t\(arn.flatMap { listed[$0] } ?? "")\n"
        }
        let digest = FileDigest(hashing: Array(lines.joined().utf8))
        let token = DeviceStateToken("aws-acm/1 \(digest.hex)")
        if token == known { return DeviceObservation(slots: nil, token: token, referenced: nil) }
        var observations: [SlotObservation] = []
        for slot in slots { observations.append(try await observation(of: slot, arn: entries[slot.path])) }
        return DeviceObservation(slots: observations, token: token, referenced: nil)
    }

    private func observation(of slot: Slot, arn: String?) async throws(DeviceError) -> SlotObservation {
        let key = SlotKey(device: device, path: slot.path)
        guard let arn, let pem = try await certificate(arn) else {
            return SlotObservation(slot: key, holding: .nothing)
        }
        let blocks = PEM.read(pem).blocks.filter { $0.label == "CERTIFICATE" }
        guard let leaf = blocks.first else { return SlotObservation(slot: key, holding: .nothing) }
        return SlotObservation(
            slot: key, holding: .certificate(leaf: Fingerprint(hashing: leaf.der)),
            chain: blocks.dropFirst().map { Fingerprint(hashing: $0.der) },
            // It takes no certificate without its key.
            key: (try? CertificateFacts(der: leaf.der))?.spki, leafDER: leaf.der)
    }

    /// As JSON: in a line of text the chain's first certificate does not begin its line, and would be passed over.
    private func certificate(_ arn: String) async throws(DeviceError) -> [UInt8]? {
        guard
            let output = try await aws.ask(
                "get-certificate",
                ["--certificate-arn", arn, "--query", "[Certificate,CertificateChain]", "--output", "json"],
                within: timeouts.check)
        else { return nil }
        guard let parts = (try? JSONValue(parsing: output))?.array, parts.count == 2, let leaf = parts[0].string else {
            throw DeviceError(.failed, operation: "get-certificate", detail: "\(arn): the answer is not understood")
        }
        return Array((leaf + "\n" + (parts[1].string ?? "")).utf8)
    }

    /// ARN → what changes whenever the certificate does. Without `keyTypes` only RSA 2048 is listed.
    private func listing() async throws(DeviceError) -> [String: String] {
        let output = try await aws.ask(
            "list-certificates",
            [
                "--includes",
                "keyTypes=RSA_1024,RSA_2048,RSA_3072,RSA_4096,EC_prime256v1,EC_secp384r1,EC_secp521r1", "--query",
                "CertificateSummaryList[].[CertificateArn,Type,Status,NotAfter,ImportedAt]", "--output", "text",
            ], within: timeouts.check)
        var all: [String: String] = [:]
        for line in String(decoding: output ?? [], as: UTF8.self).split(separator: "\n") {
            all[String(line.prefix { $0 != "\t" })] = String(line)
        }
        return all
    }

    /// Slot path → ARN; absent where nothing has the tag yet.
    private func entries(of slots: [Slot]) async throws(DeviceError) -> [String: String] {
        var entries: [String: String] = [:]
        var tagged: [String: String] = [:]
        for slot in slots {
            if slot.path.hasPrefix("tag:") {
                tagged[String(slot.path.dropFirst(4))] = slot.path
            } else {
                entries[slot.path] = slot.path
            }
        }
        guard !tagged.isEmpty else { return entries }
        let output = try await aws.ask(
            "get-resources", of: "resourcegroupstaggingapi",
            [
                "--resource-type-filters", "acm", "--tag-filters", "Key=\(Tag.slot)", "--query",
                "ResourceTagMappingList[].[ResourceARN,Tags[?Key=='\(Tag.slot)'].Value|[0]]", "--output", "text",
            ], within: timeouts.check)
        for line in String(decoding: output ?? [], as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "\t").map(String.init)
            guard parts.count == 2, let path = tagged[parts[1]] else { continue }
            guard entries.updateValue(parts[0], forKey: path) == nil else {
                throw DeviceError(
                    .failed, operation: "find \(path)",
                    detail: "two certificates have it: \(parts[0]) and another; take it from one")
            }
        }
        return entries
    }

    enum Tag {
        static let slot = "countersign:slot"
        static let fence = "countersign:fence"
        /// The batch that was here last, and the leaf that it replaced or `nothing`.
        static let batch = "countersign:batch"
    }

    private func tags(_ arn: String) async throws(DeviceError) -> [String: String] {
        let output = try await aws.ask(
            "list-tags-for-certificate",
            ["--certificate-arn", arn, "--query", "Tags[].[Key,Value]", "--output", "text"], within: timeouts.check)
        var tags: [String: String] = [:]
        for line in String(decoding: output ?? [], as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "\t", maxSplits: 1).map(String.init)
            if parts.count == 2 { tags[parts[0]] = parts[1] }
        }
        return tags
    }

    private func pass(_ fence: Fence, _ arn: String) async throws(DeviceError) -> [String: String] {
        let tags = try await tags(arn)
        if let text = tags[Tag.fence], let kept = Fence(kept: text + "\n"), kept.description != fence.description,
            let refusal = fence.refusal(after: kept)
        {
            throw DeviceError(.fenced, operation: "fence", detail: "\(arn): \(refusal)")
        }
        return tags
    }

    // MARK: pushing

    /// Nothing is written before the switch: an import is one call, whole or not at all.
    func stage(_ batch: Batch, fence: Fence) async throws(DeviceError) -> StagedBatch {
        try FileSlots.check(batch.id)
        let entries = try await entries(of: batch.candidates.map(\.slot))
        for candidate in batch.candidates {
            if candidate.certificate != nil, candidate.privateKey == nil {
                throw DeviceError(
                    .refused, operation: "stage",
                    detail:
                        "\(candidate.connector): an import needs the private key, also where it is the one that is there"
                )
            }
            if let arn = entries[candidate.slot.path] { _ = try await pass(fence, arn) }
        }
        try await expect(batch.candidates, entries)
        return StagedBatch(batch: batch, live: [:])
    }

    private func expect(_ candidates: [Candidate], _ entries: [String: String]) async throws(DeviceError) {
        for candidate in candidates {
            let path = candidate.slot.path
            let found = try await observation(of: candidate.slot, arn: entries[path]).holding
            guard found == candidate.expects else {
                throw DeviceError(
                    .changed, operation: "look", detail: "\(path): holds \(found.words), not \(candidate.expects.words)"
                )
            }
        }
    }

    /// It has no parser that could be asked without importing. What it will refuse for certain is refused here.
    func check(_ staged: StagedBatch) async throws(DeviceError) -> [WorkOrderDigest: CandidateVerdict] {
        let listed = try await listing()
        let entries = try await entries(of: staged.batch.candidates.map(\.slot))
        var verdicts: [WorkOrderDigest: CandidateVerdict] = [:]
        for candidate in staged.batch.candidates {
            verdicts[candidate.workOrder] =
                refusal(of: candidate, entries[candidate.slot.path].map { ($0, listed[$0]) })
                .map { .refused(message: $0) } ?? .accepted
        }
        return verdicts
    }

    /// - Parameter entry: what the slot is now, and its line of the listing.
    func refusal(of candidate: Candidate, _ entry: (arn: String, line: String?)?) -> String? {
        if let entry, entry.line == nil {
            return
                "\(entry.arn): there is no such certificate; AWS gives ARNs itself, so name a slot for a new one by a tag"
        }
        let type = entry?.line?.split(separator: "\t").dropFirst().first
        if let type, type != "IMPORTED" {
            return "\(entry?.arn ?? ""): is \(type), and only what was imported can be imported anew"
        }
        guard let certificate = candidate.certificate else { return nil }
        guard let chain = try? ChainFile(pem: certificate), let facts = try? CertificateFacts(der: chain.leaf.der)
        else {
            return "this is no certificate chain"
        }
        if facts.extendedKeyUsage != .withServerAuth {
            return "only server certificates (serverAuth) go to a cloud connector"
        }
        if facts.keyType == .ed25519 { return "AWS Certificate Manager takes no Ed25519 keys" }
        guard let key = candidate.privateKey.flatMap({ try? PrivateKey($0) }) else {
            return "private key cannot be read"
        }
        return key.publicKeyFingerprint == facts.spki ? nil : "the private key belongs to another certificate"
    }

    func install(_ staged: StagedBatch, fence: Fence) async throws(DeviceError) {
        let batch = staged.batch
        let entries = try await entries(of: batch.candidates.map(\.slot))
        var tags: [String: [String: String]] = [:]
        for arn in entries.values.sorted() { tags[arn] = try await pass(fence, arn) }
        // What this batch has imported already is left as it is.
        var pending: [Candidate] = []
        for candidate in batch.candidates {
            let arn = entries[candidate.slot.path]
            let isOurs = arn.flatMap { tags[$0]?[Tag.batch] }?.hasPrefix(batch.id.text + " ") ?? false
            if isOurs, try await observation(of: candidate.slot, arn: arn).holding.leaf == candidate.leaf { continue }
            pending.append(candidate)
        }
        try await expect(pending, entries)
        for candidate in pending {
            let mark = Self.mark(batch.id, candidate.expects)
            let arn = entries[candidate.slot.path]
            guard let pem = candidate.certificate, let key = candidate.privateKey else {
                if let arn {
                    _ = try await aws.ask("delete-certificate", ["--certificate-arn", arn], within: timeouts.reload)
                }
                continue
            }
            let (leaf, chain) = Self.parts(pem)
            if let arn {
                let before = tags[arn] ?? [:]
                // Before the import: an undo must know whether there was one.
                try await tag(arn, [Tag.fence: fence.description, Tag.batch: mark])
                _ = try await aws.importing(
                    certificate: leaf, chain: chain, key: key, ["--certificate-arn", arn], within: timeouts.reload)
                // And again: AWS keeps tags over an import, what stands in for it may not, and without its tag a slot would be lost.
                let name =
                    candidate.slot.path.hasPrefix("tag:") ? String(candidate.slot.path.dropFirst(4)) : before[Tag.slot]
                try await tag(
                    arn,
                    [Tag.fence: fence.description, Tag.batch: mark].merging(name.map { [Tag.slot: $0] } ?? [:]) { $1 })
            } else {
                let name = String(candidate.slot.path.dropFirst(4))
                let words = Self.words([Tag.slot: name, Tag.fence: fence.description, Tag.batch: mark])
                _ = try await aws.importing(
                    certificate: leaf, chain: chain, key: key, ["--tags"] + words, within: timeouts.reload)
            }
        }
    }

    private static func mark(_ batch: BatchID, _ before: Holding) -> String { "\(batch.text) \(before.generation)" }

    private func tag(_ arn: String, _ tags: [String: String]) async throws(DeviceError) {
        _ = try await aws.ask(
            "add-tags-to-certificate", ["--certificate-arn", arn, "--tags"] + Self.words(tags), within: timeouts.check)
    }
    private static func words(_ tags: [String: String]) -> [String] {
        tags.sorted { $0.key < $1.key }.map { "Key=\($0.key),Value=\($0.value)" }
    }

    private static func parts(_ pem: [UInt8]) -> (leaf: [UInt8], chain: [UInt8]) {
        let blocks = PEM.read(pem).blocks.map { PEM.write(label: "CERTIFICATE", der: $0.der) }
        return (blocks.first ?? [], Array(blocks.dropFirst().joined()))
    }

    /// What uses the certificate takes the new one by itself.
    func makeLive(_ slots: [Slot], fence: Fence) async throws(DeviceError) -> Duration { .zero }

    /// What this batch imported first is deleted; what it replaced cannot come back without its key.
    func undo(_ batch: BatchID, slots: [Slot], fence: Fence) async throws(DeviceError) {
        let entries = try await entries(of: slots)
        var problem: DeviceError?
        for slot in slots {
            guard let arn = entries[slot.path] else { continue }
            let mark = try await pass(fence, arn)[Tag.batch]?.split(separator: " ").map(String.init) ?? []
            guard mark.count == 2, mark[0] == batch.text else { continue }
            let holding = try await observation(of: slot, arn: arn).holding
            if holding.generation == mark[1] { continue }
            if mark[1] == Holding.nothing.generation {
                _ = try await aws.ask("delete-certificate", ["--certificate-arn", arn], within: timeouts.reload)
                continue
            }
            problem = DeviceError(
                .unsupported, operation: "undo",
                detail:
                    "\(arn): AWS gives no private key back, so \(String(mark[1].prefix(8))) cannot be put there again from here; "
                    + "declare it with its key, and push it")
        }
        if let problem { throw problem }
    }

    func clean(_ batch: BatchID, slots: [Slot], fence: Fence) async throws(DeviceError) {}
    func tidy(_ slots: [Slot], open: Set<BatchID>, fence: Fence) async throws(DeviceError) {}
}
