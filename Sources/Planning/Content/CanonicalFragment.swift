// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

package import Vocabulary

/// Canonical JSON bytes (RFC 8785) of one part of a content document, made once per resource and spliced into each document.
///
/// Splicing is sound because RFC 8785 composes: the canonical form of an object holds the canonical forms of its members.
package struct CanonicalFragment: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(_ value: JSONValue) { bytes = value.canonicalBytes }

    /// `{"name","spec"}`: a Device or an ApprovalPolicy. `spec` as decoded, defaults not filled in.
    package static func resource(name: String, spec: JSONValue) -> Self {
        Self(["name": .string(name), "spec": spec])
    }

    /// `{"name","push","spec"}`: an AppConnector.
    package static func connector(name: String, push: Int64, spec: JSONValue) -> Self {
        Self(["name": .string(name), "push": .integer(push), "spec": spec])
    }

    /// `{"chain","dropsNames","key","leaf","spki"}`: what is written. `key` is the Certificate's `privateKey` as decoded.
    package static func installs(_ installs: Installs, dropsNames: JSONValue, key: JSONValue) -> Self {
        Self([
            "chain": .array(installs.chain.map { .string($0.hex) }),
            "dropsNames": dropsNames,
            "key": key,
            "leaf": .string(installs.leaf.hex),
            "spki": .string(installs.spki.hex),
        ])
    }
}
