// Copyright (c) 2026 the Countersign contributors
// SPDX-License-Identifier: Apache-2.0

import Approvals
import Declarations
import Foundation
import Processes
import Signatures
import TestKit
import Testing
import Vocabulary

@Suite("A record that stock git made") struct RecordReaderTests {
    @Test("is read and verified")
    func good() async throws {
        let bench = try await SigningBench.make()
        let (id, raw) = try await bench.commit(by: bench.bob)
        let signed = try RecordReader.read(commit: id, raw: raw, now: SigningBench.now).get()
        let expected = ApprovalRecord(
            repository: Stage.repository, level: "approve", decision: .approve, subject: .workOrders([Stage.digest]),
            implementation: .manual, title: "Approve shop-example-com on edge-1-shop", comment: "Agreed with netops.",
            tree: try SigningBench.id(bench.tree), parent: try SigningBench.id(bench.status),
            committed: SigningBench.now)
        #expect(signed.record == expected)
        #expect(signed.commit == id)
        #expect(signed.signingKey == bench.bob.key)
    }

    @Test("is known by its words and its key, as any other implementation can compute it")
    func recordKey() async throws {
        let bench = try await SigningBench.make()
        let (id, raw) = try await bench.commit(by: bench.bob)
        // The recipe of docs/approval-record.md.
        let script = """
            git cat-file commit "$1" | sed '/^gpgsig /,/^ -----END SSH SIGNATURE-----$/d' > payload
            { printf 'countersign record v1\\n%s\\n' "$(ssh-keygen -lf "$2" | cut -d' ' -f2)"; cat payload; } | sha256sum
            """
        let sum = try await run(
            ["sh", "-c", script, "sh", id.hex, bench.bob.path + ".pub"], in: bench.git.path,
            environment: bench.git.environment
        ).outputText
        #expect(try bench.read(raw).get().key.hex == String(sum.prefix(64)))
    }

    @Test("is another record with another key, and with other words")
    func otherKey() async throws {
        let bench = try await SigningBench.make()
        let dave = try await SSHKey("dave", in: bench.git.folder)
        let keys = [
            try bench.read(await bench.commit(by: bench.bob).1).get().key,
            try bench.read(await bench.commit(by: dave).1).get().key,
            try bench.read(await bench.commit("Other words\n\n\(SigningBench.trailers)\n", by: bench.bob).1).get().key,
        ]
        #expect(Set(keys).count == 3)
    }

    @Test("is parsed again from what was kept, if these are the bytes of that record")
    func reread() async throws {
        let bench = try await SigningBench.make()
        let (id, raw) = try await bench.commit(by: bench.bob)
        let signed = try RecordReader.read(commit: id, raw: raw, now: SigningBench.now).get()
        #expect(RecordReader.reread(signed.key, id, raw) == signed)
        let changed = String(decoding: raw, as: UTF8.self).replacing("Agreed", with: "agreed")
        #expect(RecordReader.reread(signed.key, id, Array(changed.utf8)) == nil)
        let (_, other) = try await bench.commit(by: bench.recorder)
        #expect(RecordReader.reread(signed.key, id, other) == nil)
    }

    @Test("is Unsigned without a signature")
    func unsigned() async throws {
        let bench = try await SigningBench.make()
        #expect(bench.read(try await bench.commit(by: nil).1).code == .unsigned)
    }

    @Test("is BadSignature when one byte of what was signed differs")
    func tampered() async throws {
        let bench = try await SigningBench.make()
        let (_, raw) = try await bench.commit(by: bench.bob)
        let text = String(decoding: raw, as: UTF8.self)
        for (was, becomes) in [
            ("Agreed", "agreed"), ("> 1767225600", "> 1767225601"), ("Level: approve", "Level: implement"),
        ] {
            let changed = text.replacing(was, with: becomes)
            #expect(changed != text)
            #expect(bench.read(Array(changed.utf8)).code == .badSignature)
        }
    }

    @Test("is WrongNamespace when the signature was made for a file")
    func namespace() async throws {
        let bench = try await SigningBench.make()
        let (_, payload) = try await bench.commit(by: nil)
        func signed(_ namespace: String) async throws -> [UInt8] {
            let armor = try await run(
                ["ssh-keygen", "-Y", "sign", "-n", namespace, "-f", bench.bob.path], input: payload
            ).outputText
            let folded = armor.split(separator: "\n").joined(separator: "\n ")
            return Array(
                String(decoding: payload, as: UTF8.self).replacing(
                    "\n\n", with: "\ngpgsig \(folded)\n\n", maxReplacements: 1
                )
                .utf8)
        }
        #expect(bench.read(try await signed("file")).code == .wrongNamespace)
        // The same by hand in git's namespace is as good as git's own.
        #expect(bench.read(try await signed("git")).code == nil)
    }

