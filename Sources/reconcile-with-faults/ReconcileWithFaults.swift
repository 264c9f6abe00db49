// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Glibc
internal import Operations
internal import Reconciler
internal import Rendering
internal import Vocabulary

/// One pass of `countersign reconcile --format json`, disturbed at a point of one's choice. For tests only.
///
///     reconcile-with-faults --repo DIR --state DIR [--points FILE] [--stop POINT --by kill|failure|outage|absence|loss]
///
/// POINT is a number or how its name begins. FILE gets the name of each point, one a line, in the order in which they are passed;
/// the first is number 0. Exit codes are those of `reconcile`.
@main enum ReconcileWithFaults {
    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        guard let options = Options(Array(CommandLine.arguments.dropFirst())) else {
            say(
                "usage: reconcile-with-faults --repo DIR --state DIR [--points FILE] [--stop POINT --by kill|failure|outage|absence|loss]"
            )
            exit(64)
        }
        do {
            let points = try Points(file: options.points, stop: options.stop)
            let site = try await Site.open(
                SiteOptions(
                    repository: options.repository, state: options.state,
                    environment: ProcessInfo.processInfo.environment))
            let report = try await Pass(site: site, time: HostClock(), hooks: points.hooks).run()
            FileHandle.standardOutput.write(Data(PassJSON.value(report).prettyBytes))
            points.lostBefore.map { say("lost before \($0)") }
            exit(code(of: Verdict(of: report)))
        } catch let error as UserError {
            say("\(error.code): \(error.message)")
            exit(1)
        } catch {
            say("\(error)")
            exit(1)
        }
    }

    private static func code(of verdict: Verdict) -> Int32 {
        switch verdict {
        case .nothing: 0
        case .failed: 1
        case .changes: 2
        case .limited: 3
        case .pushFailed: 4
        }
    }

    private static func say(_ words: String) { FileHandle.standardError.write(Data((words + "\n").utf8)) }
}

private struct Options {
    var repository = ""
    var state = ""
    var points: String?
    var stop: Points.Stop?

    init?(_ arguments: [String]) {
        var values: [String: String] = [:]
        for index in stride(from: 0, to: arguments.count, by: 2) {
            guard index + 1 < arguments.count else { return nil }
            values[arguments[index]] = arguments[index + 1]
        }
        guard values.keys.allSatisfy({ ["--repo", "--state", "--points", "--stop", "--by"].contains($0) }),
            let repository = values["--repo"], let state = values["--state"]
        else { return nil }
        (self.repository, self.state, points) = (repository, state, values["--points"])
        switch (values["--stop"], values["--by"]) {
        case (nil, nil): return
        case (let point?, let kind?):
            guard let kind = Points.Stop.Kind(rawValue: kind) else { return nil }
            stop = Points.Stop(point: point, kind: kind)
        default: return nil
        }
    }
}
