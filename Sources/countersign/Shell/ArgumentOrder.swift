// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

/// Global options may stand before the command; the parser knows them only behind it. This moves them there.
enum ArgumentOrder {
    static let withValue: Set<String> = ["--repo", "--ref", "--state", "--trust", "--zone", "--format", "--color"]
    static let flags: Set<String> = ["-v", "--verbose"]

    /// `--repo DIR plan --base X` → `plan --repo DIR --base X`. What is no global option ends the search, so that the
    /// parser says what is wrong with it.
    static func normalised(_ arguments: [String]) -> [String] {
        var index = 0
        scan: while index < arguments.count {
            let argument = arguments[index]
            if flags.contains(argument) || withValue.contains(where: { argument.hasPrefix($0 + "=") }) {
                index += 1
            } else if withValue.contains(argument), index + 1 < arguments.count {
                index += 2
            } else {
                break scan
            }
        }
        guard index > 0, index < arguments.count else { return arguments }
        let command = arguments[index]
        // The root's own: no command follows, and they know no global options.
        if ["--version", "--help", "-h", "help"].contains(command) { return Array(arguments[index...]) }
        guard !command.hasPrefix("-") else { return arguments }
        return [command] + arguments[..<index] + arguments[(index + 1)...]
    }

    /// Whether errors go to standard output as JSON; also asked where the arguments could not be parsed.
    static func wantsJSON(_ arguments: [String]) -> Bool {
        let own = arguments.prefix { $0 != "--" }
        return zip(own, own.dropFirst()).contains { $0 == "--format" && $1 == "json" } || own.contains("--format=json")
    }
}