    @Test("is WeakKey by a key that is not to be relied on", arguments: [("rsa", 2048), ("ecdsa", 521)])
    func weak(type: String, bits: Int) async throws {
        let bench = try await SigningBench.make()
        let key = try await SSHKey("weak", in: bench.git.folder, type: type, bits: bits)
        #expect(bench.read(try await bench.commit(by: key).1).code == .weakKey)
    }

    @Test("is good by each kind of key that is", arguments: [("rsa", 3072), ("ecdsa", 256), ("ecdsa", 384)])
    func kinds(type: String, bits: Int) async throws {
        let bench = try await SigningBench.make()
        let key = try await SSHKey("good", in: bench.git.folder, type: type, bits: bits)
        #expect(try bench.read(await bench.commit(by: key).1).get().signingKey == key.key)
    }

    @Test("is UnknownKey by an OpenSSH certificate: it is somebody else's statement about a key")
    func certificate() async throws {
        let bench = try await SigningBench.make()
        let authority = try await SSHKey("authority", in: bench.git.folder)
        try await run("ssh-keygen", "-q", "-s", authority.path, "-I", "bob", "-n", "bob", bench.bob.path + ".pub")
        // git signs with the certificate when it is told that file.
        var certified = bench.bob
        certified.path += "-cert.pub"
        try await run("cp", bench.bob.path, bench.bob.path + "-cert")
        let (_, raw) = try await bench.commit(by: certified)
        #expect(bench.read(raw).code == .unknownKey)
    }

    @Test("is MergeCommit with two parents, and Malformed with one twice or with none")
    func parents() async throws {
        let bench = try await SigningBench.make()
        let second = try await bench.git.commit("More", signedBy: bench.recorder)
        #expect(
            bench.read(try await bench.commit(parents: [bench.status, second], by: bench.bob).1).code == .mergeCommit)
        #expect(bench.read(try await bench.commit(parents: [], by: bench.bob).1).code == .malformed)
        #expect(bench.read(unsignedCommit(parents: ["status", "status"])).code == .malformed)
    }

    @Test("is Malformed where an annotated tag stands in its place")
    func tag() async throws {
        let bench = try await SigningBench.make()
        let (id, _) = try await bench.commit(by: bench.bob)
        try await bench.git.git("tag", "-a", "-m", SigningBench.message, "approval", id.hex)
        let raw = try await bench.git.object("approval", type: "tag")
        #expect(bench.read(raw).code == .malformed)
    }

    @Test("is Malformed while its date is more than five minutes ahead", arguments: [(300, true), (301, false)])
    func dateAhead(seconds: Int64, isGood: Bool) async throws {
        let bench = try await SigningBench.make()
        let (id, raw) = try await bench.commit(by: bench.bob)
        let early = SigningBench.now - Seconds(seconds)
        #expect(RecordReader.read(commit: id, raw: raw, now: early).code == (isGood ? nil : .malformed))
        // What is kept of it does not depend on the clock.
        #expect(RecordReader.read(commit: id, raw: raw).code == nil)
    }

    @Test("is Malformed with a second signature")
    func secondSignature() async throws {
        let bench = try await SigningBench.make()
        let (_, raw) = try await bench.commit(by: bench.bob)
        let text = String(decoding: raw, as: UTF8.self)
        let start = try #require(text.range(of: "gpgsig "))
        let end = try #require(text.range(of: "\n\n"))
        let header = text[start.lowerBound..<end.lowerBound]
        let doubled = text.replacing("\n\n", with: "\n\(header)\n\n", maxReplacements: 1)
        #expect(bench.read(Array(doubled.utf8)).code == .malformed)
    }
}

