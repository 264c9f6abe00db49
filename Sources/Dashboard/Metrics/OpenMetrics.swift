// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// Writes the text format of OpenMetrics 1.0 (https://github.com/OpenObservability/OpenMetrics/blob/main/specification/OpenMetrics.md).
struct OpenMetrics {
    static let type = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    private(set) var text = ""

    /// - Parameter samples: the values of the family's labels, in their order, and the sample's.
    mutating func write(_ family: Family, _ samples: [(labels: [String], value: Double)]) {
        head(family)
        for sample in samples { line(family.sample, Array(zip(family.labels, sample.labels)), sample.value) }
    }

    mutating func write(_ family: Family, _ value: Double) { write(family, [([], value)]) }

    mutating func write(_ family: Family, _ samples: [(labels: [String], value: Counters.Histogram)]) {
        head(family)
        for (values, histogram) in samples {
            let labels = Array(zip(family.labels, values))
            var below = 0
            for (bound, count) in zip(Counters.Histogram.bounds.map { Optional($0) } + [nil], histogram.counts) {
                below += count
                line(family.name + "_bucket", labels + [("le", bound.map(Self.number) ?? "+Inf")], Double(below))
            }
            line(family.name + "_count", labels, Double(histogram.count))
            line(family.name + "_sum", labels, histogram.sum)
        }
    }

    mutating func end() { text += "# EOF\n" }

    private mutating func head(_ family: Family) {
        text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
        if family.name.hasSuffix("_seconds") { text += "# UNIT \(family.name) seconds\n" }
        text += "# HELP \(family.name) \(Self.escaped(family.help))\n"
    }

    private mutating func line(_ name: String, _ labels: [(String, String)], _ value: Double) {
        let words = labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
        text += words.isEmpty ? "\(name) \(Self.number(value))\n" : "\(name){\(words)} \(Self.number(value))\n"
    }

    private static func number(_ value: Double) -> String {
        // A bound is a number with a point, so that 1 and 1.0 are not two buckets.
        value == value.rounded() && value.magnitude < 1e15 ? "\(Int(value)).0" : "\(value)"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
