// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import PKI
internal import Vocabulary

/// A commit's declarations after both phases.
package struct CheckedDeclarations: Sendable {
    /// Everything that decoded, with the files that it names, whether or not the whole is valid: in force only if `isValid`.
    package let set: DeclarationSet
    /// All of them, sorted by position.
    package let diagnostics: [Diagnostic]
    /// The chain files of certificates that read as one, by repository path.
    package let chains: [String: ChainFile]
    /// What is bound where.
    package let slots: DesiredSlots

    package var isValid: Bool { !diagnostics.contains { $0.severity == .error } }
    package var errors: [Diagnostic] { diagnostics.filter { $0.severity == .error } }
    package var warnings: [Diagnostic] { diagnostics.filter { $0.severity == .warning } }

    /// Of an invalid tip: what decoded. It can take keys, members and people away, and gives none.
    package var partialTrustSet: TrustSet { TrustSet(of: set) }
}

extension Decoded {
    /// Checks what holds between resources, and the files that they name.
    ///
    /// - Parameters:
    ///   - files: what the tree has at each of `referencedFiles`; one that is not in it is taken for missing.
    ///   - tree: what was found by walking the tree (`TreeRules`).
    ///   - paths: all paths of the tree, for "did you mean" only.
    ///   - text: of a declaring file that was put away without it; asked only where something is wrong.
    package func check(
        files: [String: FileLookup], tree: [Diagnostic] = [], paths: [String] = [], width: Int = 4,
        text: @escaping (String) -> [UInt8]? = { _ in nil }
    ) -> CheckedDeclarations {
        var broken: Set<ResourceKey> = []
        for file in self.files { broken.formUnion(file.broken) }
        broken.formUnion(duplicates.map(\.key))
        var checker = Checker(set: set, broken: broken, isTorn: self.files.contains(where: \.isTorn))
        for duplicate in duplicates {
            let what = "\(duplicate.key.kind.rawValue) \(quoted(duplicate.key.name))"
            let where_ = "\(duplicate.first.file):\(duplicate.first.line)"
            checker.object(
                at: duplicate.place,
                duplicate.key.kind == .repository
                    ? "a second Repository: there is one already in \(where_)"
                    : "\(what) is declared twice, first in \(where_)",
                duplicate.key.kind == .repository ? .repository : .duplicate)
        }
        checker.checkAll()
        var fileChecks = FileChecks(files)
        fileChecks.checkAll(set, width: width)

        var findings = tree.map { Finding($0) } + fileChecks.findings
        for file in self.files { findings += file.findings }
        findings += located(checker.objections + fileChecks.objections, text: text)

        let slots = checker.slots ?? DesiredSlots(of: set)
        return CheckedDeclarations(
            set: complete(files, slots), diagnostics: Suggestions(set: set, paths: paths).finish(findings),
            chains: fileChecks.chains, slots: slots)
    }

    /// The same where it is known what the checks say of these very files.
    package func checked(
        files: [String: FileLookup], diagnostics: [Diagnostic], slots: DesiredSlots
    ) -> CheckedDeclarations {
        var chains: [String: ChainFile] = [:]
        chains.reserveCapacity(chainFiles.count)
        for certificate in set.certificates.values {
            let path = certificate.spec.chain
            switch files[path] {
            case .chain(.success(let chain)): chains[path] = chain
            case .file(let file): chains[path] = try? ChainFile(pem: file.bytes)
            default: break
            }
        }
        return CheckedDeclarations(set: complete(files, slots), diagnostics: diagnostics, chains: chains, slots: slots)
    }

    private func complete(_ files: [String: FileLookup], _ slots: DesiredSlots) -> DeclarationSet {
        var complete = set
        for (path, lookup) in files {
            if case .file(let file) = lookup, referencedFiles.contains(path) { complete.files[path] = file }
        }
        complete.markKeysThatStay(slots)
        return complete
    }

    private func located(_ objections: [Objection], text: @escaping (String) -> [UInt8]?) -> [Finding] {
        guard !objections.isEmpty else { return [] }
        var locator = Locator(self.files, text: text)
        return objections.sorted { $0.resource < $1.resource }.map { objection in
            let position = locator.position(of: objection.path, in: objection.resource)
            return Finding(
                Diagnostic(objection.severity, at: position, objection.message, rule: objection.rule.rawValue),
                misspelt: objection.misspelt)
        }
    }
}

extension DeclarationSet {
    /// Whoever reads a slot must know that its key is not to be read.
    fileprivate mutating func markKeysThatStay(_ slots: DesiredSlots) {
        let names = certificates.values.filter { $0.spec.keyIsMadeOnDevice }.map(\.name)
        guard !names.isEmpty else { return }
        let staying = Set(names)
        for slot in slots.slots where staying.contains(slot.certificate) {
            connectors[slot.connector]?.spec.slot.keyStays = true
        }
    }
}
