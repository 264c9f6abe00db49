// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Operations
import Testing
import Vocabulary

@testable import Dashboard

@Suite("Health") struct HealthTests {
    private let start = Timestamp(secondsSince1970: 1_800_000_000)

    private func isLive(_ board: Board, after silence: Seconds) -> Bool {
        Health(board.now.vitals, hasPicture: true, now: start + silence).isLive
    }

    @Test("is judged by the interval that was read last")
    func interval() {
        let board = Board(since: start, interval: .hours(1), version: "1")
        board.note(.failed(PassID(number: 1), UserError("Any", "any"), took: .zero, reasons: []), at: start)
        #expect(isLive(board, after: .hours(2)))
        board.note(.reloaded(.success(.seconds(60))), at: start)
        #expect(isLive(board, after: .minutes(4)))
        #expect(!isLive(board, after: .hours(2)))
        board.note(.reloaded(.failure(UserError("ConfigurationInvalid", "any"))), at: start)
        #expect(!isLive(board, after: .hours(2)))
        board.note(.reloaded(.success(.seconds(7200))), at: start)
        #expect(isLive(board, after: .hours(2)))
    }
}
