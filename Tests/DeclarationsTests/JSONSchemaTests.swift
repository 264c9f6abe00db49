// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Declarations
import Testing
import Vocabulary

@Suite("The JSON Schema of a kind") struct JSONSchemaTests {
    @Test("has every field with what it is about, and every name that is required", arguments: ResourceKind.allCases)
    func complete(kind: ResourceKind) throws {
        let schema = JSONSchema.of(kind)
        #expect(schema["properties"]?["kind"] == ["const": .string(kind.rawValue)])
        func check(_ schema: JSONValue) {
            guard let properties = schema["properties"]?.object else { return }
            for name in schema["required"]?.array ?? [] { #expect(properties[name.string ?? ""] != nil) }
            for member in properties.members where schema["title"] == nil {
                if !["metadata", "spec", "kind", "apiVersion"].contains(member.key)
                    || member.value["description"] != nil
                {
                    #expect(member.value["description"]?.string?.isEmpty == false, "\(member.key)")
                }
                check(member.value)
            }
        }
        check(try #require(schema["properties"]?["spec"]))
        #expect(try JSONValue(parsing: schema.canonicalBytes) == schema)
    }
}
