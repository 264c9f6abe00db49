// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import CLibYAML

/// Owns one `yaml_parser_t` that reads borrowed bytes. Used by one thread, in one synchronous run.
struct EventParser: ~Copyable {
    private let raw: UnsafeMutablePointer<yaml_parser_t>
    private let input: UnsafeBufferPointer<UInt8>

    /// `input` must outlive the parser: libyaml keeps the pointer. nil if there is no memory.
    init?(borrowing input: UnsafeBufferPointer<UInt8>) {
        raw = .allocate(capacity: 1)
        self.input = input
        guard yaml_parser_initialize(raw) == 1 else {
            raw.deallocate()
            return nil
        }
        // Without this libyaml takes UTF-16 where it sees a BOM.
        yaml_parser_set_encoding(raw, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(raw, input.baseAddress, input.count)
    }

    deinit {
        yaml_parser_delete(raw)
        raw.deallocate()
    }

    struct Failure {
        var position: YAMLPosition
        var message: String
    }

    /// The next event, handed to `body` and freed afterwards. Lines and columns in it count from 0.
    func next<Result>(_ body: (borrowing yaml_event_t) -> Result) -> (value: Result?, failure: Failure?) {
        var event = yaml_event_t()
        guard yaml_parser_parse(raw, &event) == 1 else { return (nil, failure()) }
        defer { yaml_event_delete(&event) }
        return (body(event), nil)
    }

    private func failure() -> Failure {
        let parser = raw.pointee
        let problem = parser.problem.map { String(cString: $0) } ?? "not YAML"
        if parser.error == YAML_READER_ERROR {
            return Failure(position: position(ofByte: parser.problem_offset), message: problem)
        }
        var message = problem
        if let context = parser.context.map({ String(cString: $0) }) {
            message += " \(context)"
            if parser.context_mark.line != parser.problem_mark.line {
                message += " that begins on line \(parser.context_mark.line + 1)"
            }
        }
        if let hint = Self.hint(for: problem) { message += ": \(hint)" }
        return Failure(
            position: YAMLPosition(line: parser.problem_mark.line + 1, column: parser.problem_mark.column + 1),
            message: message)
    }

    /// What to try, for those of libyaml's messages that a beginner meets.
    private static func hint(for problem: String) -> String? {
        switch problem {
        case "mapping values are not allowed in this context":
            "a text with a colon and a space needs quotes, and lines of one mapping begin in one column"
        case "did not find expected key", "could not find expected ':'":
            "is the indentation right, and does each key end with a colon?"
        case "found character that cannot start any token": "quote a text that begins with @, `, % or a tab"
        case "did not find expected ',' or ']'", "did not find expected ',' or '}'":
            "a bracket or a comma is missing"
        default: nil
        }
    }

    /// libyaml gives only the byte where the reader stopped.
    private func position(ofByte offset: Int) -> YAMLPosition {
        var (line, column) = (1, 1)
        for byte in input.prefix(offset) {
            if byte == 0x0a {
                (line, column) = (line + 1, 1)
            } else if byte & 0xc0 != 0x80 {
                column += 1
            }
        }
        return YAMLPosition(line: line, column: column)
    }
}
