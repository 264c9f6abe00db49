// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit

/// A page for people, as the steps that it tells them to do.
///
/// - ` ```console `: lines `$ COMMAND` or `PERSON$ COMMAND` (lines beginning with `> ` go on), and what is then seen, in part.
///   `exit=2` behind `console`: how the last command of the block ends.
/// - ` ```yaml PATH `: a file that the reader writes.
/// - `<!-- world: EVENT -->`: something that happens meanwhile, of which the page tells.
struct Document {
    enum Step {
        case command(who: String?, text: String, seen: [String], exit: Int32)
        case file(path: String, text: String)
        case event(String)
    }

    var steps: [Step] = []

    init(_ path: String) throws {
        let text = try String(contentsOf: ExampleTests.root.appending(path: path), encoding: .utf8)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)[...]
        while let line = lines.popFirst() {
            if line.hasPrefix("<!-- world: "), line.hasSuffix(" -->") {
                steps.append(.event(String(line.dropFirst(12).dropLast(4))))
            }
            guard line.hasPrefix("```"), line.count > 3 else { continue }
            let words = line.dropFirst(3).split(separator: " ").map(String.init)
            let body = Array(lines.prefix { $0 != "```" })
            lines = lines.dropFirst(body.count + 1)
            if words[0] == "console" {
                let exit = words.dropFirst().first.flatMap { Int32($0.dropFirst("exit=".count)) } ?? 0
                try add(body, exit: exit)
            } else if words.count == 2, words[0] == "yaml" {
                steps.append(.file(path: words[1], text: body.joined(separator: "\n") + "\n"))
            }
        }
    }

    private mutating func add(_ body: [String], exit: Int32) throws {
        var commands: [(who: String?, text: String, seen: [String])] = []
        for line in body {
            if let match = line.wholeMatch(of: /([a-z]*)\$ (.+)/) {
                commands.append((match.1.isEmpty ? nil : String(match.1), String(match.2), []))
            } else if commands.isEmpty {
                throw FixtureError("no command before: \(line)")
            } else if line.hasPrefix("> ") {
                commands[commands.count - 1].text += "\n" + line.dropFirst(2)
            } else if !line.allSatisfy(\.isWhitespace) {
                commands[commands.count - 1].seen.append(line)
            }
        }
        for (index, command) in commands.enumerated() {
            let code = index == commands.count - 1 ? exit : 0
            steps.append(.command(who: command.who, text: command.text, seen: command.seen, exit: code))
        }
    }
}
