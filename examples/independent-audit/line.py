# Copyright (c) 2026 the Countersign contributors
# SPDX-License-Identifier: Apache-2.0
"""Sections 4 and 5, and items 1 to 4 of section 6: a zone's status branch, told from its beginning."""

import base64
import copy
import datetime
import hashlib
import json
import re

from count import SKEW
from gitread import Refused, object_id, signer
from record import digest, seconds

ENDS = ("Completed", "RolledBack", "RollbackFailed", "PushFailed", "UnknownEffect")


def shown(text):
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)


def no_fraction(text):
    raise ValueError(text)


def strict(data):
    def members(pairs):
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a member twice")
        return dict(pairs)
    return json.loads(data.decode(), object_pairs_hook=members, parse_float=no_fraction, parse_constant=no_fraction)


def holding(document):
    """What a slot holds: () for nothing, else ("leaf", hex) or ("other", hex)."""
    if not document:
        return ()
    return next((word, document[word]) for word in ("leaf", "other") if word in document)


def month(time):
    return datetime.datetime.fromtimestamp(time, datetime.timezone.utc).strftime("%Y/%m")


def is_content(content):
    """Whether it has the members of section 1 that are asked for here; whoever holds a recorder's key can write anything."""
    forms = {"action": str, "connector": dict, "device": dict, "epoch": str, "repository": str, "sequence": int}
    if content.get("format") != "countersign.work-order/v1" or "holds" not in content:
        return False
    if any(type(content.get(name)) is not kind for name, kind in forms.items()):
        return False
    named = [content[name] for name in ("connector", "device", "binding", "policy") if name in content]
    installs = content.get("installs", {"leaf": "", "spki": "", "chain": [], "key": {}})
    return (all(type(one.get("name")) is str and type(one.get("spec", {})) is dict and type(one.get("push", 0)) is int for one in named)
            and type(installs["leaf"]) is str and type(installs["chain"]) is list and "key" in installs
            and isinstance(content["holds"], (dict, type(None))) and holding(content["holds"]) is not None
            and content["action"] in ("install", "replace", "remove", "adopt", "restore"))


class Order:
    """A work order that ended."""

    def __init__(self, document, after):
        self.document, self.after, self.reasons, self.signers, self.requesters = document, after, [], [], set()
        self.digest, self.state, self.tip = document["digest"].removeprefix("sha256:"), document["state"], document["tip"]
        self.at = seconds(document["at"])
        self.moment = seconds(document["began"]) if "began" in document else self.at
        self.slot = document["device"], document["slot"]
        self.standing, self.stood, self.former, self.failed = document.get("standing", []), {}, set(), None
        self.content = document["content"] if is_content(document["content"]) else None

    def reason(self, code, message):
        self.reasons.append((code, "", message))

    @property
    def raises(self):
        return self.content["action"] != "adopt" and self.state in ENDS

    def left(self):
        """What it left in the slot; None where nobody could tell."""
        if self.state == "Completed" and self.content["action"] != "adopt":
            return ("leaf", self.content["installs"]["leaf"]) if "installs" in self.content else ()
        return holding(self.content["holds"]) if self.state in ("Completed", "RolledBack", "PushFailed") else None


class Book:
    """What must come next in a slot."""

    def __init__(self):
        self.sequence, self.left, self.seen, self.completed, self.orders = 0, None, set(), None, []
        # Leaves that it held or that failed to get there, and the one that failed last.
        self.former, self.failed = set(), None
        # What it got before what it got last: where a restore leads back to.
        self.before = None

    def handed_over(self):
        """For the line of the zone that goes on with it."""
        book = copy.copy(self)
        book.seen, book.former, book.orders = set(self.seen), set(self.former), []
        return book

    def see(self, held):
        self.seen.add(held)
        self.former |= {held[1]} if held[:1] == ("leaf",) else set()


