// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `Package.swift` lists the house from the ground up. Nothing imports upward, pure targets touch no disk, process or clock,
/// and the command line's code is in no other target.
@Suite("The house") struct ImportDirectionTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func storeys() throws -> [String] {
        let manifest = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
        let house = try #require(
            manifest.components(separatedBy: "let house: [Storey] = [").last?.components(separatedBy: "\n]\n").first)
        return house.matches(of: /Storey\(\s*name: "([A-Za-z]+)"/).map { String($0.1) }
    }

    static func sources(of target: String) throws -> [(file: String, lines: [Substring])] {
        let folder = root.appending(path: "Sources/\(target)")
        let paths = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        return try paths.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.map {
            (
                $0.lastPathComponent,
                try String(contentsOf: $0, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
            )
        }
    }

    static func imports(_ line: Substring) -> String? {
        line.firstMatch(
            of:
                /^\s*(?:@[A-Za-z_]+(?:\([a-z]+\))?\s+)?(?:public |package |internal |private |fileprivate )?import (?:struct |class |enum |func |protocol )?([A-Za-z0-9_]+)/
        )
        .map { String($0.1) }
    }

    @Test("imports only downward")
    func downward() throws {
        let storeys = try Self.storeys()
        #expect(storeys.count >= 16)
        for (height, target) in storeys.enumerated() {
            let sources = try Self.sources(of: target)
            #expect(!sources.isEmpty, "\(target) has no sources")
            for (file, lines) in sources {
                for line in lines {
                    guard let imported = Self.imports(line), let other = storeys.firstIndex(of: imported) else {
                        continue
                    }
                    #expect(other < height, "\(target)/\(file) imports \(imported), which stands above it")
                }
            }
        }
    }

    @Test(
        "decides without disk, process, network or clock",
        arguments: ["Vocabulary", "Declarations", "Approvals", "Planning"])
    func pure(target: String) throws {
        let forbidden = [
            "Git", "Processes", "Journal", "Connectors", "TLSProbe", "StatusBranch", "Glibc", "CLinux", "CLibGit2",
            "GRDB",
        ]
        for (file, lines) in try Self.sources(of: target) {
            for line in lines {
                if let imported = Self.imports(line) {
                    #expect(!forbidden.contains(imported), "\(target)/\(file) imports \(imported)")
                }
                for word in ["FileManager", "Date()", "Date.now", "ContinuousClock", "URLSession", "ProcessInfo"] {
                    #expect(!line.contains(word), "\(target)/\(file) uses \(word): \(line)")
                }
            }
        }
    }

    @Test("keeps each C library behind one wall")
    func cLibraries() throws {
        let owners = [
            "CLibGit2": ["Git"], "CLibYAML": ["YAML"], "GRDB": ["Journal"], "Subprocess": ["Processes"],
            "Hummingbird": ["Dashboard"], "Mustache": ["Dashboard"], "NIOSSL": ["Dashboard", "Delivery"],
            "NIOHTTP1": ["Delivery", "Web"], "AsyncHTTPClient": ["Web"], "CSodium": ["Signatures"],
            "COpenSSL": ["Vocabulary", "PKI", "TLSProbe", "Signatures"], "CBoringSSL": ["TLSProbe"],
            "CNIOBoringSSL": [],
        ]
        for target in try Self.storeys() {
            for (file, lines) in try Self.sources(of: target) {
                for line in lines {
                    guard let imported = Self.imports(line), let allowed = owners[imported] else { continue }
                    #expect(allowed.contains(target), "\(target)/\(file) imports \(imported)")
                }
            }
        }
    }

    @Test("serves pages without any way to change or reach what they show")
    func dashboard() throws {
        let forbidden = [
            "Git", "Processes", "Journal", "StatusBranch", "Connectors", "TLSProbe", "Commits", "Signatures",
            "Reconciler",
        ]
        for (file, lines) in try Self.sources(of: "Dashboard") {
            for line in lines {
                if let imported = Self.imports(line) {
                    #expect(!forbidden.contains(imported), "Dashboard/\(file) imports \(imported)")
                }
            }
        }
    }

    @Test("has no forced unwrap of what comes from outside, and no try! or fatalError")
    func forced() throws {
        let forced = #/\b(try!|fatalError\(|as! )/#
        for target in try Self.storeys() + ["countersign"] {
            for (file, lines) in try Self.sources(of: target) {
                for line in lines where !line.contains("//") {
                    #expect(line.firstMatch(of: forced) == nil, "\(target)/\(file): \(line)")
                }
            }
        }
    }
}
