// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// A manual page in the macros of man(7), made from what the parser knows: `countersign(1)`, or one command's own.
struct ManPage {
    private var lines: [String]

    /// - Parameter name: of a command; nil for the page about all of them.
    /// - Returns: nil where there is no such command.
    static func rendered(_ name: String?) throws -> String? {
        let book = try CommandBook()
        guard let name else { return overview(book) }
        return book.groups.flatMap(\.commands).first { $0.name == name }.map { page(of: $0, book) }
    }

    private static func overview(_ book: CommandBook) -> String {
        var page = ManPage("countersign", Root.configuration.abstract)
        page.section("SYNOPSIS")
        page.line(".B countersign\n\\fIcommand\\fR [\\fIoption\\fR ...]")
        page.section("DESCRIPTION")
        page.paragraph(Root.configuration.discussion)
        for group in book.groups {
            page.section("\(group.name) COMMANDS".uppercased())
            for command in group.commands { page.item("countersign\\-\(escaped(command.name))(1)", command.abstract) }
        }
        page.section("GLOBAL OPTIONS")
        for option in book.globalOptions { page.add(option) }
        page.section("EXIT STATUS")
        page.paragraph("0 is success, 1 an error that is told, 64 a mistake in the arguments; others are on each command's own page.")
        page.section("FILES")
        page.item("$XDG_STATE_HOME/countersign/\\fIrepository id\\fR", "Where state is kept, unless --state says otherwise.")
        return page.text
    }

    private static func page(of command: CommandBook.Entry, _ book: CommandBook) -> String {
        var page = ManPage("countersign-\(command.name)", command.abstract)
        page.section("SYNOPSIS")
        let places = command.arguments.filter { !$0.isOption }.map { "\\fI\(escaped($0.usage))\\fR" }
        page.line(".B countersign \(escaped(command.name))\n\((["[\\fIoption\\fR ...]"] + places).joined(separator: " "))")
        page.section("DESCRIPTION")
        page.paragraph(command.abstract)
        page.paragraph(command.discussion)
        if !command.arguments.isEmpty {
            page.section("OPTIONS")
            for argument in command.arguments { page.add(argument) }
        }
        page.section("GLOBAL OPTIONS")
        for option in book.globalOptions { page.add(option) }
        page.section("EXIT STATUS")
        for exit in command.exits { page.item(String(exit.status.code), exit.when) }
        page.item("64", "a mistake in the arguments")
        page.section("SEE ALSO")
        page.line(".BR countersign (1)")
        return page.text
    }

    private init(_ name: String, _ abstract: String) {
        lines = [
            ".TH \(Self.escaped(name.uppercased())) 1 \"\" \"countersign \(Self.escaped(Version.text))\" \"User Commands\"",
            ".SH NAME", "\(Self.escaped(name)) \\- \(Self.escaped(abstract))",
        ]
    }

    private var text: String { lines.joined(separator: "\n") + "\n" }

    private mutating func line(_ roff: String) { lines.append(roff) }
    private mutating func section(_ title: String) { lines.append(".SH \(Self.escaped(title))") }

    private mutating func paragraph(_ text: String) {
        for part in text.split(separator: "\n\n") { lines += [".PP", Self.escaped(String(part))] }
    }

    /// - Parameter title: roff.
    private mutating func item(_ title: String, _ text: String) { lines += [".TP", ".B \(title)", Self.escaped(text)] }

    private mutating func add(_ argument: CommandBook.Argument) {
        let standard = argument.defaultValue.map { " (default: \($0))" } ?? ""
        item(Self.escaped(argument.usage), argument.meaning + standard)
    }

    /// Nothing of the text is taken for roff: groff_char(7), and no line begins with a control character.
    private static func escaped(_ text: String) -> String {
        let plain = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("…", with: "...")
        return plain.split(separator: "\n", omittingEmptySubsequences: true).map { line in
            [".", "'"].contains(line.first) ? "\\&" + line : String(line)
        }.joined(separator: "\n")
    }
}