@Suite("The place of a record") struct PlacementTests {
    @Test("is a status commit that a declared recorder signed, with that commit's tree")
    func placement() async throws {
        let bench = try await SigningBench.make()
        let (id, raw) = try await bench.commit(by: bench.bob)
        let record = try RecordReader.read(commit: id, raw: raw, now: SigningBench.now).get().record
        let set = Stage.set { set in
            for zone in set.zones.keys {
                set.zones[zone]?.spec.recorders = [
                    DeclaredKey(material: .ssh(bench.recorder.publicLine), notAfter: SigningBench.now)
                ]
            }
            set.people[name("bob")]?.spec.keys = [DeclaredKey(material: .ssh(bench.bob.publicLine))]
        }
        let ring = KeyRing(of: set)
        func code(_ parent: String?, at time: Timestamp = SigningBench.now, of record: ApprovalRecord) async throws
            -> Refusal.Code?
        {
            var bytes: [UInt8]?
            if let parent { bytes = try await bench.git.object(parent) }
            return Placement.refusal(of: record, on: Placement.finding(raw: bytes, recorders: ring, at: time))?.code
        }
        #expect(try await code(bench.status, of: record) == nil)
        #expect(try await code(bench.status, at: SigningBench.now + 1, of: record) == .notOnStatus)
        #expect(try await code(nil, of: record) == .notOnStatus)
        // Neither an unsigned commit nor a person's own is a status commit.
        #expect(try await code(bench.git.commit("unsigned"), of: record) == .notOnStatus)
        #expect(try await code(bench.git.commit("bob's", signedBy: bench.bob), of: record) == .notOnStatus)
        var other = record
        other.tree = Stage.id("other")
        #expect(try await code(bench.status, of: other) == .notTreeIdentical)
    }
}

@Suite("A key ring") struct KeyRingTests {
    @Test("says who asked: a person or a robot, not a forge and not a recorder")
    func requester() {
        let ring = KeyRing(of: Stage.set())
        #expect(ring.person(forKey: Stage.keyLine("alice"), at: Stage.start) == name("alice"))
        #expect(ring.person(forKey: Stage.keyLine("rob"), at: Stage.start) == name("rob"))
        #expect(ring.person(forKey: Stage.keyLine("hub"), at: Stage.start) == nil)
        #expect(ring.person(forKey: Stage.keyLine("recorder"), at: Stage.start) == nil)
        #expect(ring.holder(forKey: Stage.keyLine("hub"), at: Stage.start) == .forge(name("hub")))
        #expect(ring.recorder(forKey: Stage.keyLine("recorder"), at: Stage.start)?.text == "default")
        #expect(ring.person(forKey: Stage.keyLine("stranger"), at: Stage.start) == nil)
    }

    @Test("knows a key whatever comment stands behind it, and no weak one")
    func identity() async throws {
        let folder = try TemporaryFolder("keys")
        let key = try await SSHKey("bob", in: folder)
        let weak = try await SSHKey("weak", in: folder, type: "rsa", bits: 2048)
        let ring = KeyRing(
            of: Stage.set {
                $0.people[name("bob")]?.spec.keys = [key.publicLine, weak.publicLine].map {
                    DeclaredKey(material: .ssh($0))
                }
            })
        #expect(ring[key.key]?.holder == .person(name("bob")))
        #expect(ring[weak.key] == nil)
        let listed = try await run("ssh-keygen", "-lf", key.path + ".pub").outputText
        #expect(listed.contains(SigningKey.shown(key.key)))
    }

    @Test("takes the narrower dates where one holder declares a key twice")
    func twice() {
        let ring = KeyRing(
            of: Stage.set {
                $0.people[name("bob")]?.spec.keys = [
                    Stage.key("bob", notBefore: Stage.start), Stage.key("bob", notAfter: Stage.start + 5),
                ]
            })
        let times: [Int64] = [-1, 0, 5, 6]
        let held = times.map { ring.person(forKey: Stage.keyLine("bob"), at: Stage.start + Seconds($0)) != nil }
        #expect(held == [false, true, true, false])
    }
}

@Suite("A record signed with OpenPGP") struct OpenPGPRecordTests {
    private struct Bench {
        let records: SigningBench
        let key: GPGKey
        let subkey: String

        init() async throws {
            records = try await SigningBench.make()
            key = try await GPGKey(
                "Bob <bob@example.com>", home: records.git.folder.file("g"), usage: "cert", clock: "20250101T000000")
            subkey = try await key.addSubkey(expires: "2y", clock: "20250201T000000")
        }

        func set(_ owner: String = "bob", revokedFrom: Timestamp? = nil) async throws -> TrustSet {
            let file = NamedFile(bytes: Array(try await key.export().utf8))
            let declared = DeclaredKey(
                material: .openpgp(path: "bob.asc", fingerprint: key.fingerprint), revokedFrom: revokedFrom)
            return Stage.set {
                $0.people[name(owner)]?.spec.keys.append(declared)
                $0.files["bob.asc"] = file
            }
        }

