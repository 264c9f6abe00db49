// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

internal import Approvals
internal import Planning
internal import Vocabulary

/// `evidence/<2>/<record key>.json`, `evidence/requesters/<2>/<commit>.json`, `evidence/leaves/<2>/<SHA-256 of the DER>.json`
enum EvidenceForm {
    static let format = "countersign.evidence"

    static func document(_ evidence: Evidence) -> JSONValue {
        [
            "commit": .string(evidence.commit.id.hex), "firstSeen": .text(evidence.firstSeen),
            "format": "countersign.evidence/v1",
            "parent": evidence.parent.map { ["commit": .string($0.id.hex), "raw": .base64($0.raw)] },
            "placement": evidence.placement.map {
                ["code": .string($0.code.rawValue), "message": .string($0.message)]
            },
            "raw": .base64(evidence.commit.raw), "record": .hex(evidence.record),
        ]
    }

    static func document(requester commit: Evidence.Commit) -> JSONValue {
        [
            "commit": .string(commit.id.hex), "format": "countersign.requester-evidence/v1",
            "raw": .base64(commit.raw),
        ]
    }

    static func requesterCommit(_ document: Document) throws(StatusError) -> Evidence.Commit {
        try document.requireFormat("countersign.requester-evidence")
        return Evidence.Commit(id: try document.object("commit"), raw: try document.bytes("raw"))
    }

    /// How a trust set came into force, with the document that people signed: `evidence/policychanges/<2>/<digest>.json`.
    static func document(_ change: PolicyChangeEvidence) -> JSONValue {
        [
            "acceptedAt": .text(change.accepted.at), "commit": .string(change.accepted.commit.hex),
            "digest": .text(change.digest), "document": change.document,
            "format": "countersign.policy-change-evidence/v1",
            "id": .string(change.digest.id), "records": .list(change.accepted.records),
        ]
    }

    static func policyChange(_ document: Document) throws(StatusError) -> PolicyChangeEvidence {
        try document.requireFormat("countersign.policy-change-evidence")
        guard let digest = PolicyChangeDigest(text: try document.text("digest")),
            let content = document.value["document"],
            let to = content["to"]?.string.flatMap({ TrustSetDigest(text: $0) }),
            let number = content["number"]?.integer
        else { throw document.damaged("document") }
        return PolicyChangeEvidence(
            digest: digest, document: content,
            accepted: History.AcceptedTrustSet(
                digest: to, commit: try document.object("commit"), by: digest, number: Int(number),
                at: try document.time("acceptedAt"), from: content["from"]?.string.flatMap { TrustSetDigest(text: $0) },
                previous: content["previous"]?.string.flatMap { PolicyChangeDigest(text: $0) },
                records: try document.digests("records")))
    }

    static func document(_ leaf: LeafEvidence) -> JSONValue {
        ["certificate": .base64(leaf.der), "format": "countersign.leaf-evidence/v1", "leaf": .hex(leaf.leaf)]
    }

    static func leaf(_ document: Document) throws(StatusError) -> LeafEvidence {
        try document.requireFormat("countersign.leaf-evidence")
        return LeafEvidence(leaf: try document.digest("leaf"), der: try document.bytes("certificate"))
    }

    static func evidence(_ document: Document) throws(StatusError) -> Evidence {
        try document.requireFormat(format)
        let parent = try document.optional("parent") { (key) throws(StatusError) in
            let parent: Document = try document.object(key)
            return Evidence.Commit(id: try parent.object("commit"), raw: try parent.bytes("raw"))
        }
        let placement = try document.optional("placement") { (key) throws(StatusError) in
            let refusal: Document = try document.object(key)
            guard let code = Refusal.Code(rawValue: try refusal.text("code")) else { throw document.damaged(key) }
            return Refusal(code, try refusal.text("message"))
        }
        return Evidence(
            record: try document.digest("record"),
            commit: Evidence.Commit(id: try document.object("commit"), raw: try document.bytes("raw")), parent: parent,
            firstSeen: try document.time("firstSeen"), placement: placement)
    }
}
