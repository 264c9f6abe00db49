// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
package import Declarations
internal import Vocabulary

/// What stands in the way out there: it goes away by itself or by somebody's hand, and signatures count meanwhile.
extension Block {
    static func unobserved(_ device: DeviceName) -> Block {
        Block(
            .unobserved,
            "nothing was ever read of this slot on \(device); the next reconcile of its zone observes it first")
    }

    static func notReleased(_ device: DeviceName, _ awaited: String) -> Block {
        Block(.notReleased, "\(device) is this zone's now, and \(Shown.text(awaited))")
    }

    static func gatewayUnhealthy(_ device: DeviceName, _ unreachable: History.Unreachable) -> Block {
        Block(
            .gatewayUnhealthy,
            "\(device) could not be observed since \(unreachable.since): \(Shown.text(unreachable.message)); nothing is pushed until it "
                + "can be reached again")
    }

    static func unshadowed(_ device: Device) -> Block {
        Block(
            .unsupported,
            "\(device.name) gives no namespace in which its own parser could judge a candidate before it is live, as kind "
                + "\(device.spec.server.kind) needs: that takes root on the device (with ssh: become: true) and unshare, which some "
                + "containers forbid; nothing is pushed unchecked")
    }

    package static func ofMode(_ device: Device) -> Block? {
        switch device.spec.sync {
        case .managed: nil
        case .monitored:
            Block(
                .deviceMonitored,
                "\(device.name) is only monitored; set sync: Managed by a policy change, or unbind the connector")
        case .ignored:
            Block(
                .deviceIgnored,
                "\(device.name) is ignored; set sync: Managed by a policy change, or unbind the connector")
        }
    }

    static func ofEndpoints(_ connector: AppConnector, device: Device, rules: EndpointRules, view: ServedView) -> Block?
    {
        var refused = connector.spec.endpoints.filter { rules.verdict(on: $0) == .refused }.map(\.addressAndPort)
        for answer in view.notAllowed {
            let place = answer.endpoint.addressAndPort
            refused.append(
                answer.address == answer.endpoint.address ? place : "\(place) (\(Shown.text(answer.address)))")
        }
        guard !refused.isEmpty else { return nil }
        return Block(
            .endpointNotAllowed,
            "\(list(Set(refused).sorted())) may not be asked for \(device.name); correct AppConnector \(connector.name), or add the "
                + "address to probes of Device \(device.name) by a policy change")
    }

    static func holdsOther(_ holding: Holding, judgement: Judgement) -> Block? {
        guard case .other = holding, !judgement.acknowledged(.holdsOther) else { return nil }
        return Block(
            .holdsOther,
            "the slot holds what is neither certificate nor key; look at it, then --acknowledge holds-other at the last level"
        )
    }

    /// - Parameter isExcused: the slot holds nothing, or what it holds is expired, revoked or without its key.
    static func endpointDown(_ view: ServedView, isExcused: Bool, judgement: Judgement) -> Block? {
        guard !isExcused else { return nil }
        let down = view.failed.filter { !judgement.acknowledged(.endpointDown($0.endpoint.addressAndPort)) }
        guard let first = down.first else { return nil }
        let places = Set(down.map(\.endpoint.addressAndPort)).sorted()
        return Block(
            .endpointDown,
            "\(list(places)) \(places.count == 1 ? "is" : "are") down (\(Shown.text(first.failure ?? "no answer"))); repair it first, or "
                + "--acknowledge \"endpoint-down \(places[0])\" at the last level")
    }

    /// Remembered with the device's token; tried again when that changes, and where nobody knows whether it has.
    static func candidateRefused(_ outcome: Outcome?, token: DeviceStateToken?) -> Block? {
        guard case .candidateRefused(let message, let then?) = outcome, then == token else { return nil }
        return Block(
            .candidateRefused,
            "the device's own check refused it: \(Shown.text(message)); repair its configuration, and it is tried again"
        )
    }

    /// Never fights: what undid two pushes undoes the third one, too, and each is a reload of somebody's server.
    static func contested(_ head: SlotHead, wanted: Wanted?) -> Block? {
        guard head.putBacks.count >= 2, let first = head.putBacks.first, let last = head.lastCompleted, let wanted,
            wanted.bindingPush == last.bindingPush, wanted.connectorPush == last.connectorPush
        else { return nil }
        return Block(
            .contested,
            "this was put back \(head.putBacks.count) times since \(first), and undone each time: something else manages the slot; find it, "
                + "then ask anew (countersign push), or declare what is there (countersign adopt)")
    }

    static func outsideWindow(_ policy: ApprovalPolicy, _ windows: PolicyWindows, at now: Timestamp) -> Block? {
        guard !windows.isOpen(at: now) else { return nil }
        let next =
            windows.nextOpening(after: now).map { "the next one opens at \($0.start)" } ?? "none opens within two weeks"
        if let freeze = windows.freeze(at: now) {
            return Block(
                .outsideWindow,
                "policy \(policy.name) lets nothing through until \(freeze.until): \(Shown.text(freeze.reason)); \(next)"
            )
        }
        return Block(.outsideWindow, "policy \(policy.name) lets nothing through outside of its windows; \(next)")
    }
}

extension Judgement {
    /// By somebody of the last level.
    func acknowledged(_ what: ApprovalRecord.Acknowledgement) -> Bool {
        lastGiven.contains { $0.acknowledgements.contains(what) }
    }
}
