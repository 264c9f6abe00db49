// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// Where no namespace can be had: the configuration copied into our own folder, with every include followed and every slot path
/// rewritten. (Measured: with one left as it was, nginx reads the live file and takes a bad candidate.)
///
/// Beside the copied main file lie links to all that lies beside the live one, so that other relative names lead where they did.
struct NginxCopy: Sendable {
    private(set) var steps: [Step] = []
    private let root: String
    private let numbers: [String: Int]
    private let live: [String: String]  // place in the shadow → live path

    init(_ configuration: NginxConfiguration, overlay: [String: String?], root: String) {
        self.root = root
        let own = Ownership(owner: nil, mode: 0o700)
        let paths = configuration.files.keys.sorted()
        let numbers = Dictionary(uniqueKeysWithValues: paths.enumerated().map { ($1, $0) })
        self.numbers = numbers
        var live: [String: String] = [:]
        var places: [String: String] = [:]
        for (number, path) in overlay.keys.sorted().enumerated() {
            // A candidate that removes: nothing lies at the new place either.
            let place = (overlay[path] ?? nil) ?? joined(root, "nothing-\(number)")
            places[path] = place
            live[place] = path
        }
        steps = [.remove(root), .folder(root, own)]
        for path in paths {
            guard let file = configuration.files[path], let number = numbers[path] else { continue }
            let place = Self.place(number, isMain: path == configuration.path, root)
            live[place] = path
            var bytes = Self.rewritten(file, configuration, places, numbers, root)
            steps.append(.write(place, SecretBytes(taking: &bytes), Ownership(owner: nil, mode: 0o600)))
        }
        self.live = live
    }

    private static func place(_ number: Int, isMain: Bool, _ root: String) -> String {
        joined(root, isMain ? "nginx.conf" : "_\(number).conf")
    }

    private static func rewritten(
        _ file: NginxFile, _ configuration: NginxConfiguration, _ places: [String: String], _ numbers: [String: Int],
        _ root: String
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        var copied = 0
        func put(_ text: String, for range: Range<Int>) {
            bytes += file.bytes[copied..<range.lowerBound]
            bytes += Array(text.utf8)
            copied = range.upperBound
        }
        for item in file.items {
            guard case .directive(let words) = item, words.count == 2 else { continue }
            let (name, value) = (words[0], words[1])
            if name.text == "include" {
                let included = (configuration.expansions[configuration.resolved(value.text)] ?? []).map { path in
                    numbers[path].map { place($0, isMain: path == configuration.path, root) } ?? path
                }
                // Of a pattern that nothing fits, nothing is left but the semicolon, which needs a word before it.
                let others = included.map { "include \(quoted($0))" }.joined(separator: "; ")
                put(
                    others.isEmpty ? "include \(quoted(joined(root, "none-*")))" : others,
                    for: name.range.lowerBound..<value.range.upperBound)
            } else if isFileName(name.text), !value.text.hasPrefix("/"), !value.text.isEmpty, !value.text.contains(":")
            {
                let path = configuration.resolved(value.text)
                put(quoted(places[path] ?? path), for: value.range)
            } else if let place = places[value.text] {
                put(quoted(place), for: value.range)
            }
        }
        bytes += file.bytes[copied...]
        return bytes
    }

    /// Directives whose relative names are relative to the main file's folder, which is another one here.
    private static func isFileName(_ directive: String) -> Bool {
        [
            "ssl_certificate", "ssl_certificate_key", "ssl_client_certificate", "ssl_trusted_certificate", "ssl_crl",
            "ssl_dhparam", "ssl_password_file", "ssl_session_ticket_key", "ssl_stapling_file", "auth_basic_user_file",
            "js_import", "js_include", "geoip_country", "geoip_city", "geoip2",
        ].contains { directive == $0 || directive.hasSuffix("_" + $0) }
    }

    private static func quoted(_ path: String) -> String {
        "\"" + path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    func argv(binary: String, prefix: String?) -> [String] {
        [binary, "-t", "-q", "-c", joined(root, "nginx.conf")] + (prefix.map { ["-p", $0] } ?? [])
    }

    /// What nginx says, in the words that its administrator knows.
    func withLivePaths(_ message: String) -> String {
        live.sorted { $0.key.utf8.count > $1.key.utf8.count }.reduce(message) { $0.replacing($1.key, with: $1.value) }
    }
}
