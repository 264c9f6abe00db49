// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB
package import Planning
package import Vocabulary

/// What was found on a device, and when it was found to be so.
package struct KeptSurvey: Sendable, Hashable {
    package var survey: DeviceSurvey
    package var served: [EndpointObservation]
    package var at: Timestamp

    package init(survey: DeviceSurvey, served: [EndpointObservation], at: Timestamp) {
        (self.survey, self.served, self.at) = (survey, served, at)
    }
}

/// The last survey of each device, beside the heads: only those who ask for it read it.
struct SurveyRow: Packed {
    var survey: DeviceSurvey
    var served: [EndpointObservation]
    var at: Timestamp

    init(survey: DeviceSurvey, served: [EndpointObservation], at: Timestamp) {
        (self.survey, self.served, self.at) = (survey, served, at)
    }

    func pack(into packer: inout Packer) {
        packer.add(survey)
        packer.add(served)
        packer.add(at)
    }
    init(from unpacker: inout Unpacker) throws(UnpackError) {
        self.init(survey: try unpacker.value(), served: try unpacker.list(), at: try unpacker.value())
    }

    private static let prefix = "survey "

    func write(_ device: DeviceName, to db: Database) throws {
        let (key, body) = (Self.prefix + device.text, Data(Packer.pack(self)))
        try db.execute(literal: "INSERT OR REPLACE INTO meta (key, body) VALUES (\(key), \(body))")
    }

    static func read(from db: Database) throws -> [DeviceName: KeptSurvey] {
        var all: [DeviceName: KeptSurvey] = [:]
        let rows = try Row.fetchCursor(
            db, sql: "SELECT key, body FROM meta WHERE key >= ? AND key < ?", arguments: [prefix, "survey!"])
        while let row = try rows.next() {
            guard let device = DeviceName(String((row[0] as String).dropFirst(prefix.count))) else { continue }
            let kept = try Unpacker.unpack(SurveyRow.self, from: Array(row[1] as Data))
            all[device] = KeptSurvey(survey: kept.survey, served: kept.served, at: kept.at)
        }
        return all
    }
}