class Line:
    def __init__(self, git, tree_of, zone, sets, tip):
        self.git, self.tree_of, self.zone = git, tree_of, zone
        # Up to the one that it begins with; the first is the trusted commit's.
        self.root, self.sets = sets, list(sets)
        self.findings, self.orders, self.books, self.evidence, self.leaves = [], [], {}, {}, {}
        self.epoch, self.latest_seen, self.believed, self.restarted = None, None, None, False
        # Devices that have changed their zone, and how the slots stood that were given away: {(zone, device, time): {slot: book}}.
        self.tenures, self.releases = {}, {}
        self.waiting, self.held = [], None
        while tip:
            self.waiting.append(tip)
            tip = next(iter(git.commit(tip).parents), None)

    def tell(self, released, waits):
        """Goes on to the end, or to where a device is taken over from a line that has not told yet that it gave it away."""
        while self.left:
            if not self.held:
                name = self.waiting.pop()
                commit = self.git.commit(name)
                if not self.is_believed(name, commit):
                    continue
                self.held = name, commit, *self.read(commit)
            if waits and any(one not in released for one in self.awaited(self.held[3].get("status.json"))):
                return
            (name, commit, changes, files, damaged), self.held = self.held, None
            self.take(name, commit, changes, files, damaged, released)
            self.believed = commit

    @property
    def left(self):
        return len(self.waiting) + bool(self.held)

    def awaited(self, head):
        try:
            return [one for _, _, one in self.successions(head or {}) if one]
        except (TypeError, KeyError, AttributeError):
            return []

    def successions(self, head):
        """What is newly taken over: (device, zone, the release that it goes on from; None where the zone is removed)."""
        for one in head.get("tenures", []):
            if "takenOver" in one and self.tenures.get(one["device"]) != one:
                for former in one["from"]:
                    if former["zone"] != self.zone:
                        release = (former["zone"], one["device"], former["released"]) if "released" in former else None
                        yield one["device"], former["zone"], release

    def find(self, code, where, message):
        self.findings.append((code, where, message))

    def in_force(self, time):
        return [entry for entry in self.sets if entry["at"] is None or entry["at"] <= time][-1]

    def judging(self, time):
        """(section 2.5) In the second in which a set came into force, also the one before it."""
        before = [entry for entry in self.sets if entry["at"] is None or entry["at"] < time][-1]
        present = self.in_force(time)
        return [present] if present is before else [present, before]

    def is_believed(self, name, commit):
        try:
            if commit.fault():
                raise Refused("Malformed", commit.fault())
            key = signer(commit)
        except Refused as refused:
            self.find("StatusNotSigned", name, str(refused))
            return False
        holder = self.in_force(commit.date)["trust"].holder(key, commit.date)
        if not holder or (holder.word, holder.name) != ("recorder", self.zone):
            self.find("UndeclaredRecorder", name, "its key was no recorder's of this zone then")
            return False
        if self.believed and commit.date + SKEW < self.believed.date:
            self.find("TimeFalls", name, "it is older than the commit before it")
        return True

    def read(self, commit):
        changes = self.git.changes(self.believed.tree if self.believed else None, commit.tree)
        files, damaged = {}, []
        for path, (_, after) in changes.items():
            if after and path.split("/")[0] in ("status.json", "evidence", "archive", "connectors", "slots"):
                try:
                    files[path] = strict(self.git.bytes(after, "blob"))
                except (ValueError, TypeError):
                    damaged.append(path)
        return changes, files, damaged

    def take(self, name, commit, changes, files, damaged, released):
        if self.is_beginning(files.get("status.json")):
            self.restart(commit)
        for path in damaged:
            self.find("StatusDamaged", path, "it cannot be read")
        for path, (before, _) in changes.items():
            if before and path.startswith(("evidence/", "archive/")) and not self.succeeds(path, before, files):
                self.find("EvidenceChanged" if path.startswith("evidence/") else "ArchiveChanged", path, "what is kept for ever was changed")
        former = self.epoch
        if "status.json" in files:
            try:
                self.take_head(name, commit, files["status.json"])
                self.take_over(name, files["status.json"], released)
            except (KeyError, ValueError, TypeError, AttributeError):
                self.find("StatusDamaged", "status.json", "it is not of its form")
        floor = self.latest_seen
        readers = {"evidence": lambda path, one: self.take_evidence(path, one, commit, floor), "archive": self.check_place}
        ended = []
        for path, document in sorted(files.items()):
            try:
                kept = readers.get(path.split("/")[0], lambda path, one: None)(path, document)
            except (KeyError, ValueError, TypeError, AttributeError, StopIteration):
                self.find("StatusDamaged", path, "it is not of its form")
                continue
            ended += [document] if kept else []
        def rank(document):
            content = document["content"]
            adopted = content.get("action") == "adopt"
            return document["device"], document["slot"], content.get("sequence", document["sequence"]), not adopted, seconds(document["at"])
        for document in sorted(ended, key=rank):
            self.end(document, commit, (former, self.epoch))
        for path, document in sorted(files.items()):
            if path.startswith(("connectors/", "slots/")):
                self.take_slot(name, document)
        if isinstance(files.get("status.json"), dict):
            self.release(files["status.json"])

    def take_over(self, name, head, released):
        """Slots of a device that was taken over go on where the zones before left them (section 4)."""
        for device, zone, release in list(self.successions(head)):
            if release not in released:
                if release or any(one.name == zone for one in self.sets[-1]["trust"].of("Zone")):
                    self.find("SequenceHole", name, f"{device} is said to come from zone {zone}, which tells of no such thing")
                continue
            for slot, book in released[release].items():
                if slot not in self.books or book.sequence >= self.books[slot].sequence:
                    self.books[slot] = book.handed_over()

    def release(self, head):
        try:
            tenures = {one["device"]: one for one in head.get("tenures", [])}
        except (KeyError, TypeError):
            return
        for device, one in tenures.items():
            if "released" in one and self.tenures.get(device) != one:
                self.releases[self.zone, device, one["released"]] = {
                    slot: book.handed_over() for slot, book in self.books.items() if slot[0] == device}
        self.tenures = tenures

    def is_beginning(self, head):
        """Whether somebody began anew here with the commit that is trusted (section 4)."""
        beginning = head.get("beginning") if isinstance(head, dict) else None
        return (not self.restarted and isinstance(beginning, dict) and beginning.get("anew") is True
                and beginning.get("commit") == self.sets[0]["commit"])

    def restart(self, commit):
        """What was told before was by another set: only evidence stays, and how often each slot was pushed to."""
        self.restarted, self.sets, self.epoch = True, list(self.root), None
        self.findings, self.orders, self.books, self.tenures, self.releases = [], [], {}, {}, {}
        for slot, document in self.published(commit).items():
            book = self.books[slot] = Book()
            book.sequence = document["sequence"]
            if "epoch" in document and "observed" in document:
                book.seen.add(holding(document["observed"]["holds"]))

    def succeeds(self, path, before, files):
        """Whether an archived file may become what it became."""
        old, new = strict(self.git.bytes(before, "blob")), files.get(path, {})
        if not path.startswith("archive/") or old.get("digest") != new.get("digest"):
            return False
        same = all(old.get(word) == new.get(word) for word in ("records", "content"))
        return old.get("state") == "Superseded" or (old.get("state"), new.get("state")) == ("RollbackFailed", "RolledBack") and same

    def take_head(self, name, commit, head):
        if head.get("repository") != self.sets[-1]["trust"].repository or head.get("zone") != self.zone:
            self.find("StatusForeign", name, "it is of another repository or zone")
            return
        self.epoch, claim, latest = head.get("epoch"), head.get("trustSet"), self.sets[-1]
        if not claim:
            return
        if claim["digest"] == latest["trust"].digest:
            if not latest["claim"] and (claim.get("policyChange") or claim["number"]):
                self.find("TrustSetNotApproved", name, "what came before the trusted set is not told")
            return
        found = self.git.object(claim["commit"])
        trust = self.tree_of(claim["commit"]).trust if found and found[0] == "commit" else None
        if not trust or trust.digest != claim["digest"]:
            self.find("TrustSetNotApproved", name, "its commit does not hold the trust set that it names")
            return
        at = seconds(claim["acceptedAt"])
        if at + SKEW < (self.believed.date if self.believed else at) or at > commit.date:
            self.find("TimeFalls", name, "a trust set in force since before the commit before, which does not know it")
        self.sets.append({"trust": trust, "commit": claim["commit"], "at": at, "claim": claim})

    def take_evidence(self, path, document, commit, floor):
        if path.startswith("evidence/requesters/"):
            if object_id("commit", base64.b64decode(document["raw"], validate=True)) != document["commit"]:
                self.find("EvidenceInvalid", path, "its bytes are not those of that commit")
        elif path.startswith("evidence/leaves/"):
            if hashlib.sha256(base64.b64decode(document["certificate"], validate=True)).hexdigest() != document["leaf"]:
                self.find("EvidenceInvalid", path, "its bytes are not those of that certificate")
            else:
                self.leaves[document["leaf"]] = base64.b64decode(document["certificate"])
        elif path.startswith("evidence/policychanges/"):
            # How sets came into force is told by status.json, step by step; this is for those who read one commit only.
            change = document["digest"].removeprefix("sha256:")
            if path != f"evidence/policychanges/{change[:2]}/{change}.json" or not isinstance(document["records"], list):
                raise ValueError(path)
            if digest("policy-change", document["document"]) != change:
                self.find("EvidenceInvalid", path, "the document in it is another change")
        else:
            name = re.fullmatch("evidence/[0-9a-f]{2}/([0-9a-f]{64})[.]json", path)[1]
            seen, before, doubt = seconds(document["firstSeen"]), self.believed, None
            if floor is not None and seen < floor or before and seen + SKEW < before.date or seen > commit.date:
                doubt = ("FirstSeenFalls", path, "it cannot have been seen then")
                self.findings.append(doubt)
            self.latest_seen = max(seen, self.latest_seen or seen)
            self.evidence.setdefault(name, (seen, document, doubt))

    def check_place(self, path, document):
        """Whether it tells of an end."""
        if document["state"] == "Superseded":
            return False
        order = Order(document, None)
        if not isinstance(order.standing, list) or any(type(name) is not str for name in order.standing):
            raise ValueError(path)
        if type(document["sequence"]) is not int or type(document["connector"]) is not str or holding(document["replaces"]) is None:
            raise ValueError(path)
        if path != f"archive/{month(order.at)}/{order.digest}.json":
            raise ValueError(path)
        return True

    def take_slot(self, name, document):
        try:
            slot, sequence = (document["device"], document["slot"]), document["sequence"]
            held = holding(document["observed"]["holds"]) if "epoch" in document and "observed" in document else None
        except (KeyError, TypeError, StopIteration):
            self.find("StatusDamaged", name, "a connector's file is not of its form")
            return
        book = self.books.setdefault(slot, Book())
        if held is not None:
            book.see(held)
        if sequence != book.sequence:
            self.find("SequenceHole", name, f"it says that {sequence} pushes have ended, and tells of {book.sequence}")
            book.sequence = sequence

    def end(self, document, commit, epochs):
        slot = document["device"], document["slot"]
        book = self.books.setdefault(slot, Book())
        order = Order(document, book.completed and (book.completed.content, book.completed.tip))
        order.former, order.failed = set(book.former), book.failed
        before = next((one for one in self.orders if one.digest == order.digest), None)
        if before and (before.state, order.state) == ("RollbackFailed", "RolledBack") and before.slot == slot and order.content:
            before.state, book.left, book.seen = "RolledBack", holding(order.content["holds"]), set()
            return
        if before:
            order.reason("EndedTwice", "the branch tells twice that it ended")
        self.check_words(order, epochs)
        if order.moment > order.at + SKEW or order.at > commit.date:
            order.reason("TimeFalls", "it ended before it began, or after the commit that tells of it")
        if order.content:
            self.fit(order, book)
        book.orders.append(order)
        self.orders.append(order)

    @staticmethod
    def check_words(order, epochs):
        content, document = order.content, order.document
        if digest("work-order", document["content"]) != order.digest:
            order.reason("DigestMismatch", "the content has another digest")
        if not content:
            order.reason("ContentDiffers", "a content of no known format")
            return
        spec = content["connector"]["spec"].get("slot", {})
        there = content["device"]["name"], spec.get("certificate", spec.get("bundle"))
        if there != order.slot or content["connector"]["name"] != document["connector"] or holding(content["holds"]) != holding(document["replaces"]):
            order.reason("ContentDiffers", "what was signed is for another place, or replaces something else")
        if content["epoch"] not in epochs:
            order.reason("WrongEpoch", "it was signed for another epoch")

    @staticmethod
    def fit(order, book):
        content, held = order.content, holding(order.content["holds"])
        if content["sequence"] != book.sequence:
            order.reason("SequenceHole", f"it is push {content['sequence']}, and {book.sequence} were told of before it")
        after = content["sequence"] + (1 if order.raises else 0)
        if order.document["sequence"] != after:
            order.reason("ContentDiffers", "the archive gives another sequence after it")
        if content["action"] == "restore" and content.get("installs", {}).get("leaf") != book.before:
            order.reason("ContentDiffers", "it does not put back what the slot got before")
        if held != book.left and held not in book.seen:
            order.reason("HoldsUnexplained", "no status commit has seen what it was signed to replace")
        book.sequence = after if order.raises else book.sequence
        book.left, book.seen = order.left(), set()
        book.former |= {held[1]} if held[:1] == ("leaf",) else set()
        if order.state in ("PushFailed", "RolledBack", "RollbackFailed") and "installs" in content:
            book.failed = content["installs"]["leaf"]
            book.former.add(book.failed)
        if order.state == "Completed":
            last = book.completed and book.completed.left()
            if last and last[:1] == ("leaf",) and last != order.left():
                book.before = last[1]
            book.completed = order

    def published(self, commit):
        """What the connectors' files of one status commit say, by slot."""
        found = {}
        for path, blob in self.git.files(commit.tree).items():
            if path.startswith(("connectors/", "slots/")):
                try:
                    document = strict(self.git.bytes(blob, "blob"))
                    if type(document["sequence"]) is int:
                        found[document["device"], document["slot"]] = document
                except (ValueError, KeyError, TypeError):
                    continue
        return found

    def slots(self):
        """The verdict on each slot, by what the last believed commit says of it."""
        published = self.published(self.believed) if self.believed else {}
        slots = []
        # What was given away the zone that took it over tells of.
        away = {device for device, one in self.tenures.items() if "released" in one}
        for slot in sorted(set(published) | {slot for slot, book in self.books.items() if book.orders}):
            if slot[0] in away:
                continue
            document, book = published.get(slot, {}), self.books.get(slot, Book())
            seen = "epoch" in document and "observed" in document
            slots.append((slot, holding(document["observed"]["holds"]) if seen else book.left, book))
        return slots
