# Copyright (c) 2026 the Countersign contributors
# SPDX-License-Identifier: Apache-2.0
"""Section 2 of docs/approval-record.md: what a record is."""

import datetime
import hashlib
import json
import re
import sys

from gitread import Commit, Git, Refused, Unreadable, fingerprint, signer

NAMES = {"Record", "Repository", "Level", "Decision", "Work-Order", "Policy-Change", "Implementation", "Class", "Acknowledge"}
DIGEST = re.compile(r"(WO|POL)-([0-9A-HJKMNP-TV-Z]{8}) sha256:([0-9a-f]{64})")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})", re.ASCII)
ACKNOWLEDGED = re.compile(r"holds-other|changes [1-9][0-9]{0,8}|endpoint-down [^ ]+:([1-9][0-9]{0,4})")


def canonical(value):
    """RFC 8785, for what has no fractions."""
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
        return b"{" + b",".join(canonical(name) + b":" + canonical(one) for name, one in members) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(canonical(one) for one in value) + b"]"
    return json.dumps(value, ensure_ascii=False).encode()


def digest(kind, document):
    """`kind` is `work-order`, `policy-change` or `trust-set`; 64 hex digits."""
    return hashlib.sha256(f"countersign {kind} v1\n".encode() + canonical(document)).hexdigest()


def name_of(prefix, hex_digits):
    bits = int(hex_digits[:10], 16)
    return prefix + "-" + "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[bits >> shift & 31] for shift in range(35, -1, -5))


def seconds(text):
    """An RFC 3339 time as seconds since 1970."""
    if not TIME.fullmatch(text):
        raise ValueError(text)
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


class Record:
    """A record of good form whose signature holds; otherwise `Refused`."""

    def __init__(self, commit_id, raw):
        self.commit = commit_id
        if len(raw) > 262_144:
            raise Refused("Malformed", "too large")
        try:
            commit = Commit(raw)
        except Unreadable as error:
            raise Refused("Malformed", str(error))
        if commit.fault():
            raise Refused("Malformed", commit.fault())
        if not commit.parents:
            raise Refused("Malformed", "no parent")
        if len(commit.parents) > 1:
            raise Refused("MergeCommit", "several parents")
        self.tree, self.parent, self.date = commit.tree, commit.parents[0], commit.date
        self.comment, found = taken_apart(commit.message.decode())
        self.read(found)
        self.key = signer(commit)
        named = f"countersign record v1\n{fingerprint(self.key)}\n".encode()
        self.name = hashlib.sha256(named + commit.payload).hexdigest()

    def read(self, found):
        def one(name, pattern):
            values = found.get(name, [])
            if len(values) != 1 or not re.fullmatch(pattern, values[0]):
                raise Refused("Malformed", f"Countersign-{name} is missing, twice, or not of its form")
            return values[0]

        one("Record", "approval/v1")
        self.repository = one("Repository", UUID)
        self.level = one("Level", r"[A-Za-z0-9._-]{1,63}")
        self.decision = one("Decision", "approve|reject|revoke|cancel|review|halt|resume")
        self.subjects = self.read_subjects(found)
        text = one("Implementation", r"manual|scheduled [^ /]+/[^ /]+")
        self.window = None
        if text != "manual":
            try:
                self.window = tuple(seconds(part) for part in text.split(" ")[1].split("/"))
            except ValueError:
                raise Refused("Malformed", "no such time")
            if self.window[0] >= self.window[1] or self.decision in ("reject", "revoke", "cancel", "halt", "resume"):
                raise Refused("Malformed", "a schedule that cannot be")
        if self.decision in ("halt", "resume") and self.subjects[0][0] == "POL":
            raise Refused("Malformed", "a halt of a policy change")
        self.emergency = bool(found.get("Class"))
        if self.emergency:
            one("Class", "emergency")
        acknowledged = [ACKNOWLEDGED.fullmatch(value) for value in found.get("Acknowledge", [])]
        if len(acknowledged) > 1000 or not all(found and int(found[1] or 1) < 65536 for found in acknowledged):
            raise Refused("Malformed", "an acknowledgement of no known form")

    @staticmethod
    def read_subjects(found):
        orders, changes = found.get("Work-Order", []), found.get("Policy-Change", [])
        if bool(orders) == bool(changes) or len(orders) > 1000 or len(changes) > 1:
            raise Refused("Malformed", "it names no work order, too many, or a policy change too")
        subjects = []
        for value in orders or changes:
            match = DIGEST.fullmatch(value)
            prefix = "WO" if orders else "POL"
            if not match or match[1] != prefix or name_of(prefix, match[3]) != value.split(" ")[0]:
                raise Refused("Malformed", "an ID that is not its digest's")
            subjects.append((prefix, match[3]))
        if len(set(subjects)) != len(subjects):
            raise Refused("Malformed", "a work order twice")
        return subjects


def taken_apart(message):
    """Section 2.2: (the comment, name without `Countersign-` -> values)."""
    lines = message.rstrip("\n").split("\n")
    start = next((index + 1 for index in range(len(lines) - 1, -1, -1) if not lines[index]), 0)
    return "\n".join(lines[1:max(0, start - 1)]).strip("\n"), trailers(lines, start)


def trailers(lines, start):
    if any(line.lower().startswith("countersign-") for line in lines[:start]):
        raise Refused("Malformed", "a trailer before the last paragraph")
    found, previous_is_ours = {}, True
    for line in lines[start:]:
        if line[:1] in (" ", "\t"):
            if previous_is_ours:
                raise Refused("Malformed", "a folded trailer")
            continue
        previous_is_ours = line.lower().startswith("countersign-")
        if not previous_is_ours:
            if not re.match(r"[A-Za-z0-9-]+:", line):
                raise Refused("Malformed", "prose among the trailers")
            continue
        match = re.fullmatch(r"Countersign-([A-Za-z-]+): ([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)", line)
        if not match or match[1] not in NAMES:
            raise Refused("Malformed", "no trailer of approval/v1")
        found.setdefault(match[1], []).append(match[2])
    return found


def main():
    """Says of each commit of a clone, one id a line on standard input, whether it is a record by itself: its record key, or a code."""
    git = Git(sys.argv[1])
    for name in sys.stdin.read().split():
        found = git.object(name)
        try:
            if not found or found[0] != "commit":
                raise Refused("Malformed", "no commit")
            print(name, Record(name, found[1]).name)
        except Refused as refused:
            print(name, refused.code)


if __name__ == "__main__":
    main()
