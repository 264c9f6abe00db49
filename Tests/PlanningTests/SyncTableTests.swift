// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Testing
import Vocabulary

@testable import Planning

/// Every combination of what can be known of a slot, against a table that reads like the product page: the first line that fits
/// decides.
@Suite("Every combination of what is known of a slot") struct SyncTableTests {
    enum Binding: CaseIterable, Sendable { case none, bound }
    enum Device: CaseIterable, Sendable { case reached, unreachable }
    enum Content: CaseIterable, Sendable {
        case neverLooked, nothing, wanted, otherChain, withoutKey, former, foreign, noCertificate
    }
    enum Past: CaseIterable, Sendable { case none, wanted, former }
    /// What the gate endpoints answer: two of them, or as said.
    enum Served: CaseIterable, Sendable {
        case all, none, one, otherChainOnOne, oneDown, otherAndOneDown, allDown, notAsked, notAllowed, ourOwnFault
    }

    struct Case: Sendable {
        var binding: Binding, device: Device, content: Content, past: Past, reference: SlotReference, served: Served
    }

    struct Line: Sendable {
        var name: String
        var fits: @Sendable (Case) -> Bool
        var sync: @Sendable (Case) -> SyncState
    }

    static let start = World.start
    static let wanted = SentChain(leaf: Fingerprint(hashing: [1]), chain: [Fingerprint(hashing: [9])])
    static let former = SentChain(leaf: Fingerprint(hashing: [2]), chain: [Fingerprint(hashing: [9])])
    static let foreign = Fingerprint(hashing: [3])

    static func always(_ state: SyncState) -> @Sendable (Case) -> SyncState { { _ in state } }

    static let table: [Line] = [
        Line(name: "unbound", fits: { $0.binding == .none }, sync: always(.unbound)),
        Line(name: "unreachable", fits: { $0.device == .unreachable }, sync: always(.unknown(since: start))),
        Line(name: "never looked", fits: { $0.content == .neverLooked }, sync: always(.unknown(since: nil))),
        // Something was pushed, and lies there no more.
        Line(
            name: "taken away", fits: { $0.past != .none && $0.content == .nothing },
            sync: always(.outOfSync(.manuallyRemoved))),
        Line(
            name: "put there by somebody",
            fits: {
                $0.past != .none
                    && ([.foreign, .noCertificate].contains($0.content)
                        || $0.past == .wanted && [.former, .otherChain].contains($0.content))
            }, sync: always(.outOfSync(.changedOnDevice))),
        Line(
            name: "the wanted leaf, another chain, before the push",
            fits: { $0.content == .otherChain && $0.past == .none }, sync: always(.outOfSync(.chainDiffers))),
        Line(
            name: "the wanted leaf, another chain, by hand over what was pushed",
            fits: { $0.content == .otherChain && $0.past == .former }, sync: always(.outOfSync(.changedOnDevice))),
        Line(name: "not there", fits: { $0.content != .wanted }, sync: always(.outOfSync(.notInstalled))),
        Line(
            name: "not named", fits: { $0.reference == .unnamed }, sync: always(.outOfSync(.notReferenced))),
        Line(name: "served nowhere", fits: { $0.served == .none }, sync: always(.outOfSync(.installedNotServed))),
        Line(
            name: "something else on the only one that answers", fits: { $0.served == .otherAndOneDown },
            sync: always(.outOfSync(.installedNotServed))),
        Line(name: "served on one", fits: { $0.served == .one }, sync: always(.outOfSync(.servedOnSome(1, of: 2)))),
        Line(
            name: "another chain on one", fits: { $0.served == .otherChainOnOne },
            sync: always(.outOfSync(.chainDiffers))),
        Line(
            name: "not everything answers",
            fits: { [.oneDown, .allDown, .notAsked, .notAllowed, .ourOwnFault].contains($0.served) },
            sync: always(.unknown(since: start))),
        Line(name: "signed for", fits: { $0.past == .wanted }, sync: always(.inSync)),
        Line(name: "never signed for", fits: { _ in true }, sync: always(.inSyncUnapproved)),
    ]

    @Test("has the state that the first line of the table says, and every line is needed") func everything() throws {
        let endpoints = ["10.0.0.1", "10.0.0.2"].map { Endpoint(address: $0, port: 443) }
        var used: Set<String> = []
        var count = 0
        for binding in Binding.allCases {
            for device in Device.allCases {
                for content in Content.allCases {
                    for past in Past.allCases {
                        for reference in SlotReference.allCases {
                            for served in Served.allCases {
                                let one = Case(
                                    binding: binding, device: device, content: content, past: past,
                                    reference: reference, served: served)
                                let line = try #require(Self.table.first { $0.fits(one) })
                                used.insert(line.name)
                                count += 1
                                let state = try Self.state(of: one, endpoints)
                                #expect(state == line.sync(one), "\(line.name): \(one)")
                            }
                        }
                    }
                }
            }
        }
        #expect(count == 2 * 2 * 8 * 3 * 3 * 10)
        #expect(used.count == Self.table.count)
    }

