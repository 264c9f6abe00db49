// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing
import Vocabulary

/// Real commits, real keys, the real binary, all in one world, whose branch's tip does what it can to weaken the rules.
@Suite("The corpus of attacks", CorpusCourse()) struct CorpusTests {
    static let attacks = FormAttacks.all + MeaningAttacks.all

    @Test("refuses each with its code and a sentence, for its approver, its gateway and its pass", arguments: attacks)
    func attack(attack: CorpusCase) throws {
        let outcome = try #require(CorpusCourse.outcome)
        let commit = try #require(outcome.made[attack.testDescription])
        for (who, seen) in outcome.seen {
            #expect(seen.given[commit] == nil, "\(who): it counts")
            switch attack.verdict {
            case .refused(let code, let words):
                let refusal = try #require(seen.refused[commit], "\(who): it is not refused")
                #expect(refusal.code == code, "\(who): \(refusal.message)")
                #expect(refusal.message.contains(words), "\(who): \(refusal.message)")
                #expect(Self.isPlain(refusal.message), "\(who): \(refusal.message)")
                let explained = try #require(outcome.explained[attack.slot])
                // What names no open work order stands in the plan alone; a time in the sentence differs with who looks.
                guard seen.places[commit] != nil else { continue }
                #expect(explained.contains("\(commit.prefix(7))  \(code): \(refusal.message.prefix(20))"))
            case .unheard: #expect(seen.refused[commit] == nil, "\(who)")
            case .counts: Issue.record("an attack is not to count")
            }
        }
    }

    /// One sentence that a terminal and a web page show as it is.
    private static func isPlain(_ message: String) -> Bool {
        (10...400).contains(message.count)
            && message.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) }
            && message.unicodeScalars.allSatisfy {
                !(0x202a...0x202e).contains($0.value) && !(0x2066...0x2069).contains($0.value)
            }
    }

    @Test(
        "lets each near miss count, while all attacks stand beside it, and pushes what they approve",
        arguments: NearMisses.all + NearMisses.before)
    func nearMiss(miss: CorpusCase) throws {
        let outcome = try #require(CorpusCourse.outcome)
        let commit = try #require(outcome.made[miss.testDescription])
        for (who, seen) in outcome.seen {
            switch miss.verdict {
            case .counts:
                #expect(
                    seen.given[commit]?.contains(miss.slot) ?? false, "\(who): \(seen.refused[commit]?.message ?? "")")
            case .unheard: #expect(seen.given[commit] == nil && seen.refused[commit] == nil, "\(who)")
            case .refused(let code, let words):
                #expect(
                    seen.refused[commit]?.code == code && seen.refused[commit]?.message.contains(words) ?? false,
                    "\(who)")
            }
        }
        guard NearMisses.slots.contains(miss.slot) else { return }
        let pushes = outcome.later.pushed["pushes"]?.array ?? []
        #expect(pushes.first { $0["connector"]?.string == miss.slot }?["outcome"] == "Completed")
        #expect(outcome.later.files[miss.slot] != outcome.before[miss.slot])
    }

    @Test("explains what names nobody's digest to who asks for that digest or its ID: the signer knows only these")
    func stale() throws {
        for text in try #require(CorpusCourse.outcome).explainedStale {
            for code in ["StaleDigest: ", "UnknownKey: ", "WrongRepository: "] { #expect(text.contains(code)) }
        }
    }

    @Test("is large enough, and no two of its cases are one")
    func size() {
        let refused = Self.attacks.filter { if case .refused = $0.verdict { true } else { false } }
        #expect(refused.count >= 80 && NearMisses.all.count >= 20)
        let names = (Self.attacks + NearMisses.all + NearMisses.before).map(\.testDescription)
        #expect(Set(names).count == names.count)
    }

    @Test("moves nothing: not a byte of a slot, not what is served")
    func nothingPushed() throws {
        let outcome = try #require(CorpusCourse.outcome)
        #expect(outcome.pass["pushes"] == [])
        #expect(outcome.before == outcome.after)
        #expect(outcome.served.first == outcome.world.arena.old.leaf)
        // The last level is still open everywhere.
        for (who, seen) in outcome.seen {
            for (slot, state) in seen.states {
                #expect(
                    ["Requested", "PushReviewInProgress", "Rejected", "Blocked", "Expired"].contains(state),
                    "\(who): \(slot) \(state)")
            }
            #expect(seen.reasons["stranger"] == "UnknownRequester", "\(who)")
        }
    }

    @Test("leaves alone what nobody has approved when the near misses are pushed, and what was used is used")
    func later() throws {
        let outcome = try #require(CorpusCourse.outcome)
        let pushed = Set((outcome.later.pushed["pushes"]?.array ?? []).compactMap { $0["connector"]?.string })
        #expect(pushed == Set(NearMisses.slots))
        for slot in Set(CorpusWorld.slots).subtracting(NearMisses.slots) {
            #expect(outcome.later.files[slot] == outcome.before[slot], "\(slot)")
        }
        #expect(outcome.later.replayPass["pushes"] == [])
        #expect(outcome.later.replayed.refused[outcome.later.afterwards]?.code == "AlreadyUsed")
        #expect(outcome.later.replayed.given[outcome.later.used] == nil)
    }

    @Test(
        "looks the same to the second implementation, as far as form and signature go",
        arguments: attacks + NearMisses.all + NearMisses.before)
    func secondReader(corpusCase: CorpusCase) throws {
        let outcome = try #require(CorpusCourse.outcome)
        let commit = try #require(outcome.made[corpusCase.testDescription])
        let said = try #require(outcome.later.records[commit])
        let ofForm = ["Malformed", "MergeCommit", "Unsigned", "WrongNamespace", "WeakKey", "BadSignature"]
        let isGPG = corpusCase.name.contains("gpg")
        if case .refused(let code, let words) = corpusCase.verdict, !(isGPG && code == "BadSignature"),
            ofForm.contains(code) || words == "certificate",
            // A date is looked at when records are counted.
            !words.contains("counts once")
        {
            #expect(said == code)
        } else if case .refused("UnknownKey", "X.509") = corpusCase.verdict {
            #expect(said == "UnknownKey")
        } else if isGPG {
            // Asked for one record, it knows nobody's key file.
            #expect(said == "UnknownKey")
        } else if corpusCase.name != "a copy of what was seen, under a broken signature" {
            #expect(said.count == 64, "\(said)")
        }
    }

    @Test("leaves a history that both auditors prove: what was pushed, and nothing else")
    func audit() throws {
        let report = try #require(CorpusCourse.outcome).later.audit
        #expect(report["findings"] == [])
        #expect(report["workOrders"]?.array?.count == NearMisses.slots.count)
        #expect(report["workOrders"]?.array?.allSatisfy { $0["proven"] == true } ?? false)
        for slot in report["slots"]?.array ?? [] {
            let isMiss = NearMisses.slots.contains(slot["connector"]?.string ?? "")
            #expect(slot["verdict"]?.string == (isMiss ? "proven" : "unapproved"), "\(slot)")
        }
    }

    @Test("is not let in by the status branch: a record there is answered, and read as nothing")
    func onStatus() throws {
        let later = try #require(CorpusCourse.outcome).later
        #expect(later.statusPass["pushes"] == [])
        #expect(
            later.answered.count == 3 && later.answered[1] == later.answered[0] && later.answered[2] == later.onStatus)
        let verdicts = CorpusCourse.Verdicts(of: later.statusPass["plan"] ?? .null)
        #expect(verdicts.given[later.onStatus] == nil && verdicts.refused[later.onStatus] == nil)
    }

    @Test("is not helped by grafts or a shallow clone: there nothing is derived at all")
    func unsound() throws {
        #expect(
            try #require(CorpusCourse.outcome).later.unsound == [
                "GitGrafted", "GitGrafted", "GitShallow", "GitShallow",
            ])
    }

    @Test("is not helped by the loss of the state store: nothing that was signed before counts after it")
    func lost() throws {
        let outcome = try #require(CorpusCourse.outcome)
        let later = outcome.later
        // The branch tells of a history that this state does not know: it stops, and says what to do.
        #expect(later.lostPass["error"]?["code"] == "StatusUnknownOwnCommit")
        #expect(later.lostFiles == later.files)
        #expect(later.lost.given.isEmpty)
        for miss in NearMisses.all where !miss.isEarlier {
            guard case .counts = miss.verdict, let commit = outcome.made[miss.testDescription] else { continue }
            #expect(later.lost.refused[commit]?.code == "StaleDigest", "\(miss.name)")
        }
    }
}
