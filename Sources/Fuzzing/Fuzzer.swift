// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// Makes inputs out of good ones by chance and gives them to a reader, which must neither crash, nor take long, nor contradict itself.
///
/// libFuzzer cannot be linked into a package's test; this knows no coverage, and makes up for it by knowing what the formats are made of.
package struct Fuzzer: Sendable {
    package struct Finding: Sendable, CustomStringConvertible {
        package var input: [UInt8]
        package var objection: String
        package var description: String { "\(objection): \(Hex.encode(input))" }
    }
    package struct Report: Sendable {
        package var executions = 0
        package var accepted = 0
        package var finding: Finding?
    }

    private let reader: FuzzedReader
    private let corpus: [[UInt8]]
    private var random: SplitMix
    /// A debug build on a busy machine takes milliseconds; what grows with the square takes minutes.
    private let patience: Duration
    private static let longest = 64 << 10

    /// - Parameters:
    ///   - corpus: good inputs; the reader's own tokens are mixed in.
    ///   - seed: the same one makes the same inputs.
    package init(_ reader: FuzzedReader, corpus: [[UInt8]], seed: UInt64, patience: Duration = .seconds(5)) {
        (self.reader, self.corpus, self.patience) = (reader, corpus.isEmpty ? [[]] : corpus, patience)
        random = SplitMix(state: seed)
    }

    /// Until the time is over, so many inputs were read, or one was found that is a fault.
    /// - Parameter before: told each input before it is read, so that one that crashes the process is known.
    package mutating func run(
        for limit: Duration, atMost count: Int = .max, before: ([UInt8]) -> Void = { _ in }
    ) -> Report {
        var report = Report()
        let clock = ContinuousClock()
        let start = clock.now
        var last = start
        while report.executions < count, last - start < limit {
            let input = report.executions < corpus.count ? corpus[report.executions] : mutated()
            before(input)
            let verdict = reader.read(input)
            let now = clock.now
            report.executions += 1
            if verdict.isAccepted { report.accepted += 1 }
            let objection = verdict.objection ?? (now - last > patience ? "it took \(now - last)" : nil)
            if let objection {
                report.finding = Finding(input: input, objection: objection)
                return report
            }
            last = now
        }
        return report
    }

    private mutating func mutated() -> [UInt8] {
        var bytes = corpus[random.below(corpus.count)]
        for _ in 0...random.below(4) { mutate(&bytes) }
        return bytes.count > Self.longest ? Array(bytes.prefix(Self.longest)) : bytes
    }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        let start = random.below(bytes.count + 1)
        let end = min(bytes.count, start + random.below(random.below(8) == 0 ? 200 : 12))
        switch random.below(8) {
        case 0: bytes.replaceSubrange(start..<end, with: [])
        case 1: bytes.insert(contentsOf: reader.tokens[random.below(reader.tokens.count)], at: start)
        case 2: bytes.replaceSubrange(start..<end, with: reader.tokens[random.below(reader.tokens.count)])
        case 3: bytes.insert(contentsOf: Array(bytes[start..<end]), at: random.below(bytes.count + 1))
        case 4: if start < bytes.count { bytes[start] ^= 1 << UInt8(random.below(8)) }
        case 5: if start < bytes.count { bytes[start] = UInt8(random.below(256)) }
        case 6:
            let other = corpus[random.below(corpus.count)]
            let from = random.below(other.count + 1)
            bytes = Array(bytes[..<start]) + other[from...]
        default:
            let piece = Array(bytes[start..<end])
            let times = min(1 << random.below(10), Self.longest / max(1, piece.count))
            bytes.insert(contentsOf: Array(repeating: piece, count: times).joined(), at: start)
        }
    }
}

/// Numbers that are the same in each run (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators").
struct SplitMix: RandomNumberGenerator, Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
