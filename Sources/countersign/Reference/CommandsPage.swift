// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Rendering

/// docs/reference/commands.md: what the parser itself knows of every command, and the exit codes.
enum CommandsPage {
    static func rendered() throws -> String {
        var page = ReferencePage(
            "Commands",
            """
            Global options stand before or after the command. Data goes to standard output, messages and progress to standard \
            error. Mistakes in the arguments exit 64.
            """)
        let book = try CommandBook()
        page.section("Global options")
        page.table(["option", "default", "meaning"], rows(book.globalOptions))
        for group in book.groups {
            page.section(group.name)
            for command in group.commands { add(command, to: &page) }
        }
        return page.rendered
    }

    private static func add(_ command: CommandBook.Entry, to page: inout ReferencePage) {
        page.section("countersign \(command.name)", command.abstract, level: 3)
        page.paragraph(command.discussion)
        page.table(["argument", "default", "meaning"], rows(command.arguments))
        page.paragraph("Prints: \(command.formats.joined(separator: ", ")).")
        page.table(["exit", "when"], command.exits.map { [String($0.status.code), $0.when] })
    }

    private static func rows(_ arguments: [CommandBook.Argument]) -> [[String]] {
        arguments.map { ["`\($0.usage)`", $0.defaultValue.map { "`\($0)`" } ?? "", $0.meaning] }
    }
}
