// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Fuzzing
internal import Glibc
internal import Vocabulary

/// `fuzz READER CORPUS SECONDS SEED CRASH`: reads every file of the folder CORPUS, and what chance makes of them.
///
/// `fuzz mutants COUNT SEED` and `fuzz histories COUNT SEED`: records changed byte by byte, and histories of records against a model.
///
/// The input that is being read lies in the file CRASH, so that it is there still when the process is not.
@main struct Fuzz {
    static func main() {
        let arguments = CommandLine.arguments
        if arguments.count == 4, let count = Int(arguments[2]), let seed = UInt64(arguments[3]),
            let said = rules(arguments[1], count, seed)
        {
            print("\(arguments[1]): \(said.text), seed \(seed)")
            exit(said.isFine ? 0 : 1)
        }
        guard arguments.count == 6, let reader = FuzzedReader(rawValue: arguments[1]), let seconds = Int(arguments[3]),
            let seed = UInt64(arguments[4])
        else {
            print(
                "usage: fuzz \(FuzzedReader.allCases.map(\.rawValue).joined(separator: "|")) CORPUS SECONDS SEED CRASH")
            exit(64)
        }
        guard let last = LastInput(arguments[5]) else {
            print("cannot write \(arguments[5])")
            exit(1)
        }
        // An input that is read for ever: SIGALRM ends the process, and the input lies there.
        alarm(UInt32(seconds + 60))
        var fuzzer = Fuzzer(reader, corpus: files(in: arguments[2]), seed: seed)
        let report = fuzzer.run(for: .seconds(seconds)) { last.keep($0) }
        print("\(reader.rawValue): \(report.executions) inputs, \(report.accepted) accepted, seed \(seed)")
        guard let finding = report.finding else {
            last.remove()
            exit(0)
        }
        print("\(finding.objection): see \(arguments[5])")
        exit(1)
    }

    /// nil where there are no such.
    private static func rules(_ name: String, _ count: Int, _ seed: UInt64) -> (text: String, isFine: Bool)? {
        do {
            switch name {
            case "mutants":
                var mutants = try RecordMutants(seed: seed)
                let report = try mutants.run(count)
                return (
                    "\(report.records) records, \(report.accepted) accepted as what they were\(report.finding.map { "; " + $0 } ?? "")",
                    report.finding == nil
                )
            case "histories":
                var histories = try RecordHistories(seed: seed)
                let report = histories.run(count)
                return (
                    "\(report.histories) histories, \(report.complete) complete\(report.finding.map { "; " + $0 } ?? "")",
                    report.finding == nil
                )
            default: return nil
            }
        } catch {
            return ("\(error)", false)
        }
    }

    private static func files(in folder: String) -> [[UInt8]] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted().compactMap { read(folder + "/" + $0) }
    }

    private static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }
}

/// Shared memory of a file: what was written is in the file also when the process crashes.
private struct LastInput {
    private static let size = 1 << 17
    private let path: String
    private let memory: UnsafeMutableRawPointer
    private let file: Int32

    init?(_ path: String) {
        self.path = path
        file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        guard file >= 0, ftruncate(file, off_t(Self.size)) == 0,
            let memory = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), memory != MAP_FAILED
        else { return nil }
        self.memory = memory
    }

    /// Eight bytes of length, then the input.
    func keep(_ input: [UInt8]) {
        let count = min(input.count, Self.size - 8)
        memory.storeBytes(of: UInt64(count), as: UInt64.self)
        input.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress { (memory + 8).copyMemory(from: base, byteCount: count) }
        }
    }

    func remove() { unlink(path) }
}