        func record() async throws -> (ObjectID, [UInt8]) {
            let wrapper = try records.git.folder.write(
                "#!/bin/sh\nexec gpg --homedir \(key.home) --batch --pinentry-mode loopback --passphrase '' \"$@\"\n",
                to: "gpg", mode: 0o755)
            let hex = try await records.git.git(
                [
                    "-c", "gpg.program=\(wrapper)", "-c", "user.signingKey=\(subkey)!", "commit-tree", "-S", "-p",
                    records.status, records.tree,
                ],
                input: SigningBench.message)
            return (try SigningBench.id(hex), try await records.git.object(hex))
        }
    }

    @Test("counts for whoever declares its primary key, is known by its subkey, and is read again without the key")
    func counts() async throws {
        let bench = try await Bench()
        let (id, raw) = try await bench.record()
        let set = try await bench.set()
        let keys = KeyRing(of: set).openpgp
        let signed = try RecordReader.read(commit: id, raw: raw, openpgp: keys, now: SigningBench.now).get()
        #expect(signed.signingKey == "openpgp:" + bench.subkey)
        #expect(RecordReader.presumedKey(of: raw) == signed.key)
        #expect(RecordReader.reread(signed.key, id, raw) == signed)
        // Without the key nothing can be verified, and nothing is kept.
        #expect(RecordReader.read(commit: id, raw: raw).code == .unknownKey)
        #expect(RecordReader.read(commit: id, raw: raw, openpgp: KeyRing(of: Stage.set()).openpgp).code == .unknownKey)
        let electorate = Electorate(inForce: set, tip: set)
        #expect(try electorate.signer(signed.signingKey, at: SigningBench.now).get() == name("bob"))
        #expect(electorate.available([.person(name("bob"))], at: SigningBench.now) == [name("bob")])
    }

    @Test("is judged by when it was first seen: before the key was made, after it expired, after it was revoked")
    func validity() async throws {
        let bench = try await Bench()
        let key = "openpgp:" + bench.subkey
        func code(_ time: String, inForce: TrustSet, tip: TrustSet) throws -> Refusal.Code? {
            let at = try #require(Timestamp(rfc3339: time))
            if case .failure(let refusal) = Electorate(inForce: inForce, tip: tip).signer(key, at: at) {
                return refusal.code
            }
            return nil
        }
        let set = try await bench.set()
        #expect(try code("2025-01-31T23:59:59Z", inForce: set, tip: set) == .keyNotValidAtFirstSeen)
        #expect(try code("2025-02-01T00:00:00Z", inForce: set, tip: set) == nil)
        #expect(try code("2027-01-31T23:59:59Z", inForce: set, tip: set) == nil)
        #expect(try code("2027-02-01T00:00:00Z", inForce: set, tip: set) == .keyNotValidAtFirstSeen)
        let dated = try await bench.set(revokedFrom: SigningBench.now)
        #expect(try code("2025-12-31T23:59:59Z", inForce: set, tip: dated) == nil)
        #expect(try code("2026-01-01T00:00:00Z", inForce: set, tip: dated) == .keyRevoked)
        #expect(try code("2026-01-01T00:00:00Z", inForce: set, tip: Stage.set()) == .unknownKey)
        // Retired: from then on. Compromised: what it signed before is worth no more.
        try await bench.key.revoke(subkey: 1, reason: 3, clock: "20260101T000000")
        let retired = try await bench.set()
        #expect(try code("2025-12-31T23:59:59Z", inForce: set, tip: retired) == nil)
        #expect(try code("2026-01-01T00:00:00Z", inForce: set, tip: retired) == .keyRevoked)
        try await bench.key.revoke(reason: 1)
        let stolen = try await bench.set()
        #expect(try code("2025-12-31T23:59:59Z", inForce: set, tip: stolen) == .keyRevoked)
        // The set in force decides what was; only what is open is taken away.
        #expect(try code("2025-12-31T23:59:59Z", inForce: set, tip: set) == nil)
    }

    @Test("by a subkey that two people's keys have bound is nobody's")
    func contested() async throws {
        let bench = try await Bench()
        let file = NamedFile(bytes: Array(try await bench.key.export().utf8))
        let declared = DeclaredKey(material: .openpgp(path: "bob.asc", fingerprint: bench.key.fingerprint))
        let set = Stage.set {
            for person in ["bob", "dave"] { $0.people[name(person)]?.spec.keys.append(declared) }
            $0.files["bob.asc"] = file
        }
        #expect(KeyRing(of: set)["openpgp:" + bench.subkey] == nil)
    }
}