    static func state(of one: Case, _ endpoints: [Endpoint]) throws -> SyncState {
        let key = try #require(SPKIFingerprint(hex: String(repeating: "ab", count: 32)))
        var head = SlotHead()
        let slot = SlotKey(device: try #require(DeviceName("edge-1")), path: "/etc/ssl/shop.crt")
        func holds(_ holding: Holding, _ chain: [Fingerprint], _ spki: SPKIFingerprint?) {
            head.observed = SlotObservation(slot: slot, holding: holding, chain: chain, key: spki)
        }
        switch one.content {
        case .neverLooked: break
        case .nothing: holds(.nothing, [], nil)
        case .wanted: holds(.certificate(leaf: wanted.leaf), wanted.chain, key)
        case .otherChain: holds(.certificate(leaf: wanted.leaf), [foreign], key)
        case .withoutKey: holds(.certificate(leaf: wanted.leaf), wanted.chain, nil)
        case .former: holds(.certificate(leaf: former.leaf), former.chain, key)
        case .foreign: holds(.certificate(leaf: foreign), [], key)
        case .noCertificate: holds(.other(FileDigest(hashing: [7])), [], nil)
        }
        if head.observed != nil { head.observedAt = start }
        let completed: SentChain? =
            switch one.past {
            case .none: nil
            case .wanted: wanted
            case .former: former
            }
        if let completed {
            var last = SlotHead.CompletedWorkOrder(
                digest: WorkOrderDigest(hashing: [5]), leaf: completed.leaf, at: start, adopted: false,
                tip: try #require(ObjectID(hex: String(repeating: "a", count: 40))))
            last.chain = completed.chain
            head.lastCompleted = last
        }
        head.reference = one.reference
        head.served = answers(one.served, endpoints)
        return SyncState(
            wanted: one.binding == .bound ? wanted : nil, head: head,
            isHeld: head.holds(wanted) { key }, isApproved: head.wasCompleted(wanted), endpoints: endpoints,
            unreachable: one.device == .unreachable ? History.Unreachable(since: start, message: "no route") : nil)
    }

    static func answers(_ served: Served, _ endpoints: [Endpoint]) -> [EndpointObservation] {
        let good = EndpointObservation.Answer.served(leaf: wanted.leaf, chain: wanted.chain)
        let other = EndpointObservation.Answer.served(leaf: former.leaf, chain: former.chain)
        let down = EndpointObservation.Answer.failed(code: "refused", detail: "Connection refused")
        let pair: [EndpointObservation.Answer?] =
            switch served {
            case .all: [good, good]
            case .none: [other, other]
            case .one: [good, other]
            case .otherChainOnOne: [good, .served(leaf: wanted.leaf, chain: [])]
            case .oneDown: [good, down]
            case .otherAndOneDown: [other, down]
            case .allDown: [down, down]
            case .notAsked: [good, nil]
            case .notAllowed: [good, .failed(code: "notAllowed", detail: "not there")]
            case .ourOwnFault: [good, .failed(code: "local", detail: "no descriptor")]
            }
        return zip(endpoints, pair).compactMap { endpoint, answer in
            answer.map { EndpointObservation(endpoint: endpoint, address: endpoint.address, answer: $0) }
        }
    }

    @Test("Of a certificate that was there before, by slot") func former() throws {
        let slot = SlotKey(device: try #require(DeviceName("edge-1")), path: "/etc/ssl/shop.crt")
        func state(_ holding: Holding?, unreachable: Bool = false) -> SyncState {
            var head = SlotHead()
            head.observed = holding.map { SlotObservation(slot: slot, holding: $0) }
            return SyncState(
                former: Self.former.leaf, head: head,
                unreachable: unreachable ? History.Unreachable(since: Self.start, message: "") : nil)
        }
        #expect(state(.certificate(leaf: Self.wanted.leaf)) == .outOfSync(.superseded(by: Self.wanted.leaf)))
        #expect(state(.certificate(leaf: Self.former.leaf)) == .outOfSync(.changedOnDevice), "put back by hand")
        #expect(state(.nothing) == .outOfSync(.manuallyRemoved))
        #expect(state(.other(FileDigest(hashing: [7]))) == .outOfSync(.changedOnDevice))
        #expect(state(nil) == .unknown(since: nil))
        #expect(state(.nothing, unreachable: true) == .unknown(since: Self.start))
        #expect(SyncReason.superseded(by: Self.wanted.leaf).description == "Superseded by \(Self.wanted.leaf.short)")
        #expect(SyncReason.servedOnSome(3, of: 4).description == "ServedOnSome 3/4")
    }
}
