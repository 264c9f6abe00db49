// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Git
internal import Processes
internal import Vocabulary

extension Signer {
    /// The fingerprints of what the user's gpg can sign with under the name that git gives it, its own choice first.
    ///
    /// - Throws: `NoSigningKey`, with what gpg says of keys that can sign no more.
    static func openPGPKeys(_ site: Site) async throws(UserError) -> [String] {
        let program: String
        if let named = try await configured("gpg.openpgp.program", site) {
            program = named
        } else {
            program = try await configured("gpg.program", site) ?? "gpg"
        }
        // git-config(1), user.signingKey: without it git asks for a key of the committer's name.
        let name: String
        if let configured = try await configured("user.signingKey", site) {
            name = configured
        } else {
            name = try await explained { () async throws(GitError) in try await site.git.committer() }
        }
        let result: ProcessResult
        do throws(ProcessError) {
            result = try await Command(
                program, ["--batch", "--with-colons", "--fixed-list-mode", "--list-secret-keys", "--", name],
                environment: ["LC_ALL": "C"], outputLimit: 4 << 20, deadline: .seconds(60)
            ).run()
        } catch {
            throw UserError(
                "NoSigningKey",
                "git signs with \(Shown.text(program)), which does not run: \(Shown.text(error.description))")
        }
        let listed = SecretKeys(result.outputText, exactly: name.hasSuffix("!") ? String(name.dropLast()) : nil)
        guard listed.usable.isEmpty else { return listed.usable }
        let why = listed.unusable.first.map { "its key \($0.fingerprint) is \($0.why)" } ?? "it has none"
        throw UserError(
            "NoSigningKey", "gpg has no secret key \"\(Shown.text(name))\" that can sign: \(why)",
            hint:
                "gpg --list-secret-keys shows what there is; git config user.signingKey names one; or with SSH: \(setUp)"
        )
    }

    /// What `gpg --with-colons --list-secret-keys` shows (doc/DETAILS of GnuPG).
    private struct SecretKeys {
        /// In the order in which gpg would take them: the newest subkey before the primary key.
        var usable: [String] = []
        var unusable: [(fingerprint: String, why: String)] = []

        private struct Entry {
            var isSubkey: Bool
            var created: Int
            var fingerprint: String
        }

        init(_ listing: String, exactly name: String?) {
            var (found, block, fields): ([Entry], [Entry], [String]) = ([], [], [])
            func ordered(_ block: [Entry]) -> [Entry] {
                block.sorted { ($0.isSubkey ? 0 : 1, -$0.created) < ($1.isSubkey ? 0 : 1, -$1.created) }
            }
            for line in listing.split(whereSeparator: \.isNewline) {
                let parts = line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
                switch parts[0] {
                case "sec", "ssb":
                    if parts[0] == "sec" {
                        found += ordered(block)
                        block = []
                    }
                    fields = parts
                case "fpr":
                    guard fields.count > 14, parts.count > 9 else { continue }
                    let key = Entry(isSubkey: fields[0] == "ssb", created: Int(fields[5]) ?? 0, fingerprint: parts[9])
                    // Small letters are the key's own abilities; `#` is a key without its secret half.
                    let canSign = fields[11].contains("s")
                    if let why = Self.words[fields[1]] {
                        if canSign || fields[11].isEmpty { unusable.append((key.fingerprint, why)) }
                    } else if canSign, fields[14] != "#" {
                        block.append(key)
                    }
                    fields = []
                default: break
                }
            }
            found += ordered(block)
            let wanted = name.map { $0.uppercased().hasPrefix("0X") ? String($0.dropFirst(2)) : $0 }?.uppercased()
            usable = found.map(\.fingerprint).filter { fingerprint in wanted.map(fingerprint.hasSuffix) ?? true }
        }

        private static let words = ["e": "expired", "r": "revoked", "d": "disabled", "i": "invalid", "n": "not valid"]
    }
}
