// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Planning
internal import Vocabulary

package enum WaveWords {
    /// `wave 2 of 3, WavePause: wave 1 was done at …`.
    package static func words(_ wave: Wave) -> Text {
        let number: Text? = wave.number.map { "wave \($0) of \(wave.count)" }
        let hold: Text? = wave.hold.map { "\($0.code.rawValue, tint($0.code)): \($0.message)" }
        return [number, hold].compactMap(\.self).joined(separator: ", ")
    }

    private static func tint(_ code: WaveHold.Code) -> Tint {
        switch code {
        case .halted, .waveFailed: .bad
        case .waveBefore, .wavePause: .caution
        }
    }

    static func json(_ wave: Wave) -> JSONValue {
        [
            "hold": .orNull(
                wave.hold.map {
                    [
                        "code": .string($0.code.rawValue), "message": .string($0.message),
                        "until": .orNull($0.until.map { .text($0) }),
                    ]
                }),
            "number": .orNull(wave.number.map { .number($0) }), "of": .number(wave.count),
        ]
    }
}

extension WorkOrder {
    /// Signed, and halted: by somebody, or because another push of the rollout failed.
    package var isHalted: Bool {
        switch wave?.hold?.code {
        case .halted, .waveFailed: true
        case .waveBefore, .wavePause, nil: false
        }
    }
}
