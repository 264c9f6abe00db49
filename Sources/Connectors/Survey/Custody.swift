// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// Who else puts files in a place: what lies there is theirs to change, and would be changed again under our hands.
struct Custody: Sendable {
    private struct Mount {
        var point: String
        var isReadOnly: Bool
        /// Part of another tree, or of no disk: a container's volume, a secret in memory.
        var isForeign: Bool
    }
    private var mounts: [Mount] = []

    /// - Parameter mountinfo: as proc(5) describes it; empty where there is none.
    init(mountinfo: String) {
        for line in mountinfo.split(separator: "\n") {
            let fields = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            guard fields.count > 6, let dash = fields.firstIndex(of: "-"), dash + 2 < fields.count else { continue }
            let isDisk = fields[dash + 2].hasPrefix("/dev/")
            mounts.append(
                Mount(
                    point: Self.unescaped(fields[4]), isReadOnly: fields[5].split(separator: ",").contains("ro"),
                    isForeign: Self.unescaped(fields[3]) != "/" || !isDisk))
        }
    }

    /// nil: nobody that we know of.
    ///
    /// - Parameter status: of the path itself, links not followed.
    func keeper(of path: String, _ status: FileStatus) -> String? {
        if let target = status.linkTarget {
            let place = normalized(target.hasPrefix("/") ? target : joined(folder(of: path), target))
            // live/NAME/… → ../../archive/NAME/…N.pem
            if path.contains("/live/"), place.contains("/archive/") { return "certbot" }
            // What the kubelet makes of a secret or a projected volume.
            if target.hasPrefix("..data/") || place.contains("/..data/") { return "a Kubernetes volume" }
        }
        for (part, name) in Self.places where Self.isPart(part, of: path) { return name }
        return mount(of: path)
    }

    /// By bytes, at each slash: it is asked of every file of a server.
    private static func isPart(_ part: [UInt8], of path: String) -> Bool {
        var path = path
        return path.withUTF8 { bytes in
            bytes.indices.contains { start in
                bytes[start] == UInt8(ascii: "/") && bytes[start...].starts(with: part)
            }
        }
    }

    private static let places: [([UInt8], String)] = [
        ("/.acme.sh/", "acme.sh"), ("/lego/certificates/", "lego"), ("/.lego/", "lego"),
        ("/caddy/certificates/", "caddy"),
        ("/var/lib/docker/", "docker"), ("/var/lib/containers/", "podman"), ("/var/lib/kubelet/", "the kubelet"),
    ].map { (Array($0.utf8), $1) }

    private func mount(of path: String) -> String? {
        // Of those that cover it the deepest decides, and of two at one place the later.
        let covering = mounts.filter { path == $0.point || path.hasPrefix($0.point == "/" ? "/" : $0.point + "/") }
        guard
            let mount = covering.enumerated().max(by: {
                ($0.element.point.utf8.count, $0.offset) < ($1.element.point.utf8.count, $1.offset)
            })?.element,
            mount.point != "/"
        else { return nil }
        let isOwnPlace = mount.point == path || mount.point == folder(of: path)
        guard isOwnPlace && mount.isForeign || mount.isReadOnly else { return nil }
        return "a mount at \(mount.point)"
    }

    /// `\040` and the like.
    private static func unescaped(_ text: String) -> String {
        guard text.contains("\\") else { return text }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == 0x5c, rest.count >= 3,
                let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(code)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
