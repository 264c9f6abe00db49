// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation

/// A folder of one test's own (0700), gone when the last owner lets go of it.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init(_ name: String = "test") throws {
        var template = Array((NSTemporaryDirectory() + "countersign-\(name)-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw FixtureError("mkdtemp: \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { remove() }

    /// Also done by deinit; for a test that has to see it gone.
    package func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// The absolute path of something in the folder.
    package func file(_ relative: String) -> String { path + "/" + relative }

    /// Writes a file, its folders too; returns the absolute path.
    @discardableResult
    package func write(_ bytes: some Collection<UInt8>, to relative: String, mode: Int = 0o644) throws -> String {
        let absolute = file(relative)
        try FileManager.default.createDirectory(
            atPath: (absolute as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: absolute))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: absolute)
        return absolute
    }

    @discardableResult
    package func write(_ text: String, to relative: String, mode: Int = 0o644) throws -> String {
        try write(Array(text.utf8), to: relative, mode: mode)
    }

    @discardableResult
    package func makeFolder(_ relative: String) throws -> String {
        try FileManager.default.createDirectory(atPath: file(relative), withIntermediateDirectories: true)
        return file(relative)
    }

    package func read(_ relative: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: file(relative))))
    }

    package func readText(_ relative: String) throws -> String {
        String(decoding: try read(relative), as: UTF8.self)
    }

    package func exists(_ relative: String) -> Bool { FileManager.default.fileExists(atPath: file(relative)) }
}

/// A fixture that could not be made, with what the tool said.
package struct FixtureError: Error, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}
