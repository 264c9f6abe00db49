// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Rendering
internal import Vocabulary

/// docs/reference/commands.md: what the parser itself knows of every command, and the exit codes.
enum CommandsPage {
    static func rendered() throws -> String {
        var page = ReferencePage(
            "Commands",
            """
            Global options stand before or after the command. Data goes to standard output, messages and progress to standard \
            error. Mistakes in the arguments exit 64.
            """)
        // Only this gives all of what the parser knows; it is the same as `--experimental-dump-help`.
        let root = try JSONValue(parsing: Array(Root._dumpHelp().utf8))["command"]
        let commands = root?["subcommands"]?.array ?? []
        page.section("Global options")
        page.table(["option", "default", "meaning"], commands.first.map { rows(of: $0, areGlobal: true) } ?? [])
        for group in Root.configuration.groupedSubcommands {
            page.section(group.name)
            for type in group.subcommands {
                guard let ours = type as? any CountersignCommand.Type, let name = type.configuration.commandName,
                    let command = commands.first(where: { $0["commandName"]?.string == name })
                else { continue }
                add(command, ours, to: &page)
            }
        }
        return page.rendered
    }

    private static func add(_ command: JSONValue, _ type: any CountersignCommand.Type, to page: inout ReferencePage) {
        let name = command["commandName"]?.string ?? ""
        page.section("countersign \(name)", command["abstract"]?.string ?? "", level: 3)
        page.paragraph(command["discussion"]?.string ?? "")
        page.table(["argument", "default", "meaning"], rows(of: command, areGlobal: false))
        page.paragraph(
            "Prints: \(Format.allCases.filter(type.formats.contains).map(\.rawValue).joined(separator: ", ")).")
        page.table(["exit", "when"], type.exits.map { [String($0.status.code), $0.when] })
    }

    private static func rows(of command: JSONValue, areGlobal: Bool) -> [[String]] {
        (command["arguments"]?.array ?? []).compactMap { argument in
            guard argument["shouldDisplay"] == true, (argument["sectionTitle"] == "Global options") == areGlobal,
                !["help", "version"].contains(argument["preferredName"]?["name"]?.string)
            else { return nil }
            return [
                "`\(usage(argument))`", argument["defaultValue"]?.string.map { "`\($0)`" } ?? "",
                argument["abstract"]?.string ?? "",
            ]
        }
    }

    /// `-m, --message TEXT`, `DIR`, `ID…`.
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
