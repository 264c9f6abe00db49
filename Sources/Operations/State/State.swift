// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Commits
package import Declarations
internal import Git
package import Journal
package import Planning
package import Signatures
internal import Synchronization
package import Vocabulary

/// A state directory with its journal open.
package struct State: Sendable {
    package let directory: StateDirectory
    package let journal: SQLiteJournal

    /// The state of this host for the repository that `site` is a clone of, made if it is missing.
    package static func open(_ site: Site) throws(UserError) -> State {
        if let known = site.opened.withLock({ $0 }) { return known }
        let state = try open(path(for: site))
        site.opened.withLock { $0 = state }
        // Without it everything is read anew: no reason to stop.
        if (try? state.directory.makeFolder(state.directory.cache)) != nil {
            site.loader.derived = DerivedBlobs(folder: state.directory.cache)
        }
        return state
    }

    /// nil where there is no state with a journal yet.
    package static func existing(_ site: Site) throws(UserError) -> State? {
        if let known = site.opened.withLock({ $0 }) { return known }
        let path = try path(for: site)
        do throws(StateError) {
            guard try StateDirectory(at: path, create: false).hasJournal else { return nil }
        } catch  where error.code == .absent {
            return nil
        } catch {
            throw UserError(error)
        }
        return try open(site)
    }

    private static func open(_ path: String) throws(UserError) -> State {
        let directory: StateDirectory
        do throws(StateError) { directory = try StateDirectory(at: path, create: true) } catch {
            throw UserError(error)
        }
        do throws(JournalError) {
            return State(
                directory: directory,
                journal: try SQLiteJournal(path: directory.journal, reading: RecordReader.reread))
        } catch {
            throw UserError(error)
        }
    }

    static func path(for site: Site) throws(UserError) -> String {
        if let option = site.options.state { return option }
        return try path(repository: try site.repositoryID(), site.options)
    }

    static func path(repository: String, _ options: SiteOptions) throws(UserError) -> String {
        do throws(StateError) {
            return try StateDirectory.place(
                option: options.state, stateHome: options.environment["XDG_STATE_HOME"],
                home: options.environment["HOME"], repository: repository)
        } catch {
            throw UserError(error)
        }
    }

    package func history() async throws(UserError) -> (history: History, head: Revision) {
        do throws(JournalError) { return try await journal.history() } catch { throw UserError(error) }
    }

    package func append(_ facts: [Fact]) async throws(UserError) {
        guard !facts.isEmpty else { return }
        do throws(JournalError) {
            try await journal.append(facts, under: nil, expecting: nil)
        } catch {
            throw UserError(error)
        }
    }
}

/// The key that signs a zone's status branch, kept in the state directory.
package struct Recorder: Sendable {
    package let key: SSHPrivateKey
    package var publicKey: String { key.publicKey.line }

    /// Reads the key of this state directory, making one where there is none.
    package static func open(_ directory: StateDirectory) throws(UserError) -> Recorder {
        do {
            if let file = try directory.recorderKey() { return Recorder(key: try SSHPrivateKey(file: file)) }
            let made = try SSHPrivateKey.generate(comment: "countersign recorder")
            let kept = try directory.keepRecorderKey(made.file(), publicLine: made.publicKey.line)
            return Recorder(key: try SSHPrivateKey(file: kept))
        } catch let error as StateError {
            throw UserError(error)
        } catch {
            throw UserError("RecorderKey", "the recorder key \(directory.recorder) cannot be used: \(error)")
        }
    }

    /// nil if this state directory has none.
    package static func existing(_ directory: StateDirectory) throws(UserError) -> Recorder? {
        do throws(StateError) {
            guard try directory.recorderKey() != nil else { return nil }
        } catch {
            throw UserError(error)
        }
        return try open(directory)
    }

    /// Whether the set declares it for this zone.
    package func isDeclared(in zone: ZoneName, of set: TrustSet) -> Bool {
        set.zones[zone]?.spec.recorders.contains { declared in
            if case .ssh(let line) = declared.material { (try? PublicKey(line: line)) == key.publicKey } else { false }
        } ?? false
    }
}

/// Runs `body` and says what is wrong with the journal as a user reads it.
package func journaled<Result>(_ body: () async throws(JournalError) -> Result) async throws(UserError) -> Result {
    do throws(JournalError) { return try await body() } catch { throw UserError(error) }
}

extension UserError {
    package init(_ error: StateError) {
        let code = error.code.rawValue
        let place = error.path.isEmpty ? "the state directory" : error.path
        self.init(
            "State" + code.prefix(1).uppercased() + code.dropFirst(), "\(place): \(error.detail)", hint: error.hint)
    }

    package init(_ error: JournalError) {
        let code = error.code.rawValue
        let hint: String? =
            switch error.code {
            case .full: "nothing is pushed until there is room again"
            case .notWritable: "the state directory must be writable by the user that runs countersign"
            case .busy: "another countersign is at work on this state directory; try again when it is done"
            case .newerFormat: "it was written by a later version: upgrade this one"
            case .corrupt:
                "restore it from a backup, or move it away and rebuild it from what was published: countersign trust COMMIT --recover; what is open is then signed anew"
            case .fenced, .conflict: nil
            }
        self.init(
            "Journal" + code.prefix(1).uppercased() + code.dropFirst(), "\(error.operation): \(error.detail)",
            hint: hint)
    }
}

extension StateError {
    fileprivate var hint: String? {
        switch code {
        case .noPlace: "name one with --state DIR"
        case .openToOthers, .foreignOwner:
            "keys and approvals are kept there: it must belong to you, and to nobody else"
        case .full: "nothing is pushed until there is room again"
        default: nil
        }
    }
}
