// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

extension Packer {
    package mutating func add(_ value: JSONValue) {
        switch value {
        case .null: tag(0)
        case .bool(let bool): tag(bool ? 2 : 1)
        case .integer(let number):
            tag(3)
            add(number)
        case .string(let text):
            tag(4)
            add(text)
        case .array(let items):
            tag(5)
            add(UInt64(items.count))
            for item in items { add(item) }
        case .object(let object):
            tag(6)
            add(UInt64(object.count))
            for member in object.members {
                add(member.key)
                add(member.value)
            }
        }
    }
}

extension Unpacker {
    package mutating func json(depth: Int = 0) throws(UnpackError) -> JSONValue {
        guard depth <= 128 else { throw UnpackError(detail: "nested too deeply") }
        switch try tag() {
        case 0: return .null
        case 1: return .bool(false)
        case 2: return .bool(true)
        case 3: return .integer(try integer())
        case 4: return .string(try text())
        case 5:
            let count = try count()
            var items: [JSONValue] = []
            items.reserveCapacity(count)
            for _ in 0..<count { items.append(try json(depth: depth + 1)) }
            return .array(items)
        case 6:
            let count = try count()
            var object = JSONObject(capacity: count)
            for _ in 0..<count {
                let key = try text()
                guard object.add(key, try json(depth: depth + 1)) else {
                    throw UnpackError(detail: "a key stands twice")
                }
            }
            return .object(object)
        default: throw UnpackError(detail: "an unknown kind of value")
        }
    }
}
