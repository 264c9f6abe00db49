// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Vocabulary

/// Every command as the parser itself knows it, for the reference and the man pages.
struct CommandBook {
    struct Argument {
        /// `-m, --message TEXT`, `DIR`, `ID…`.
        var usage: String
        var defaultValue: String?
        var meaning: String
        /// Without dashes; nil for what is no option.
        var longName: String?
        var isFlag: Bool

        var isOption: Bool { longName != nil }
    }
    struct Entry {
        var name: String
        var abstract: String
        var discussion: String
        /// Without the global ones.
        var arguments: [Argument]
        var formats: [String]
        var exits: [(status: ExitStatus, when: String)]
    }
    var globalOptions: [Argument]
    var groups: [(name: String, commands: [Entry])]

    init() throws {
        // Only this gives all of what the parser knows; it is the same as `--experimental-dump-help`.
        let root = try JSONValue(parsing: Array(Root._dumpHelp().utf8))["command"]
        let commands = root?["subcommands"]?.array ?? []
        globalOptions = commands.first.map { Self.arguments(of: $0, areGlobal: true) } ?? []
        groups = Root.configuration.groupedSubcommands.map { group in
            (
                group.name,
                group.subcommands.compactMap { type in
                    guard let ours = type as? any CountersignCommand.Type, let name = type.configuration.commandName,
                        let command = commands.first(where: { $0["commandName"]?.string == name })
                    else { return nil }
                    return Entry(
                        name: name, abstract: command["abstract"]?.string ?? "",
                        discussion: command["discussion"]?.string ?? "",
                        arguments: Self.arguments(of: command, areGlobal: false),
                        formats: Format.allCases.filter(ours.formats.contains).map(\.rawValue), exits: ours.exits)
                }
            )
        }
    }

    /// Of one command, global ones included.
    func arguments(of name: String) -> [Argument] {
        globalOptions + (groups.flatMap(\.commands).first { $0.name == name }?.arguments ?? [])
    }

    private static func arguments(of command: JSONValue, areGlobal: Bool) -> [Argument] {
        (command["arguments"]?.array ?? []).compactMap { argument in
            guard argument["shouldDisplay"] == true, (argument["sectionTitle"] == "Global options") == areGlobal,
                !["help", "version"].contains(argument["preferredName"]?["name"]?.string)
            else { return nil }
            return Argument(
                usage: usage(argument), defaultValue: argument["defaultValue"]?.string,
                meaning: argument["abstract"]?.string ?? "",
                longName: argument["names"]?.array?.first { $0["kind"] == "long" }?["name"]?.string,
                isFlag: argument["kind"] == "flag")
        }
    }

    private static func usage(_ argument: JSONValue) -> String {
        let value = (argument["valueName"]?.string ?? "").uppercased()
        let more = argument["isRepeating"] == true ? "…" : ""
        let names = (argument["names"]?.array ?? []).map { name in
            (name["kind"] == "short" ? "-" : "--") + (name["name"]?.string ?? "")
        }
        if names.isEmpty { return argument["isOptional"] == true ? "[\(value)\(more)]" : value + more }
        let written = names.sorted { $0.utf8.count < $1.utf8.count }.joined(separator: ", ")
        return argument["kind"] == "option" ? "\(written) \(value)\(more)" : written
    }
}
