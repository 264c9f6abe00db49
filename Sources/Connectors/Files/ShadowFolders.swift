// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Planning

/// Folders that look like the live ones but hold candidates: bound over those in a mount namespace, where a server's own
/// parser then reads its configuration as it is.
///
/// Folders and not files, because a file cannot be bound where none is yet. Everything else in them stays what it is: files
/// through links to the live folder, bound beside the shadow; folders bound one by one; links copied as they are written.
struct ShadowFolders: Sendable {
    /// Makes the shadow, below our own folder.
    private(set) var steps: [Step] = []
    /// `--bind` or `--rbind`, what, where; in this order.
    private(set) var mounts: [String] = []

    /// - Parameters:
    ///   - root: in the batch's own folder; made anew.
    ///   - overlay: path → the file that shall be seen there; nil: none.
    ///   - contents: of the folders of these paths.
    init(root: String, overlay: [String: String?], contents: [String: [FileStatus]]) {
        let own = Ownership(owner: nil, mode: 0o700)
        steps = [.remove(root), .folder(root, own)]
        // Outer ones first: what is bound over an inner one must not be covered again.
        let folders = Set(overlay.keys.map(folder(of:))).sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
        for (number, path) in folders.enumerated() {
            let shadow = joined(root, "\(number)")
            let live = joined(root, "\(number)-live")
            steps += [.folder(shadow, own), .folder(live, own)]
            mounts += ["--bind", path, live]
            var inner: [String] = []
            for entry in contents[path] ?? [] where overlay[entry.path] == nil {
                let name = String(entry.path.dropFirst(path == "/" ? 1 : path.utf8.count + 1))
                let place = joined(shadow, name)
                switch entry.kind {
                case .link: steps.append(.link(place, to: entry.linkTarget ?? ""))
                case .folder:
                    steps.append(.folder(place, own))
                    // Our own last, so that what was bound in it by then is seen in the shadow too.
                    if name == OwnFolder.name {
                        inner += ["--rbind", entry.path, place]
                    } else {
                        inner = ["--rbind", entry.path, place] + inner
                    }
                case .file, .other: steps.append(.link(place, to: joined(live, name)))
                case .absent: break
                }
            }
            // In one order: what is asked twice must be the same question.
            for (place, candidate) in overlay.sorted(by: { $0.key < $1.key }) where folder(of: place) == path {
                guard let candidate else { continue }
                let name = String(place.dropFirst(path == "/" ? 1 : path.utf8.count + 1))
                // A second name would change the live file's ctime, and with it the device's state token.
                let isOurs = OwnFolder.isOurs(candidate)
                steps.append(
                    isOurs ? .copy(candidate, to: joined(shadow, name)) : .link(joined(shadow, name), to: candidate))
            }
            mounts += inner + ["--rbind", shadow, path]
        }
    }

    enum Namespace: CaseIterable, Sendable {
        /// As root.
        case mount
        /// As anybody, where the kernel allows it.
        case user

        fileprivate var options: [String] {
            switch self {
            case .mount: ["-m"]
            case .user: ["-U", "-r", "-m"]
            }
        }
    }

    enum Need: Sendable {
        case namespace
        /// With a network, and processes, of its own: as root.
        case alone

        private var namespaces: [Namespace] { self == .alone ? [.mount] : Namespace.allCases }

        /// Whether such a namespace can be had, with something bound in it. Changes nothing.
        var questions: [Step] {
            namespaces.map { namespace in
                let trial = ShadowFolders(mounts: ["--bind", "/usr", "/usr"])
                return .run(
                    trial.command(["true"], in: namespace, isAlone: self == .alone), input: nil, outputLimit: 1 << 16)
            }
        }

        func isMissing(through transport: any Transport, within limit: Duration) async throws(DeviceError) -> Bool {
            try await transport.perform(questions, within: limit).allSatisfy { result in
                guard case .ran(0, let output, _, _) = result else { return true }
                return !output.starts(with: ShadowFolders.marker.utf8)
            }
        }
    }

    private init(mounts: [String]) { self.mounts = mounts }

    /// What is printed once everything is bound: what ends after it has ended by itself.
    static let marker = "countersign: in the shadow\n"

    /// Constant: all values are arguments.
    private static let script = """
        set -eu
        while [ "$1" != -- ]; do mount -n "$1" "$2" "$3"; shift 3; done
        shift
        echo 'countersign: in the shadow'
        exec "$@"
        """

    /// A loopback that has every address, so that whatever the configuration listens on can be listened on. The process that
    /// it becomes is the first of its own process namespace: when it ends, so does all that it has started.
    private static let loopback = """
        set -eu
        mount -n -t proc proc /proc 2>/dev/null || :
        ip link set lo up
        ip route add local 0.0.0.0/0 dev lo
        ip -6 route add local ::/0 dev lo 2>/dev/null || :

        """

    func command(_ argv: [String], in namespace: Namespace, isAlone: Bool = false) -> [String] {
        let alone = isAlone ? ["-n", "-p", "-i", "--fork", "--kill-child"] : []
        return ["unshare"] + namespace.options + alone + ["--propagation", "private", "/bin/sh", "-c"]
            + [(isAlone ? Self.loopback : "") + Self.script, "countersign"] + mounts + ["--"] + argv
    }
}
