// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// JSON Schema (draft 2020-12) of the kinds, as editors read it. Made from the shapes that decode: they cannot disagree.
package enum JSONSchema {
    private static let dialect: JSONValue = "https://json-schema.org/draft/2020-12/schema"

    /// One resource of a kind.
    package static func of(_ kind: ResourceKind) -> JSONValue {
        var schema = resource(kind)
        schema["$schema"] = dialect
        return .object(schema)
    }

    /// A resource of any kind.
    package static var any: JSONValue {
        [
            "$schema": dialect, "title": "Countersign resource",
            "oneOf": .array(ResourceKind.allCases.map { .object(resource($0)) }),
        ]
    }

    private static func resource(_ kind: ResourceKind) -> JSONObject {
        [
            "title": .string(kind.rawValue), "type": "object", "additionalProperties": false,
            "properties": [
                "apiVersion": ["const": "countersign/v1"], "kind": ["const": .string(kind.rawValue)],
                "metadata": object(.metadata(of: kind)), "spec": object(.spec(of: kind)),
            ],
            "required": ["apiVersion", "kind", "metadata", "spec"],
        ]
    }

    private static func object(_ shape: ObjectShape) -> JSONValue {
        var properties = JSONObject()
        for field in shape.fields {
            var schema = value(field.shape).object ?? JSONObject()
            schema["description"] = .string(field.about)
            schema["default"] = field.default
            properties[field.name] = .object(schema)
        }
        let required = shape.fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        var schema: JSONObject = [
            "type": "object", "additionalProperties": false, "properties": .object(properties),
            "required": required.isEmpty ? nil : .array(required),
        ]
        if !shape.alternatives.isEmpty {
            schema["oneOf"] = .array(shape.alternatives.map { alternative($0, of: shape) })
        }
        return .object(schema)
    }

    /// One group of fields, whole, and none of another group.
    private static func alternative(_ group: [String], of shape: ObjectShape) -> JSONValue {
        let others = shape.alternatives.filter { $0 != group }.joined()
        return [
            "required": .array(group.map { .string($0) }),
            "not": ["anyOf": .array(others.map { ["required": [.string($0)]] })],
        ]
    }

    private static func value(_ shape: Shape) -> JSONValue {
        switch shape {
        case .text(let form): text(form)
        case .integer(let range):
            ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
        case .boolean: ["type": "boolean"]
        case .onlyTrue: ["const": true]
        case .word(let words): ["enum": .array(words.map { .string($0) })]
        case .list(let element, let count):
            [
                "type": "array", "items": value(element),
                "minItems": count.lowerBound == 0 ? nil : .number(count.lowerBound),
                "maxItems": .number(count.upperBound),
            ]
        case .table(let keys, let values, let most):
            [
                "type": "object", "propertyNames": text(keys), "additionalProperties": value(values),
                "maxProperties": .number(most),
            ]
        case .object(let shape): object(shape)
        }
    }

    private static func text(_ form: TextForm) -> JSONValue {
        ["type": "string", "pattern": form.pattern.map { .string($0) }]
    }
}

extension TextForm {
    /// What an editor can check while somebody types; the rest is checked by `validate`.
    var pattern: String? {
        switch self {
        case .uuid: "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
        case .name, .levelName, .commandName: "^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$"
        case .approver: "^(group|person):[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$"
        case .keyArgument: "^[A-Za-z0-9_][A-Za-z0-9._/-]*$"
        case .duration: "^[0-9]+(ms|s|m|h|d)$"
        case .wholeSeconds: "^[0-9]+(ms|s|m|h|d)$"
        case .timestamp: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})$"
        case .timeOfDay: "^([01][0-9]|2[0-3]):[0-5][0-9]$"
        case .devicePath, .keyFilePath, .gatewayPath: "^/"
        case .webURL: "^https?://"
        case .repositoryPath: "^[^/]"
        case .mode: "^0?[0-7]{2}0$"
        case .certificateMode: "^0?[0-7]{3}$"
        case .certificateARN: "^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+$"
        case .region: "^[a-z0-9][a-z0-9-]*$"
        case .sha256: "^[0-9a-f]{64}$"
        case .openpgpFingerprint: "^[0-9A-Fa-f]{40}$"
        case .labelKey, .annotationKey: "^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$"
        case .labelValue: "^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$"
        case .any, .branch, .word, .timeZone, .binary, .owner, .user, .host, .dnsName, .dnsPattern, .email, .probe,
            .sshKey:
            nil
        }
    }
}
