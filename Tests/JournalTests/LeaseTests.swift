// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import Vocabulary

@testable import Journal

@Suite("A lease") struct LeaseTests {
    final class Hand: Sendable {
        let time = Mutex(Duration.seconds(1000))
        var clock: BootClock { BootClock { self.time.withLock { $0 } } }
        func move(_ by: Duration) { time.withLock { $0 += by } }
    }
    private let mine = HolderID("mine"), theirs = HolderID("theirs")

    @Test("is held by one at a time, and the second is told by whom") func exclusive() async throws {
        let store = try Store()
        let lease = try #require(try await store.journal.acquire(.leader, for: mine, lasting: .seconds(60)))
        let other = try store.reopened()
        #expect(try await other.acquire(.leader, for: theirs, lasting: .seconds(60)) == nil)
        let holder = try #require(try await other.holder(of: .leader))
        #expect(holder.holder == mine)
        #expect(holder.epoch == lease.epoch)
        #expect(holder.processID == ProcessIdentity.current().processID)
        #expect(holder.expiresIn > .zero && holder.expiresIn <= .seconds(60))
        #expect(try await other.acquire(.device(Sample.name("edge-1")), for: theirs, lasting: .seconds(60)) != nil)
    }

    @Test("that has run out is another's, and its holder is fenced from then on") func fencing() async throws {
        let hand = Hand()
        let store = try Store(clock: hand.clock)
        let old = try #require(try await store.journal.acquire(.leader, for: mine, lasting: .seconds(60)))
        hand.move(.seconds(59))
        #expect(try await store.journal.acquire(.leader, for: theirs, lasting: .seconds(60)) == nil)
        let kept = try await store.journal.renew(old, lasting: .seconds(60))
        hand.move(.seconds(59))
        #expect(try await store.journal.acquire(.leader, for: theirs, lasting: .seconds(60)) == nil)
        hand.move(.seconds(2))
        let new = try #require(try await store.journal.acquire(.leader, for: theirs, lasting: .seconds(60)))
        #expect(new.epoch == kept.epoch + 1)
        let fact = Fact.tipAccepted(try Sample.commit("tip"), at: Sample.time(1))
        #expect(await journalCode { try await store.journal.append([fact], under: kept, expecting: nil) } == .fenced)
        #expect(await journalCode { _ = try await store.journal.renew(kept, lasting: .seconds(60)) } == .fenced)
        await store.journal.release(kept)  // changes nothing
        #expect(await journalCode { try await store.journal.append([fact], under: new, expecting: nil) } == nil)
        #expect(try await store.journal.history().head == Revision(1))
    }

    @Test("that was given back is free, and its epoch still rises") func givenBack() async throws {
        let store = try Store()
        let first = try #require(try await store.journal.acquire(.leader, for: mine, lasting: .seconds(60)))
        await store.journal.release(first)
        #expect(try await store.journal.holder(of: .leader) == nil)
        #expect(await journalCode { try await store.journal.append([], under: first, expecting: nil) } == .fenced)
        let second = try #require(try await store.reopened().acquire(.leader, for: theirs, lasting: .seconds(60)))
        #expect(second.epoch == first.epoch + 1)
    }

    @Test("of a process that is gone can be taken at once", arguments: Gone.allCases) func gone(_ how: Gone)
        async throws
    {
        let store = try Store(process: try how.identity)
        let old = try #require(try await store.journal.acquire(.leader, for: mine, lasting: .seconds(3600)))
        let other = try store.reopened()
        #expect(try await other.holder(of: .leader) == nil)
        let new = try #require(try await other.acquire(.leader, for: theirs, lasting: .seconds(60)))
        #expect(new.epoch == old.epoch + 1)
    }

    enum Gone: CaseIterable {
        case ended, idUsedAgain, rebooted
        var identity: ProcessIdentity {
            get throws {
                var identity = ProcessIdentity.current()
                switch self {
                case .ended: identity.processID = 0x3fff_ffff  // above any pid_max
                case .idUsedAgain: identity.startTime += 1
                case .rebooted: identity.boot = "another"
                }
                return identity
            }
        }
    }

    @Test("of a process that another container numbers is left until it runs out") func otherNamespace() async throws {
        var identity = ProcessIdentity.current()
        (identity.namespace, identity.processID) = ("pid:[1]", 0x3fff_ffff)
        let store = try Store(process: identity)
        #expect(try await store.journal.acquire(.leader, for: mine, lasting: .seconds(3600)) != nil)
        #expect(try await store.reopened().acquire(.leader, for: theirs, lasting: .seconds(60)) == nil)
    }
}
