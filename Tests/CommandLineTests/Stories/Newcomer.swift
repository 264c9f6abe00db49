// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Processes
import TestKit

/// Somebody on their first day: a home, a key, a git that knows who they are; no repository yet.
struct Newcomer {
    let folder: TemporaryFolder
    let key: SSHKey
    /// Their git configuration, which a story may change.
    var configuration: String

    init() async throws {
        folder = try TemporaryFolder("newcomer")
        key = try await SSHKey("erin", in: folder)
        configuration = """
            [user]
            \tname = Erin Example
            \temail = erin@example.com
            \tsigningKey = \(key.path).pub
            [gpg]
            \tformat = ssh

            """
        try folder.makeFolder("home")
        try folder.makeFolder("work")
    }

    var environment: [String: String?] {
        var environment = GitFixture.environment(home: folder.file("home"))
        for name in environment.keys where name.hasPrefix("GIT_AUTHOR") || name.hasPrefix("GIT_COMMITTER") {
            environment.updateValue(nil, forKey: name)
        }
        environment["GIT_CONFIG_GLOBAL"] = folder.file("home/.gitconfig")
        environment["XDG_STATE_HOME"] = folder.file("home/state")
        environment.updateValue(nil, forKey: "EMAIL")
        return environment
    }

    /// Types a command in `place` below the home's `work` folder.
    @discardableResult
    func types(_ arguments: String..., in place: String = "", exits code: Int32? = nil) async throws -> Answer {
        try folder.write(configuration, to: "home/.gitconfig")
        let program = arguments[0] == "countersign" ? [BuiltBinary.path] + arguments.dropFirst() : arguments
        let result = try await outcome(of: program, in: folder.file("work/\(place)"), environment: environment)
        guard case .exited(let ended) = result.status else { throw FixtureError("\(arguments): \(result.status)") }
        let answer = Answer(
            command: arguments.joined(separator: " "), code: ended, output: result.outputText, errors: result.errorText)
        if let code, code != ended { throw FixtureError("exit \(code) was expected:\n\(answer)") }
        return answer
    }
}
