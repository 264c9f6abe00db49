// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Declarations
package import Git
internal import PKI
package import Planning
internal import Synchronization
package import Vocabulary

/// One commit's tree, decoded and checked.
package struct LoadedTree: Sendable {
    package var commit: ObjectID
    package var tree: ObjectID
    /// Everything that decoded; in force only if `isValid`.
    package var set: DeclarationSet
    package var diagnostics: [Diagnostic]
    /// Of an invalid tree: partial.
    package var trust: TrustSet
    /// By repository path of each chain file that reads as one.
    package var chains: [String: SentChain]
    /// DER of each distinct certificate in them.
    package var certificates: [Fingerprint: [UInt8]]
    /// What is bound where.
    package var slots: DesiredSlots

    package var isValid: Bool { !diagnostics.contains { $0.severity == .error } }
}

/// One resource as far as a change of it counts: comments and order in the YAML do not.
package struct ResourceContent: Hashable, Sendable {
    package var spec: JSONValue
    package var labels: [String: String]
    package var annotations: [String: String]
    package var pushNumber: Int64

    init<Spec: ResourceSpec>(_ resource: Declared<Spec>) {
        (spec, labels, annotations) = (resource.raw, resource.labels, resource.annotations)
        pushNumber = resource.pushNumber
    }
}

