// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Vocabulary

/// What goes to the program on the device: frames, each a length of four bytes and so many bytes.
struct Request {
    private enum Frame {
        case bytes([UInt8])
        case secret(SecretBytes)

        var count: Int {
            switch self {
            case .bytes(let bytes): bytes.count
            case .secret(let secret): secret.count
            }
        }
    }
    private var frames: [Frame] = []

    /// - Parameter limit: the time that the device itself gives to all steps together.
    init(_ steps: [Step], within limit: Duration) {
        let parts = limit.components
        add("\(max(parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000, 0))")
        add("\(steps.count)")
        for step in steps { add(step) }
        add("end")
    }

    /// The program, then the frames, in one piece of memory that is overwritten when it is let go.
    var bytes: SecretBytes {
        let program = Array(RemoteProgram.text.utf8)
        let head = Array("\(program.count)\n".utf8)
        var bytes: [UInt8] = []
        // Grown once: a buffer that moves leaves its bytes behind.
        bytes.reserveCapacity(head.count + program.count + frames.reduce(0) { $0 + 4 + $1.count })
        bytes += head
        bytes += program
        for frame in frames {
            withUnsafeBytes(of: UInt32(frame.count).bigEndian) { bytes.append(contentsOf: $0) }
            switch frame {
            case .bytes(let content): bytes += content
            case .secret(let secret): secret.withUnsafeBytes { bytes.append(contentsOf: $0) }
            }
        }
        return SecretBytes(taking: &bytes)
    }

    private mutating func add(_ text: String) { frames.append(.bytes(Array(text.utf8))) }

    private mutating func add(_ kind: String, _ fields: [String], _ secret: SecretBytes? = nil) {
        add(kind)
        add("\(fields.count + (secret == nil ? 0 : 1))")
        for field in fields { add(field) }
        if let secret { frames.append(.secret(secret)) }
    }

    private mutating func add(_ step: Step) {
        switch step {
        case .fence(let fence, let folder):
            add("fence", ["\(fence)", folder, fence.realm.succeeds.map(\.text).joined(separator: " ")])
        case .expect(let expected):
            add("expect", expected.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value?.hex ?? "-"] })
        case .folder(let path, let ownership): add("folder", [path, ownership.owner ?? "", "\(ownership.mode)"])
        case .stat(let paths, let following): add("stat", [following ? "1" : "0"] + paths)
        case .list(let path): add("list", [path])
        case .survey(let path): add("survey", [path])
        case .digest(let paths): add("digest", paths)
        case .read(let path, let limit): add("read", [path, "\(limit)"])
        case .readWithoutKeys(let path, let limit): add("readWithoutKeys", [path, "\(limit)"])
        case .write(let path, let bytes, let ownership):
            add("write", [path, ownership.owner ?? "", "\(ownership.mode)"], bytes)
        case .compose(let path, let parts, let ownership):
            add("compose")
            add("\(3 + 2 * parts.count)")
            for field in [path, ownership.owner ?? "", "\(ownership.mode)"] { add(field) }
            for part in parts {
                switch part {
                case .bytes(let bytes):
                    add("bytes")
                    frames.append(.secret(bytes))
                case .file(let path):
                    add("file")
                    add(path)
                }
            }
        case .link(let path, let target): add("link", [path, target])
        case .replace(let path, let source): add("replace", [path, source])
        case .copy(let source, let path): add("copy", [source, path])
        case .remove(let path): add("remove", [path])
        case .sync(let paths): add("sync", paths)
        case .run(let argv, let input, let outputLimit):
            add("run")
            add("\(argv.count + 3)")
            add("\(outputLimit)")
            add(input == nil ? "0" : "1")
            if let input { frames.append(.secret(input)) } else { add("") }
            for word in argv { add(word) }
        }
    }
}

/// What came back. nil from any of its verbs: not an answer of our program, or not all of it.
struct Answer {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// All of it, or nothing: what ends early is of a connection that was lost.
    mutating func results(of steps: [Step]) -> Result<[StepResult], DeviceError>? {
        guard text() == "countersign 1", let outcome = text() else { return nil }
        if outcome == "error" {
            guard let code = text().flatMap(DeviceError.Code.init), let operation = text(), let detail = text(),
                isAtEnd()
            else { return nil }
            return .failure(DeviceError(code, operation: operation, detail: detail))
        }
        guard outcome == "done" else { return nil }
        var results: [StepResult] = []
        results.reserveCapacity(steps.count)
        for step in steps {
            guard let count = number(), let result = result(of: step, count) else { return nil }
            results.append(result)
        }
        return isAtEnd() ? .success(results) : nil
    }

    private mutating func isAtEnd() -> Bool { text() == "end" && index == bytes.count }

    private mutating func frame() -> ArraySlice<UInt8>? {
        guard bytes.count - index >= 4 else { return nil }
        let length = bytes[index..<index + 4].reduce(0) { $0 << 8 | Int($1) }
        guard bytes.count - index - 4 >= length else { return nil }
        defer { index += 4 + length }
        return bytes[index + 4..<index + 4 + length]
    }

    private mutating func text() -> String? { frame().map { String(decoding: $0, as: UTF8.self) } }
    private mutating func number<Value: FixedWidthInteger>(_: Value.Type = Int.self) -> Value? {
        text().flatMap { Value($0) }
    }

    private mutating func result(of step: Step, _ count: Int) -> StepResult? {
        switch step {
        case .stat, .list, .survey: return statuses(count).map { .status($0) }
        case .digest:
            var digests: [String: FileDigest?] = [:]
            for _ in 0..<count / 2 {
                guard let path = text(), let hex = text() else { return nil }
                let digest = FileDigest(hex: hex)
                guard digest != nil || hex == "-" else { return nil }
                digests.updateValue(digest, forKey: path)
            }
            return .digests(digests)
        case .read, .readWithoutKeys:
            guard count == 1 else { return count == 0 ? .content(nil) : nil }
            return frame().map { part in .content(part.withUnsafeBytes { SecretBytes(copying: $0) }) }
        case .run:
            guard count == 4, let exit = number(Int32.self), let output = frame(), let errors = frame(),
                let microseconds = number(Int64.self)
            else { return nil }
            return .ran(exit: exit, output: Array(output), errors: Array(errors), took: .microseconds(microseconds))
        case .fence, .expect, .folder, .write, .compose, .link, .replace, .copy, .remove, .sync:
            return count == 0 ? .done : nil
        }
    }

    private mutating func statuses(_ count: Int) -> [FileStatus]? {
        var all: [FileStatus] = []
        var left = count
        while left > 0 {
            guard let fields = number(), fields >= 2, let path = text(), let kind = text().flatMap(FileStatus.Kind.init)
            else { return nil }
            left -= fields + 1
            guard fields > 2 else {
                all.append(FileStatus(path: path, kind: kind))
                continue
            }
            guard fields == 11, let mode = number(UInt32.self), let owner = text(), let group = text(),
                let size = number(Int64.self), let device = number(UInt64.self), let inode = number(UInt64.self),
                let modified = number(Int64.self), let changed = number(Int64.self), let target = text()
            else { return nil }
            all.append(
                FileStatus(
                    path: path, kind: kind, mode: mode, owner: owner, group: group, size: size, device: device,
                    inode: inode, modifiedNanoseconds: modified, changedNanoseconds: changed,
                    linkTarget: kind == .link ? target : nil))
        }
        return left == 0 ? all : nil
    }
}
