// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// The nearest of the known words, for a "did you mean". Only close ones: at most a third of the letters differ; where
/// there is none, the only one that begins with the word (of three letters or more).
package func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let limit = max(1, min(word.utf8.count, 60) / 3)
    var best: (word: String, distance: Int)?
    for candidate in candidates where abs(candidate.utf8.count - word.utf8.count) <= limit {
        let distance = editDistance(Array(word.utf8.prefix(80)), Array(candidate.utf8.prefix(80)))
        if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    if let best { return best.word }
    guard word.utf8.count >= 3 else { return nil }
    var longer: String?
    for candidate in candidates where candidate.utf8.starts(with: word.utf8) {
        if longer != nil { return nil }
        longer = candidate
    }
    return longer
}

/// Optimal string alignment: insertions, deletions, substitutions, and swaps of neighbours, each of cost 1.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for i in left.indices {
        var current = [i + 1] + [Int](repeating: 0, count: right.count)
        for j in right.indices {
            let substitution = last[j] + (left[i] == right[j] ? 0 : 1)
            current[j + 1] = min(substitution, last[j + 1] + 1, current[j] + 1)
            if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                current[j + 1] = min(current[j + 1], beforeLast[j - 1] + 1)
            }
        }
        (beforeLast, last) = (last, current)
    }
    return last[right.count]
}