/// Reads commits' trees: blobs only, never the work tree. What two commits share is decoded once.
package final class TreeLoader: Sendable {
    private struct Cache {
        var decoded: [FileKey: DecodedFile] = [:]
        var trees: [ObjectID: LoadedTree] = [:]
        var trustSets: [ObjectID: TrustSet] = [:]
        var derived: DerivedBlobs?
    }
    private struct FileKey: Hashable {
        var path: String
        var blob: ObjectID
    }
    private let git: Git.Repository
    private let cache = Mutex(Cache())
    /// Held while files are decoded: who asks for the same ones meanwhile finds them decoded.
    private let turn = Mutex(())

    package init(git: Git.Repository) { self.git = git }

    /// What earlier runs decoded, where there is somewhere to keep it.
    package var derived: DerivedBlobs? {
        get { cache.withLock { $0.derived } }
        set { cache.withLock { $0.derived = newValue } }
    }

    /// - Throws: only what is wrong with the repository itself; what is wrong with the declarations is in `diagnostics`.
    package func load(_ commit: ObjectID) throws(GitError) -> LoadedTree {
        if let known = cache.withLock({ $0.trees[commit] }) { return known }
        let loaded = try read(commit)
        cache.withLock { $0.trees[commit] = loaded }
        return loaded
    }

    private func read(_ commit: ObjectID) throws(GitError) -> LoadedTree {
        let raw = try git.commit(commit)
        var files: [ListedFile] = []
        var found: [Diagnostic] = []
        do throws(GitError) {
            files = try git.files(of: raw.tree)
        } catch  where error.code == .tooLarge || error.code == .tooDeep {
            found.append(TreeRules.tooLarge())
        }
        found += TreeRules.diagnostics(for: files.compactMap(Self.entry))
        let declaring = Self.declaring(files)
        let decoded = Decoded(try decode(declaring))
        let checked = try check(decoded, raw.tree, tree: found, declaring, paths: files)
        let (trust, sent) = Parallel.both({ checked.partialTrustSet }, { SentChains(checked.chains) })
        return LoadedTree(
            commit: commit, tree: raw.tree, set: checked.set, diagnostics: checked.diagnostics, trust: trust,
            chains: sent.chains, certificates: sent.certificates, slots: checked.slots)
    }

    private struct SentChains {
        var chains: [String: SentChain] = [:]
        var certificates: [Fingerprint: [UInt8]] = [:]

        init(_ files: [String: ChainFile]) {
            chains.reserveCapacity(files.count)
            certificates.reserveCapacity(files.count)
            for (path, chain) in files {
                chains[path] = SentChain(leaf: chain.leaf.fingerprint, chain: chain.rest.map(\.fingerprint))
                certificates[chain.leaf.fingerprint] = chain.leaf.der
                for entry in chain.rest where certificates[entry.fingerprint] == nil {
                    certificates[entry.fingerprint] = entry.der
                }
            }
        }
    }

    /// The checks see nothing but the tree: what they said of it, they say again.
    private func check(
        _ decoded: Decoded, _ tree: ObjectID, tree found: [Diagnostic],
        _ declaring: [(path: String, blob: ObjectID)], paths files: [ListedFile]
    ) throws(GitError) -> CheckedDeclarations {
        let derived = derived
        let known = derived?.find(.checks, tree, Diagnostic.unpack)
        let (read, slots) = Parallel.both(
            { () -> Result<[String: FileLookup], GitError> in
                Result { () throws(GitError) in
                    try contents(of: decoded.referencedFiles, chains: decoded.chainFiles, in: files)
                }
            }, { known == nil ? nil : DesiredSlots(of: decoded.set) })
        let lookups = try read.get()
        if let known, let slots { return decoded.checked(files: lookups, diagnostics: known, slots: slots) }
        let checked = decoded.check(files: lookups, tree: found, paths: files.filter(\.isText).map(\.path)) {
            [git] path in
            guard let blob = declaring.first(where: { $0.path == path })?.blob,
                case .bytes(let bytes)? = try? git.blobs([blob], limit: 8 << 20).first
            else { return nil }
            return bytes
        }
        if checked.isValid { derived?.keep(.checks, tree, Diagnostic.pack(checked.diagnostics)) }
        return checked
    }

    /// Who decides at a commit, and nothing else: what else it declares is not looked at, and no chain is read.
    package func trustSet(_ commit: ObjectID) throws(GitError) -> TrustSet {
        if let known = cache.withLock({ $0.trees[commit]?.trust ?? $0.trustSets[commit] }) { return known }
        let files = try git.files(of: try git.commit(commit).tree)
        let deciding = try decode(Self.declaring(files)).filter { $0.resources.contains(where: \.kind.isTrust) }
        var set = Decoded(deciding).set
        for (path, lookup) in try contents(of: TrustSet.filesNamed(by: set), chains: [], in: files) {
            if case .file(let file) = lookup { set.files[path] = file }
        }
        let trust = TrustSet(of: set)
        cache.withLock { $0.trustSets[commit] = trust }
        return trust
    }

    /// The files that hold PolicyTests, with their text, and all others that declare something: read only when they are asked for.
    package func policyTests(
        _ commit: ObjectID
    ) throws(GitError) -> (files: [DecodedFile], source: @Sendable (String) -> SourceFile?) {
        let declaring = Self.declaring(try git.files(of: try git.commit(commit).tree))
        let known = Dictionary(declaring.map { ($0.path, $0.blob) }) { first, _ in first }
        let source: @Sendable (String) -> SourceFile? = { [git] path in
            guard let blob = known[path], case .bytes(let bytes)? = try? git.blobs([blob], limit: 8 << 20).first else {
                return nil
            }
            return SourceFile(path: path, bytes: bytes)
        }
        let found = try decode(declaring).filter(\.holdsPolicyTests).compactMap { source($0.source.path) }
        return (DeclarationReader.decodeEach(found), source)
    }

    /// The resources of some files, whatever the rest of their tree says: what a commit changed is told by comparing them.
    package func resources(
        _ files: [(path: String, blob: ObjectID)]
    ) throws(GitError) -> [ResourceKey: ResourceContent] {
        guard !files.isEmpty else { return [:] }
        let set = Decoded(try decode(files)).set
        var found: [ResourceKey: ResourceContent] = [:]
        func add<Spec: ResourceSpec>(_ resources: some Sequence<Declared<Spec>>) {
            for resource in resources { found[resource.key] = ResourceContent(resource) }
        }
        add([set.repository].compactMap(\.self))
        add(set.zones.values)
        add(set.devices.values)
        add(set.people.values)
        add(set.groups.values)
        add(set.policies.values)
        add(set.standingApprovals.values)
        add(set.alertPolicies.values)
        add(set.certificates.values)
        add(set.connectors.values)
        add(set.bindings.values)
        return found
    }

    private static func declaring(_ files: [ListedFile]) -> [(path: String, blob: ObjectID)] {
        files.filter { isFile($0.mode) && $0.isText && TreeRules.declares(path: $0.path) }.map { ($0.path, $0.id) }
    }

    private static func isFile(_ mode: FileMode) -> Bool { mode == .file || mode == .executable }

    private static func entry(_ file: ListedFile) -> Declarations.TreeEntry? {
        switch file.mode {
        case .symlink: Declarations.TreeEntry(path: file.path, kind: .symlink)
        case .submodule: Declarations.TreeEntry(path: file.path, kind: .submodule)
        default: nil
        }
    }

    private func decode(_ files: [(path: String, blob: ObjectID)]) throws(GitError) -> [DecodedFile] {
        try turn.withLock { (_) throws(GitError) in try decodeInTurn(files) }
    }

    private func decodeInTurn(_ files: [(path: String, blob: ObjectID)]) throws(GitError) -> [DecodedFile] {
        let known = cache.withLock { cache in files.map { cache.decoded[FileKey(path: $0.path, blob: $0.blob)] } }
        let missing = zip(files, known).filter { $1 == nil }.map(\.0)
        let fresh = try freshlyDecoded(missing)
        cache.withLock { cache in
            for (file, result) in zip(missing, fresh) {
                cache.decoded[FileKey(path: file.path, blob: file.blob)] = result
            }
        }
        var next = fresh.makeIterator()
        return known.compactMap { $0 ?? next.next() }
    }

    private func freshlyDecoded(_ files: [(path: String, blob: ObjectID)]) throws(GitError) -> [DecodedFile] {
        let derived = derived
        let kept = Parallel.map(files, width: 4) { file in
            derived?.find(.declarations, file.blob) { DecodedFile(packed: $0, path: file.path) }
        }
        let missing = zip(files, kept).filter { $1 == nil }.map(\.0)
        // One byte more than is read: the reader says that a larger one is too large.
        let blobs = try git.blobs(missing.map(\.blob), limit: 8 << 20)
        let sources = zip(missing, blobs).map { file, blob in
            switch blob {
            case .bytes(let bytes): SourceFile(path: file.path, bytes: bytes)
            case .tooLarge(let size):
                SourceFile(path: file.path, bytes: [UInt8](repeating: 0x23, count: min(size, 2 << 20)))
            }
        }
        let decoded = DeclarationReader.decodeEach(sources).map(\.withoutText)
        if let derived {
            for (file, result) in zip(missing, decoded) {
                if let packed = result.packed { derived.keep(.declarations, file.blob, packed) }
            }
        }
        var next = decoded.makeIterator()
        return kept.compactMap { $0 ?? next.next() }
    }

    /// What lies at each path. Chains are read there and then: what is written to devices is made from the DER, so their text,
    /// ten thousand files of it, is not kept.
    private func contents(
        of paths: Set<String>, chains: Set<String>, in files: [ListedFile]
    ) throws(GitError) -> [String: FileLookup] {
        var found: [String: FileLookup] = [:]
        found.reserveCapacity(paths.count)
        var regular: [ListedFile] = []
        for file in files where file.isText && paths.contains(file.path) {
            if Self.isFile(file.mode) { regular.append(file) } else { found[file.path] = .notAFile }
        }
        let derived = derived
        let issuers = ChainFile.Issuers()
        let kept = Parallel.map(regular, width: 4) { file -> ChainFile? in
            guard chains.contains(file.path) else { return nil }
            return derived?.find(.chain, file.id) { ChainFile(packed: $0, sharing: issuers) }
        }
        for (file, chain) in zip(regular, kept) {
            if let chain { found[file.path] = .chain(.success(chain)) }
        }
        let missing = zip(regular, kept).filter { $1 == nil }.map(\.0)
        let wanted = missing.map { (path: $0.path, blob: $0.id, isChain: chains.contains($0.path)) }
        let contents = try git.eachBlob(missing.map(\.id), limit: FileLookup.largest) { index, content -> FileLookup in
            switch content {
            case .bytes(let bytes) where wanted[index].isChain:
                let chain = ChainFile.reading(bytes)
                if let derived, case .success(let chain) = chain {
                    derived.keep(.chain, wanted[index].blob, chain.packed)
                }
                return .chain(chain)
            case .bytes(let bytes): return .file(NamedFile(bytes: bytes))
            case .tooLarge(let size): return .tooLarge(bytes: size)
            }
        }
        for (file, content) in zip(wanted, contents) { found[file.path] = content }
        for path in paths where found[path] == nil { found[path] = .missing }
        return found
    }
}
