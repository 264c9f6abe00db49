// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Operations
internal import Vocabulary
internal import YAML

/// `run --config FILE`: the options of `run`, one for each line of a YAML file, by their long names. What stands on the command
/// line as well counts there.
enum ServiceFile {
    /// The arguments with the file's options put before those that were typed.
    ///
    /// - Throws: all that is wrong with the file, `file:line:column: error: …` each.
    static func expanded(_ arguments: [String]) throws(UserError) -> [String] {
        guard arguments.first == "run", let path = path(in: arguments) else { return arguments }
        guard let bytes = SmallFile.read(path) else {
            throw UserError(
                "ConfigurationUnreadable", "\(Shown.text(path)) cannot be read",
                hint: "it must be a regular file of 64 KiB at most; the package puts one with all defaults at /etc/countersign/run.yaml")
        }
        return ["run"] + (try options(bytes, path)) + arguments.dropFirst()
    }

    private static func path(in arguments: [String]) -> String? {
        let own = arguments.prefix { $0 != "--" }
        if let joined = own.last(where: { $0.hasPrefix("--config=") }) { return String(joined.dropFirst("--config=".count)) }
        return own.lastIndex(of: "--config").flatMap { $0 + 1 < own.count ? own[$0 + 1] : nil }
    }

    private static func options(_ bytes: [UInt8], _ path: String) throws(UserError) -> [String] {
        let file = YAMLFile(reading: bytes)
        var problems = file.errors.map { Problem(position: $0.position, message: $0.message) }
        var options: [String] = []
        let known: [CommandBook.Argument]
        do {
            known = try CommandBook().arguments(of: "run").filter { $0.isOption && $0.longName != "config" }
        } catch {
            throw UserError("ConfigurationUnreadable", "the options of run cannot be told: \(error)")
        }
        for document in file.documents where document.isSound {
            guard case .mapping(let entries) = document.root.content else {
                if case .scalar(let text, isPlain: true) = document.root.content, text.isEmpty { continue }  // only comments
                problems.append(Problem(position: document.root.position, message: "it must be options with their values, one a line"))
                continue
            }
            for entry in entries {
                guard let option = known.first(where: { $0.longName == entry.key }) else {
                    let meant = nearest(to: entry.key, among: known.compactMap(\.longName)).map { "; did you mean \"\($0)\"?" }
                    problems.append(
                        Problem(
                            position: entry.keyPosition,
                            message: "run has no option \"\(Shown.text(entry.key))\"\(meant ?? "")"))
                    continue
                }
                guard let values = values(of: entry.value) else {
                    problems.append(Problem(position: entry.value.position, message: "\(entry.key) takes a text, or a list of texts"))
                    continue
                }
                if option.isFlag {
                    guard ["true", "false"].contains(values.first), values.count == 1 else {
                        problems.append(Problem(position: entry.value.position, message: "\(entry.key) is true or false"))
                        continue
                    }
                    if values.first == "true" { options.append("--\(entry.key)") }
                } else {
                    for value in values { options.append("--\(entry.key)=\(value)") }
                }
            }
        }
        guard problems.isEmpty else {
            let lines = problems.prefix(20).map { "\(Shown.text(path)):\($0.position.line):\($0.position.column): error: \($0.message)" }
            throw UserError(
                "ConfigurationInvalid", lines.joined(separator: "\n"),
                hint: "its lines are the options of countersign run, without the dashes: countersign help run")
        }
        return options
    }

    private struct Problem {
        var position: YAMLPosition
        var message: String
    }

    private static func values(of node: YAMLNode) -> [String]? {
        if case .sequence(let items) = node.content {
            let texts = items.compactMap(\.scalar)
            return texts.count == items.count ? texts : nil
        }
        return node.scalar.map { [$0] }
    }
}
