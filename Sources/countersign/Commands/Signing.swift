// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Operations
internal import Rendering
internal import Vocabulary

/// What the signing commands share: show, ask, sign, say what came of it.
struct Signing {
    private let global: GlobalOptions
    private let signing: SigningOptions
    private let timing: TimingOptions?
    private let isEmergency: Bool

    init(_ global: GlobalOptions, _ signing: SigningOptions, _ timing: TimingOptions?, isEmergency: Bool = false) {
        (self.global, self.signing, self.timing, self.isEmergency) = (global, signing, timing, isEmergency)
    }

    func run(_ verb: ApproveOperation.Wish.Verb, _ output: Output) async throws -> ExitStatus {
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let operation = ApproveOperation(site: site, time: HostClock())
        var wish = ApproveOperation.Wish(
            verb: verb, ids: signing.ids, implementation: timing?.implementation ?? .manual)
        wish.level = signing.level
        wish.comment = signing.message ?? ""
        wish.unattended = signing.isAgreed
        wish.isEmergency = isEmergency
        wish.acknowledgements = timing?.acknowledge.map(\.acknowledgement) ?? []
        let prepared = try await operation.prepare(wish)
        var preview = preview(prepared)
        if signing.showsDifference { preview.former = try operation.former(prepared) }
        output.say(rendered: preview.render(now: prepared.report.now, output.messageStyle))
        guard try isAgreed(output) else { return .failure }
        let signed = try await operation.sign(prepared, push: !signing.staysLocal)
        output.print(
            text: { SignedText.render(signed, prepared, $0) }, json: { SignedJSON.value(signed, prepared) })
        return .success
    }

    /// Emergencies that are over, by somebody who was not in their quorum.
    func review(_ output: Output) async throws -> ExitStatus {
        guard signing.level == nil else { throw UserError("Usage", "review takes WO-… or digests, and no level") }
        let site = try await Site.open(global.siteOptions(environment: output.environment))
        let (prepared, emergencies) = try await ReviewOperation(site: site, time: HostClock()).prepare(
            .init(ids: signing.ids, comment: signing.message ?? "", unattended: signing.isAgreed))
        output.say(rendered: EmergencyText.preview(emergencies, prepared, output.messageStyle))
        guard try isAgreed(output) else { return .failure }
        let signed = try await ApproveOperation(site: site, time: HostClock()).sign(prepared, push: !signing.staysLocal)
        output.print(
            text: { SignedText.render(signed, prepared, $0) }, json: { SignedJSON.value(signed, prepared) })
        return .success
    }

    private func isAgreed(_ output: Output) throws -> Bool {
        guard !signing.isAgreed else { return true }
        switch output.confirm("\nSign?") {
        case .some(true): return true
        case .some(false):
            output.say("Nothing was signed.")
            return false
        case .none:
            throw UserError(
                "NobodyToAsk", "there is no terminal to ask at, and nothing is signed unseen",
                hint: "with --yes and full digests (sha256:…) it is signed without asking")
        }
    }

    private func preview(_ prepared: ApproveOperation.Prepared) -> ApprovalPreview {
        var preview = ApprovalPreview(
            person: prepared.signer.person, key: prepared.signer.keyWords, groups: prepared.signer.groups,
            decision: prepared.record.decision, level: prepared.record.level,
            implementation: prepared.record.implementation,
            subject: prepared.policyChange.map { .policyChange(id: $0.digest, changes: $0.changes) }
                ?? .workOrders(prepared.orders))
        preview.acknowledgements = prepared.record.acknowledgements
        preview.comment = prepared.record.comment
        preview.goodUntil = prepared.goodUntil
        preview.emergency = prepared.record.emergency
        return preview
    }
}
