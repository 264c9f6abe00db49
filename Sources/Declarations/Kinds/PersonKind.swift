// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

extension ObjectShape {
    static let person = ObjectShape([
        Field(
            "emails", .texts(.email), "Addresses in commits that name this person as author. They only ever restrict."),
        Field("keys", .list(.object(personKey), count: 0...100), "The keys this person signs with."),
        Field("robot", .boolean, default: false, "May ask for changes, never approve."),
        Field("forge", .boolean, default: false, "A forge's own key: neither asks nor approves."),
    ])

    static let group = ObjectShape([
        Field("members", .texts(.name(.person)), "Persons. Groups do not nest.")
    ])
}

extension PersonSpec: DecodableSpec {
    package init(raw: JSONValue) throws(SpecError) {
        let fields = try RawFields(raw)
        var keys: [DeclaredKey] = []
        for key in try fields.children("keys") { keys.append(try DeclaredKey(key)) }
        self.init(
            emails: try fields.texts("emails"), keys: keys, robot: try fields.bool("robot"),
            forge: try fields.bool("forge"))
    }
}

extension GroupSpec: DecodableSpec {
    package init(raw: JSONValue) throws(SpecError) {
        self.init(members: try RawFields(raw).names("members"))
    }
}
