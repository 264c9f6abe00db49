// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Operations
internal import Rendering
internal import Vocabulary

/// Where a command prints: data to standard output, everything for people beside it to standard error.
struct Output: Sendable {
    let format: Format
    /// Of standard output.
    let style: Style
    /// Of standard error.
    let messageStyle: Style
    let environment: [String: String]

    init(_ options: GlobalOptions, environment: [String: String]) {
        func style(_ descriptor: Int32) -> Style {
            .forOutput(
                colour: options.color, isTerminal: Terminal.isOne(descriptor), environment: environment,
                width: Terminal.width(of: descriptor), isVerbose: options.isVerbose)
        }
        format = options.format
        (self.style, messageStyle) = (style(Terminal.output), style(Terminal.errors))
        self.environment = environment
    }

    /// Before options are known, or where they could not be parsed.
    init(environment: [String: String], isJSON: Bool) {
        format = isJSON ? .json : .text
        style = Style()
        messageStyle = .forOutput(
            colour: .auto, isTerminal: Terminal.isOne(Terminal.errors), environment: environment, width: nil,
            isVerbose: false)
        self.environment = environment
    }

    /// Data that `Rendering` made.
    func print(_ data: String) { Self.write(Array(data.utf8), to: Terminal.output) }
    /// One object a line, for those who follow.
    func print(line json: JSONValue) { Self.write(json.canonicalBytes + [0x0a], to: Terminal.output) }
    func print(_ json: JSONValue) { Self.write(json.prettyBytes, to: Terminal.output) }

    /// Text, markdown or JSON, whichever was asked for; only what is asked for is made.
    func print(
        text: (Style) -> String, json: () -> JSONValue, markdown: (() -> String)? = nil, csv: (() -> String)? = nil,
        html: (() -> String)? = nil
    ) {
        switch format {
        case .text: print(text(style))
        case .json: print(json())
        case .markdown: print(markdown?() ?? text(Style()))
        case .csv: print(csv?() ?? text(Style()))
        case .html: print(html?() ?? text(Style()))
        }
    }

    /// Progress and remarks, for people.
    func say(_ message: Text) { say(rendered: messageStyle.rendered(message) + "\n") }
    /// What `Rendering` made for people.
    func say(rendered message: String) {
        // Nobody is left to tell if this fails.
        _ = Terminal.write(Array(message.utf8), to: Terminal.errors)
    }

    /// An error: JSON on standard output where that was asked for, else text on standard error.
    func fail(_ error: UserError) {
        if format == .json {
            print(ErrorJSON.value(error))
        } else {
            say(rendered: ErrorText.render(error, messageStyle))
        }
    }

    /// Asks, where a person is at the terminal. nil: nobody is there to answer.
    func confirm(_ question: Text) -> Bool? {
        guard Terminal.isOne(Terminal.input), Terminal.isOne(Terminal.errors) else { return nil }
        say(rendered: messageStyle.rendered("\(question) [y/N] "))
        return ["y", "yes"].contains(Terminal.readLine()?.lowercased() ?? "")
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        let failure = Terminal.write(bytes, to: descriptor)
        guard failure != 0 else { return }
        if failure == EPIPE { exit(ExitStatus.brokenPipe.code) }  // the reader has seen enough
        let message = Array(
            "countersign: cannot write to standard output: \(String(cString: strerror(failure)))\n".utf8)
        _ = Terminal.write(message, to: Terminal.errors)
        exit(ExitStatus.failure.code)
    }
}
