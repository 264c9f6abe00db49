// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Processes
import TestKit
import Testing

/// Somebody who does what a page says, in a world of their own: what the page calls /etc/nginx, port 443 or a date to come is the
/// world's, and what it calls WO-7Q3K9D2M is the ID that was shown at that place.
struct Reader {
    let arena: Arena
    let usually: Arena.Actor
    /// Where each begins.
    let places: (Arena.Actor) -> String
    var events: [String: (Arena) async throws -> Void] = [:]
    /// What else has another name in this world.
    var words: [(page: String, world: String)] = []
    private var identifiers: [String: String] = [:]
    private let started = Date()

    init(_ arena: Arena, as usually: Arena.Actor, in places: @escaping (Arena.Actor) -> String) {
        (self.arena, self.usually, self.places) = (arena, usually, places)
    }

    mutating func read(_ path: String) async throws {
        let document = try Document(path)
        try #require(!document.steps.isEmpty, "\(path) has no step")
        for step in document.steps {
            switch step {
            case .event(let name):
                let event = try #require(events[name], "\(path): nothing is known of \"\(name)\"")
                try await event(arena)
            case .file(let file, let text):
                let place = try folder(of: usually)
                let url = URL(filePath: place).appending(path: file)
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data(translated(text).utf8).write(to: url)
            case .command(let who, let text, let seen, let exit):
                let actor = try #require(
                    who.map { Arena.Actor(rawValue: $0) } ?? usually, "\(path): who is \(who ?? "")?")
                let answer = try await type(text, as: actor, agrees: seen.contains { $0.hasSuffix("[y/N] y") })
                #expect(answer.code == exit, "\(path): exit \(exit) was expected of\n\(answer)")
                try look(for: seen, in: answer, path)
                guard answer.code == exit else { throw FixtureError("\(path) goes on from: \(answer)") }
            }
        }
    }

    /// The page's words in this world.
    private func translated(_ text: String) -> String {
        let reload = arena.nginx.reload
        var text = text
        let time = ISO8601DateFormatter()
        time.timeZone = TimeZone(secondsFromGMT: 3600)
        for (word, other) in words.map({ ($0.page, $0.world) }) + [
            ("[systemctl, reload, nginx]", "[\(reload.joined(separator: ", "))]"),
            ("systemctl reload nginx", reload.joined(separator: " ")),
            ("/etc/nginx/nginx.conf", arena.nginx.configuration), ("/etc/nginx/tls", arena.folder.file("slot")),
            ("/usr/local/bin/tell", arena.folder.file("tell")),
            ("/etc/countersign/keys", arena.folder.file("private")), ("127.0.0.1:443", "127.0.0.1:\(arena.nginx.port)"),
            ("port: 443", "port: \(arena.nginx.port)"), ("sudo ", ""),
            ("2026-12-05T22:00:00+01:00", time.string(from: started + 3600)),
            ("2026-12-06T02:00:00+01:00", time.string(from: started + 5 * 3600)),
        ] { text = text.replacing(word, with: other) }
        return text
    }

    private mutating func type(_ text: String, as actor: Arena.Actor, agrees: Bool) async throws -> Answer {
        var command = translated(text)
        for match in command.matches(of: /(WO|REQ|POL)-[0-9A-Z]{8}/).reversed() {
            let known = try #require(identifiers[String(match.0)], "\(match.0) was not shown before: \(text)")
            command.replaceSubrange(match.range, with: known)
        }
        let remembered = arena.folder.file("home/\(actor.rawValue)/.place")
        let script = try arena.folder.write(
            "cd '\(try folder(of: actor))' || exit 99\n\(command)\nended=$?\npwd >'\(remembered)'\nexit $ended\n",
            to: "home/\(actor.rawValue)/.typed")
        var environment = arena.environment(of: actor)
        let path = (environment["PATH"] ?? nil) ?? ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        environment["PATH"] = "\(URL(filePath: arena.binary).deletingLastPathComponent().path):\(path):/usr/sbin:/sbin"
        environment["NO_COLOR"] = "1"
        environment["TERM"] = "dumb"
        // A person at a terminal is asked; without one nothing is signed.
        let typed = agrees ? ["script", "-qec", "bash '\(script)'", "/dev/null"] : ["bash", script]
        let result = try await outcome(
            of: typed, environment: environment, input: agrees ? Array("y\n".utf8) : [], deadline: .seconds(120))
        guard case .exited(let code) = result.status else { throw FixtureError("\(text): \(result.status)") }
        return Answer(command: text, code: code, output: result.outputText, errors: result.errorText)
    }

    private func folder(of actor: Arena.Actor) throws -> String {
        let remembered = "home/\(actor.rawValue)/.place"
        guard arena.folder.exists(remembered) else { return places(actor) }
        return try arena.folder.readText(remembered).trimmingCharacters(in: .newlines)
    }

    /// What the page shows must be seen, in its order; IDs that are shown are remembered.
    private mutating func look(for lines: [String], in answer: Answer, _ path: String) throws {
        func spaced(_ text: String) -> String {
            text.replacing(/\u{1b}\[[0-9;]*[A-Za-z]/, with: "").split(whereSeparator: \.isWhitespace).joined(
                separator: " ")
        }
        var rest = spaced(answer.errors + "\n" + answer.output)[...]
        for line in lines {
            let wanted = spaced(line.hasSuffix("[y/N] y") ? String(line.dropLast(2)) : translated(line))
            var named: [String] = []
            let pattern = try Regex(Self.pattern(wanted, identifiers, &named))
            guard let match = try pattern.firstMatch(in: rest) else {
                Issue.record("\(path) shows:\n\(line)\nwhich is not (in this order) in\n\(answer)")
                continue
            }
            for (index, name) in named.enumerated() {
                if let value = match.output[index + 1].substring { identifiers[name] = String(value) }
            }
            rest = rest[match.range.upperBound...]
        }
    }

    /// A pattern for a line of a page: IDs, hashes, dates and spans of time are those of the world; `…` stands for anything.
    private static func pattern(_ line: String, _ known: [String: String], _ named: inout [String]) -> String {
        var pattern = ""
        var rest = line[...]
        let special =
            /(WO|REQ|POL)-[0-9A-Z]{8}|\b[0-9a-f]{7,8}\b|\d{4}-\d\d-\d\d|\d\d:\d\d|\d+ (days|h|s|min|fresh)\b|…/
        while let match = rest.firstMatch(of: special) {
            pattern += NSRegularExpression.escapedPattern(for: String(rest[..<match.range.lowerBound]))
            let word = String(match.0)
            if word == "…" {
                pattern += ".*?"
            } else if word.contains("-"), word.first?.isLetter == true {
                if let value = known[word] ?? (named.contains(word) ? "[0-9A-Z-]+" : nil) {
                    pattern += value
                } else {
                    named.append(word)
                    pattern += "(" + word.prefix { $0 != "-" } + "-[0-9A-Z]{8})"
                }
            } else if word.contains("-") {
                pattern += #"\d{4}-\d\d-\d\d"#
            } else if word.contains(":") {
                pattern += #"\d\d:\d\d"#
            } else if word.contains(" ") {
                pattern += #"\d+ (?:days|h|s|min|fresh)"#
            } else {
                pattern += "[0-9a-f]{7,8}"
            }
            rest = rest[match.range.upperBound...]
        }
        return pattern + NSRegularExpression.escapedPattern(for: String(rest))
    }
}
