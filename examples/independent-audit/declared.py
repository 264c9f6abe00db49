# Copyright (c) 2026 the Countersign contributors
# SPDX-License-Identifier: Apache-2.0
"""What a commit declares: resources as in section 1, the trust set, and to whom keys belong."""

import base64
import hashlib
import re

import yaml

import openpgp
from gitread import Unreadable
from record import digest, seconds

TRUST = {"Repository", "Zone", "Device", "Person", "Group", "ApprovalPolicy", "StandingApproval"}
FOREVER = 253_402_300_799
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
parsed = {}


def plain(node):
    """A scalar is a boolean or an integer where it is plain and looks like one; what must be text is quoted, or looks like neither."""
    if isinstance(node, yaml.MappingNode):
        return {plain(name): plain(value) for name, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [plain(value) for value in node.value]
    if node.style is None and node.value in ("true", "false"):
        return node.value == "true"
    if node.style is None and re.fullmatch(r"-?(0|[1-9][0-9]*)", node.value):
        return int(node.value)
    return node.value


def declares(path):
    return path.endswith((".yaml", ".yml")) and not any(part.startswith(".") for part in path.split("/"))


class Resource:
    def __init__(self, document):
        metadata = document.get("metadata", {})
        self.kind, self.name = document["kind"], metadata["name"]
        self.labels, self.spec = metadata.get("labels", {}), document.get("spec", {})
        self.annotations = metadata.get("annotations", {})
        self.push = int(self.annotations.get("countersign/push", 0))

    def __eq__(self, other):
        return isinstance(other, Resource) and vars(self) == vars(other)


def resources(git, blob):
    """(kind, name) -> Resource of one file. One that cannot be read declares nothing."""
    if blob not in parsed:
        try:
            nodes = list(yaml.compose_all(git.bytes(blob, "blob").decode(), Loader=yaml.SafeLoader))
            found = [Resource(plain(node)) for node in nodes if node]
            parsed[blob] = {(one.kind, one.name): one for one in found}
        except (yaml.YAMLError, UnicodeDecodeError, KeyError, AttributeError, TypeError, ValueError):
            parsed[blob] = {}
    return parsed[blob]


class Tree:
    """All that one commit declares."""

    def __init__(self, git, commit):
        self.git, self.commit = git, commit
        self.blobs = git.files(git.commit(commit).tree)
        self.all = {}
        for path in sorted(filter(declares, self.blobs)):
            self.all.update(resources(git, self.blobs[path]))
        self.trust = TrustSet(self)

    def __getitem__(self, key):
        return self.all.get(key)

    def file(self, path):
        blob = self.blobs.get(path)
        return self.git.bytes(blob, "blob") if blob else None

    def file_digest(self, path):
        data = self.file(path)
        return None if data is None else hashlib.sha256(data).hexdigest()

    def chain(self, path):
        """DER of each certificate of a PEM file, as sent."""
        return self.blocks((self.file(path) or b"").decode("latin-1"))

    @staticmethod
    def blocks(text):
        found = re.findall("-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", text, re.DOTALL)
        return [base64.b64decode(block) for block in found]


class TrustSet:
    def __init__(self, tree):
        self.all = {key: one for key, one in tree.all.items() if key[0] in TRUST}
        self.contents = {path: tree.file(path) for path in self.named() if path in tree.blobs}
        self.files = {path: hashlib.sha256(data).hexdigest() for path, data in self.contents.items()}
        documents = [
            {"kind": one.kind, "labels": one.labels, "name": one.name, "spec": one.spec}
            for _, one in sorted(self.all.items(), key=lambda item: tuple(part.encode() for part in item[0]))]
        self.digest = digest("trust-set", {"files": self.files, "format": "countersign.trust-set/v1", "resources": documents})
        self.keys = self.read_keys()

    def of(self, kind):
        return [one for key, one in self.all.items() if key[0] == kind]

    def __getitem__(self, key):
        return self.all.get(key)

    @property
    def repository(self):
        found = self.of("Repository")
        return found[0].spec.get("id") if len(found) == 1 else None

    @property
    def branch(self):
        return self.of("Repository")[0].spec.get("branch")

    def named(self):
        """Repository files that resources of the set name."""
        for device in self.of("Device"):
            ssh = device.spec.get("transport", {}).get("ssh", {})
            yield from [ssh["knownHosts"]] if "knownHosts" in ssh else []
            yield from device.spec.get("trustRoots", [])
        for zone in self.of("Zone"):
            yield from zone.spec.get("recipients", [])
        for key in [key for kind, field in (("Zone", "recorders"), ("Person", "keys"))
                    for one in self.of(kind) for key in one.spec.get(field, [])]:
            yield from [key["openpgp"]] if "openpgp" in key else []
        for standing in self.of("StandingApproval"):
            yield from (issuer["root"] for issuer in standing.spec.get("issuers", []) if "root" in issuer)

    def read_keys(self):
        """Key -> Holder. A key that two declare is nobody's."""
        found, contested = {}, set()
        for kind, field in (("Person", "keys"), ("Zone", "recorders")):
            for one in self.of(kind):
                word = "recorder" if kind == "Zone" else next((flag for flag in ("forge", "robot") if one.spec.get(flag)), "person")
                for identity, holder in [pair for key in one.spec.get(field, []) for pair in self.holders(word, one.name, key)]:
                    if identity in found and (found[identity].word, found[identity].name) != (word, one.name):
                        contested.add(identity)
                    found[identity] = holder.tightened(found.get(identity))
        return {key: holder for key, holder in found.items() if key not in contested}

    def holders(self, word, name, key):
        if "ssh" in key:
            yield " ".join(key["ssh"].split()[:2]), Holder(word, name, key)
        elif word != "recorder" and self.contents.get(key.get("openpgp")) is not None:
            for fingerprint, begins, ends, revoked in openpgp.declare(self.contents[key["openpgp"]], key["fingerprint"]):
                own = Holder(word, name, {})
                own.not_before, own.not_after, own.revoked = begins, ends, revoked
                yield "openpgp:" + fingerprint, own.tightened(Holder(word, name, key))

    def holder(self, key, time):
        """To whom a key belonged at a time."""
        found = self.keys.get(key)
        return found if found and not found.fault(time) else None

    def members(self, approvers, tip):
        """Everybody whom `approvers` name, in this set and in the tip's (section 3, "What it says")."""
        names = set()
        for approver in approvers:
            kind, _, name = approver.partition(":")
            if kind == "person":
                names.add(name)
            elif self[("Group", name)]:
                there = tip[("Group", name)]
                members = self[("Group", name)].spec.get("members", [])
                names |= {one for one in members if there is None or one in there.spec.get("members", [])}
        def machine(name):
            return any(one[("Person", name)].spec.get(word) for one in (self, tip) for word in ("robot", "forge"))
        return {name for name in names if self[("Person", name)] and tip[("Person", name)] and not machine(name)}


class Holder:
    def __init__(self, word, name, key):
        self.word, self.name = word, name
        self.not_before, self.not_after, self.revoked = (
            seconds(key[field]) if field in key else None for field in ("notBefore", "notAfter", "revokedFrom"))

    def tightened(self, other):
        if other:
            self.not_before = max((one for one in (self.not_before, other.not_before) if one is not None), default=None)
            self.not_after = min((one for one in (self.not_after, other.not_after) if one is not None), default=None)
            self.revoked = min((one for one in (self.revoked, other.revoked) if one is not None), default=None)
        return self

    def fault(self, time):
        if self.revoked is not None and time >= self.revoked:
            return "KeyRevoked"
        if self.not_before is not None and time < self.not_before or self.not_after is not None and time > self.not_after:
            return "KeyNotValidAtFirstSeen"
        return None

    @property
    def asks(self):
        return self.word in ("person", "robot")


def duration(text):
    """Seconds of `72h`: digits and one of s, m, h, d."""
    if not re.fullmatch(r"(0|[1-9][0-9]*)[smhd]", text):
        raise Unreadable(f"no duration in whole seconds: {text}")
    return int(text[:-1]) * UNITS[text[-1]]
