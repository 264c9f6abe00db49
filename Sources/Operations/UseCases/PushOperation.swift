// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Commits
internal import Declarations
internal import Git
package import Vocabulary

/// `push CERTIFICATE`: asks for a push again ("Push to Device") by a signed commit that raises `countersign/push` of what
/// binds it. New work orders follow from that, and need signatures like any others.
package struct PushOperation: Sendable {
    package struct Report: Sendable {
        package struct Raised: Sendable, Hashable {
            package var kind: String
            package var name: String
            package var push: Int64

            package init(kind: String, name: String, push: Int64) {
                (self.kind, self.name, self.push) = (kind, name, push)
            }
        }
        package var certificate: CertificateName
        /// Where it is asked for.
        package var connectors: [ConnectorName]
        package var raised: [Raised]
        package var commit: ObjectID
        package var branch: String
        package var pushed: Bool
        package var notices: [String]

        package init(
            certificate: CertificateName, connectors: [ConnectorName], raised: [Raised], commit: ObjectID,
            branch: String,
            pushed: Bool, notices: [String]
        ) {
            (self.certificate, self.connectors, self.raised) = (certificate, connectors, raised)
            (self.commit, self.branch, self.pushed, self.notices) = (commit, branch, pushed, notices)
        }
    }
    private let site: Site

    package init(site: Site) { self.site = site }

    /// - Throws: `UnknownName`; `NoConnector` where nothing is bound to it, or not this connector; `Invalid`; `EditByHand`.
    package func run(
        _ certificate: String, connector: String?, comment: String?
    ) async throws(UserError) -> Report {
        let change = try await ChangeCommit(site)
        let tree = try site.loadValid(change.base)
        let set = tree.set
        guard let name = CertificateName(certificate), set.certificates[name] != nil else {
            let meant = nearest(to: certificate, among: set.certificates.keys.map(\.text))
            throw UserError(
                "UnknownName", "no certificate is named \"\(Shown.text(certificate))\"",
                hint: meant.map { "did you mean \($0)?" } ?? "countersign certificates lists them")
        }
        let slots = DesiredSlots(of: set).slots.filter { $0.certificate == name }
        guard !slots.isEmpty else {
            throw UserError(
                "NoConnector", "\(name) has no connector: there is nowhere to push it",
                hint:
                    "add a Binding: {apiVersion: countersign/v1, kind: Binding, metadata: {name: \(name)}, spec: {certificate: \(name), connectors: [CONNECTOR]}}"
            )
        }
        var asked = slots.map(\.connector)
        var resources: [(key: ResourceKey, position: SourcePosition)] = []
        if let connector {
            guard let wanted = slots.first(where: { $0.connector.text == connector })?.connector,
                let declared = set.connectors[wanted]
            else {
                let bound = asked.map(\.text)
                throw UserError(
                    "NoConnector", "\(name) is not bound to a connector \"\(Shown.text(connector))\"",
                    hint: nearest(to: connector, among: bound).map { "did you mean \($0)?" }
                        ?? "it is bound to: \(bound.prefix(10).joined(separator: ", "))")
            }
            asked = [wanted]
            resources = [(declared.key, declared.position)]
        } else {
            resources = Set(slots.map(\.binding)).sorted().compactMap { name in
                set.bindings[name].map { ($0.key, $0.position) }
            }
        }
        let (files, raised) = try edit(resources, in: tree)
        let made = try await change.make(files, message: Self.message(name, asked, all: slots.count, comment))
        return Report(
            certificate: name, connectors: asked, raised: raised, commit: made.commit, branch: made.branch,
            pushed: made.pushed, notices: made.notices)
    }

    /// Several resources may stand in one file: each is raised in what the one before has made of it.
    private func edit(
        _ resources: [(key: ResourceKey, position: SourcePosition)], in tree: LoadedTree
    ) throws(UserError) -> ([(path: String, bytes: [UInt8])], [Report.Raised]) {
        var files: [String: [UInt8]] = [:]
        var raised: [Report.Raised] = []
        for (key, position) in resources {
            let bytes: [UInt8]
            if let edited = files[position.file] {
                bytes = edited
            } else {
                bytes = try content(of: position.file, in: tree)
            }
            guard let edited = PushAnnotation.raised(in: bytes, of: key, file: position.file) else {
                throw UserError(
                    "EditByHand",
                    "\(position.file):\(position.line): the annotation cannot be put there without rewriting more",
                    hint:
                        "raise \(PushAnnotation.name) in the annotations of \(key.kind.rawValue) \(key.name) by hand, and commit it signed"
                )
            }
            files[position.file] = edited
            raised.append(
                Report.Raised(kind: key.kind.rawValue, name: key.name, push: pushNumber(of: key, in: tree.set) + 1))
        }
        return (files.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, raised)
    }

    private func pushNumber(of key: ResourceKey, in set: DeclarationSet) -> Int64 {
        key.kind == .binding
            ? BindingName(key.name).flatMap { set.bindings[$0]?.pushNumber } ?? 0
            : ConnectorName(key.name).flatMap { set.connectors[$0]?.pushNumber } ?? 0
    }

    private func content(of path: String, in tree: LoadedTree) throws(UserError) -> [UInt8] {
        let blob = try explained { () throws(GitError) -> BlobContent? in
            guard let entry = try site.git.entry(path, of: tree.tree) else { return nil }
            return try site.git.blobs([entry.id], limit: 8 << 20).first
        }
        guard case .bytes(let bytes)? = blob else {
            throw UserError("EditByHand", "\(path) cannot be read from commit \(tree.commit.short)")
        }
        return bytes
    }

    /// The comment is what people see beside the work order; without one the subject says what is asked for.
    private static func message(
        _ name: CertificateName, _ connectors: [ConnectorName], all: Int, _ comment: String?
    ) -> String {
        let place = connectors.count == 1 ? " on \(connectors[0])" : " on \(connectors.count) connectors"
        let asks = "Push \(name)\(place) again"
        let said = (comment ?? "").split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        }.joined(separator: "\n")
        let text = said.allSatisfy(\.isWhitespace) ? asks : said + "\n\n" + asks
        return text + "\n"
    }
}
