// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing

@Suite("Watching") struct WatchTests {
    @Test("a status that is watched shows what a pass has changed, and outlives a remote that is away")
    func followed() async throws {
        let (arena, _, _) = try await Arena.signed()
        let arguments =
            ["sh", "-c", "exec \"$@\" > \"$0\" 2>&1", arena.folder.file("watch.log"), arena.binary]
            + arena.globals(of: .dave) + ["status", "--watch", "1"]
        let environment = arena.environment(of: .dave)
        let watching = Task { try await outcome(of: arguments, environment: environment, deadline: .seconds(300)) }
        defer { watching.cancel() }
        try await eventually(within: .seconds(60), "the status before") {
            try arena.folder.readText("watch.log").contains("Out of Sync")
        }
        let origin = arena.folder.file("origin.git")
        try await run(["mv", origin, origin + ".away"])
        try await eventually(within: .seconds(60), "what is wrong") {
            try arena.folder.readText("watch.log").contains("countersign: ")
        }
        try await run(["mv", origin + ".away", origin])
        try await arena.reconcile(exits: 0)
        try await eventually(within: .seconds(60), "the status after") {
            try arena.folder.readText("watch.log").contains("1 connector: 1 In Sync")
        }
    }
}
