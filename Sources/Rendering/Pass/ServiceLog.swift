// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Operations
internal import Planning
package import Vocabulary

/// What `run` says: a line for each event that a person wants to know of, an object for each event at all.
package enum ServiceLog {
    /// nil: a pass that found everything as it should be, unless all is to be told.
    package static func text(_ event: ServiceEvent, at now: Timestamp, isVerbose: Bool) -> String? {
        let lines = lines(event, at: now, isVerbose: isVerbose)
        return lines.isEmpty ? nil : lines.map { "\(now) \($0.plain)\n" }.joined()
    }

    private static func lines(_ event: ServiceEvent, at now: Timestamp, isVerbose: Bool) -> [Text] {
        switch event {
        case .began(let state): return ["running, state in \(state)"]
        case .listening(let url): return ["the dashboard is at \(url)"]
        case .passing, .phase: return []
        case .delivered(let results, _): return results.map { DeliveryWords.line($0, now: now) }
        case .reloaded(.success): return ["configuration read again"]
        case .reloaded(.failure(let error)): return ["the configuration stays as it was: \(error.message)"]
        case .stopping(let patience): return ["told to stop: what is in hand ends first, within \(seconds(patience)) s"]
        case .stopped: return ["stopped"]
        case .failed(let id, let error, let took, _):
            let hint: Text = error.hint.map { " (\($0))" } ?? ""
            return ["\(id.description): \(error.code): \(error.message)\(hint), after \(seconds(took)) s"]
        case .passed(let id, let pass, let took, let reasons):
            var lines: [Text] = (pass.recovered + pass.pushes).map { push in
                let proof: Text = push.proof.isEmpty ? "" : ", \(push.proof)"
                return
                    "\(id.description): \(push.workOrder.id) \(push.connector) on \(push.device): \(OutcomeWords.words(push.outcome))\(proof)"
            }
            lines += pass.problems.map { "\(id.description): \($0.code): \($0.message)" }
            let hasDone = !lines.isEmpty || pass.statusCommit != nil || pass.newRecords > 0
            guard hasDone || isVerbose else { return [] }
            let woken: Text = reasons.isEmpty ? "" : " (\(reasons.joined(separator: ", ")))"
            let sum = PlanSummary(of: pass.plan.plan)
            lines.append(
                "\(id.description)\(woken): \(sum.push) to push, \(sum.waiting) waiting, \(sum.blocked) blocked, \(sum.unchanged) unchanged, in \(seconds(took)) s"
            )
            return lines
        }
    }

    /// nil: of what a pass is just at, nobody keeps a log.
    package static func json(_ event: ServiceEvent, at now: Timestamp) -> JSONValue? {
        var document: JSONObject = ["formatVersion": "1", "time": .text(now)]
        switch event {
        case .began(let state):
            document["event"] = "began"
            document["state"] = .string(state)
        case .listening(let url):
            document["event"] = "listening"
            document["url"] = .string(url)
        case .passing, .phase: return nil
        case .delivered(let results, let channels):
            document["event"] = "delivered"
            document["deliveries"] = .array(results.map(DeliveryWords.json))
            document["failing"] = .array(
                channels.filter { $0.failure != nil }.map { .string($0.channel.text) })
        case .reloaded(let outcome):
            document["event"] = "reloaded"
            if case .failure(let error) = outcome {
                document["error"] = ErrorJSON.member(error)
            } else {
                document["error"] = .null
            }
        case .stopping: document["event"] = "stopping"
        case .stopped: document["event"] = "stopped"
        case .failed(let id, let error, let took, let reasons):
            document["event"] = "failed"
            (document["pass"], document["passID"]) = (.number(id.number), .string(id.text))
            document["error"] = ErrorJSON.member(error)
            document["milliseconds"] = .integer(milliseconds(took))
            document["reasons"] = .array(reasons.map { .string($0) })
        case .passed(let id, let pass, let took, let reasons):
            document["event"] = "passed"
            (document["pass"], document["passID"]) = (.number(id.number), .string(id.text))
            document["milliseconds"] = .integer(milliseconds(took))
            document["phases"] = .object(
                pass.took.reduce(into: JSONObject()) { $0[$1.key.rawValue] = .integer(milliseconds($1.value)) })
            document["reasons"] = .array(reasons.map { .string($0) })
            document["pushes"] = .array((pass.recovered + pass.pushes).map(PassJSON.push))
            document["problems"] = .array(pass.problems.map(ErrorJSON.member))
            document["newRecords"] = .number(pass.newRecords)
            document["statusCommit"] = .orNull(pass.statusCommit.map { .text($0) })
            document["nextDue"] = .orNull(pass.nextDue.map { .text($0) })
            let sum = PlanSummary(of: pass.plan.plan)
            document["summary"] = [
                "push": .number(sum.push), "blocked": .number(sum.blocked), "waiting": .number(sum.waiting),
                "unchanged": .number(sum.unchanged),
            ]
        }
        return .object(document)
    }

    private static func milliseconds(_ duration: Duration) -> Int64 { PassJSON.milliseconds(duration) }
    private static func seconds(_ duration: Duration) -> String {
        let tenths = milliseconds(duration) / 100
        return "\(tenths / 10).\(tenths % 10)"
    }
}
