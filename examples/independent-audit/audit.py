#!/usr/bin/python3
# Copyright (c) 2026 the Countersign contributors
# SPDX-License-Identifier: Apache-2.0
"""Replays every push of a clone from git and public keys: section 6 of docs/approval-record.md. Contacts nobody."""

import argparse
import base64
import hashlib
import json
import sys

from asked import Askers
from count import SKEW, Count, Judged, Rules
from declared import Tree
from gitread import Commit, Git, Refused, Unreadable, object_id, signer
from line import Line, shown, strict
from names import dns_names, fits
from record import Record, canonical, digest, name_of
from standing import Standing, over_budget


class Shelf:
    """The records of a line, read and verified again from their bytes."""

    def __init__(self, story, git):
        self.records, self.findings = {}, []
        for name, (seen, evidence, doubt) in sorted(story.evidence.items()):
            try:
                self.take(story, git, name, seen, evidence, doubt)
            except (Refused, Unreadable, KeyError, ValueError) as error:
                self.findings.append(("EvidenceInvalid", name, str(error)))

    def take(self, story, git, name, seen, evidence, doubt):
        raw = base64.b64decode(evidence["raw"], validate=True)
        if object_id("commit", raw) != evidence["commit"]:
            raise Refused("EvidenceInvalid", "its bytes are not those of its commit")
        record = Record(evidence["commit"], raw)
        if record.name != name:
            raise Refused("EvidenceInvalid", "its bytes are those of another record")
        parent = None
        if "parent" in evidence:
            parent = base64.b64decode(evidence["parent"]["raw"], validate=True)
            if evidence["parent"]["commit"] != record.parent or object_id("commit", parent) != record.parent:
                self.findings.append(("EvidenceInvalid", name, "the parent beside it is not the record's"))
                parent = None
        if parent is None:
            found = git.object(record.parent)
            parent = found[1] if found and found[0] == "commit" else None
        places = [place(record, parent, entry["trust"], seen) for entry in story.judging(seen)]
        misplaced, made = next((one for one in places if one[0] is None), places[0])
        if not doubt and made is not None and seen + SKEW < made:
            doubt = ("FirstSeenFalls", name, "it was seen before its status commit was made")
            self.findings.append(doubt)
        self.records[name] = seen, record, misplaced, doubt

    def on(self, subject, time):
        return [(seen, record, misplaced) for seen, record, misplaced, _ in self.records.values()
                if subject in record.subjects and seen <= time]


def place(record, parent, trust, seen):
    """(section 2.5: the code of what is wrong, when the parent was made)"""
    try:
        commit = Commit(parent or b"")
        holder = trust.holder(signer(commit), seen)
    except (Refused, Unreadable):
        return "NotOnStatus", None
    if not holder or holder.word != "recorder":
        return "NotOnStatus", commit.date
    return None if commit.tree == record.tree else "NotTreeIdentical", commit.date


def verdict(slot, held, book):
    """How a slot came to hold what it holds."""
    last, word, by = book.completed, "unapproved", None
    if any(order.reasons for order in book.orders) or last and last.reasons:
        word = "unproven"
    elif last and held is not None and held == last.left() and held[:1] != ("other",):
        word, by = "adopted" if last.content["action"] == "adopt" else "proven", last.digest
    elif not last and not held:
        word = "empty"
    leaf = held[1] if held and held[0] == "leaf" else None
    return {"device": slot[0], "slot": slot[1], "verdict": word, "leaf": leaf, "workOrder": by and "sha256:" + by}


class Audit:
    def __init__(self, path, trusted):
        self.git = Git(path)
        heads = "refs/remotes/origin/"
        self.trusted = self.git.run("rev-parse", "--verify", trusted + "^{commit}").strip()
        self.trees = {}
        tree = self.tree(self.trusted)
        if not tree.trust.repository:
            raise Unreadable("the trusted commit declares no repository")
        if not self.git.reference(heads + tree.trust.branch):
            heads = "refs/heads/"
        self.askers = Askers(self.git, self.trusted, self.git.reference(heads + tree.trust.branch))
        self.stories, self.findings, self.orders, self.slots = [], [], [], []
        root = [{"trust": tree.trust, "commit": self.trusted, "at": None, "claim": None}]
        self.heads, self.known = heads, set()
        for zone in sorted(one.name for one in tree.trust.of("Zone")):
            self.join(zone, [root])
        # All lines to their ends, in turns: where a device changed its zone, one line goes on from another, and where a policy change
        # has brought a zone, its line begins with the sets that were told until then.
        waits = True
        while True:
            told = [list(story.sets) for story in self.stories]
            brought = {one.name for sets in told for entry in sets for one in entry["trust"].of("Zone")} - self.known
            for zone in sorted(brought):
                self.join(zone, told)
            waits = waits or bool(brought)
            if not any(story.left for story in self.stories):
                break
            before = [story.left for story in self.stories]
            for story in self.stories:
                story.tell({key: books for one in self.stories for key, books in one.releases.items()}, waits)
            waits = before != [story.left for story in self.stories]
        if not self.stories:
            raise Unreadable("there is no status branch here")
        shelves = [Shelf(story, self.git) for story in self.stories]
        # Accepted by one zone, a change counts as seen in the others.
        self.accepted = {}
        for entry in [entry for story in self.stories for entry in story.sets[1:]]:
            named = entry["claim"].get("policyChange")
            self.accepted[named] = min(entry["at"], self.accepted.get(named, entry["at"]))
        for story, shelf in zip(self.stories, shelves):
            self.findings += story.findings + shelf.findings
            unproven = self.check_sets(story, shelves)
            used = set()
            for order in story.orders:
                self.check(story, shelf, order, used)
                if unproven is not None and order.moment >= unproven:
                    order.reason("TrustSetNotApproved", "the trust set that it was judged by is not proven")
            for order, name in over_budget(story):
                order.reason("NotApproved", f"the budget of standing approval {name} was spent")
            self.orders += story.orders
        # What lies in a slot may have come there while another zone answered for the device.
        self.slots = [verdict(*slot) for story in self.stories for slot in story.slots()]

    def join(self, zone, told):
        """A zone's line, from the first set that declares it and is the one that it names first, or else that declares it."""
        self.known.add(zone)
        tip = self.git.reference(f"{self.heads}countersign/status/{zone}")
        if not tip:
            return
        first = None if told[0][0]["trust"][("Zone", zone)] else self.first_set(tip)
        declaring = [sets[:place + 1] for sets in told for place, entry in enumerate(sets) if entry["trust"][("Zone", zone)]]
        meant = [sets for sets in declaring if sets[-1]["trust"].digest == first]
        if declaring:
            self.stories.append(Line(self.git, self.tree, zone, (meant or declaring)[0], tip))

    def first_set(self, tip):
        """The set that a line names first, whoever wrote it."""
        line = []
        while tip:
            line.append(tip)
            tip = next(iter(self.git.commit(tip).parents), None)
        for name in reversed(line):
            found = self.git.changes(None, self.git.commit(name).tree).get("status.json")
            try:
                return strict(self.git.bytes(found[1], "blob"))["trustSet"]["digest"]
            except (TypeError, KeyError, ValueError):
                continue
        return None

    def tree(self, commit):
        if commit not in self.trees:
            self.trees[commit] = Tree(self.git, commit)
        return self.trees[commit]

    def check_sets(self, story, shelves):
        """Item 2: from when on sets are not proven, or None."""
        unproven, number, previous = None, 0, None
        for before, entry in zip(story.sets, story.sets[1:]):
            number += 1
            claim = entry["claim"]
            named = claim.get("policyChange")
            change = {"format": "countersign.policy-change/v1", "from": "sha256:" + before["trust"].digest, "number": number,
                      "previous": previous and "sha256:" + previous, "repository": before["trust"].repository,
                      "to": "sha256:" + entry["trust"].digest}
            policy = before["trust"][("ApprovalPolicy", "default")]
            good = named and policy and digest("policy-change", change) == named and self.askers.on_branch(entry["commit"])
            if good:
                people, unknown = self.askers.of_set(before["commit"], entry["commit"], before["trust"], entry["trust"])
                subject, at = ("POL", named), self.accepted[named]
                # Two zones keep one record each as they saw it: it was seen when the first of them saw it.
                seen = [one for shelf in shelves for one in shelf.on(subject, at)]
                first = {record.name: one for one in sorted(seen, key=lambda one: (one[0], one[1].commit), reverse=True) for record in [one[1]]}
                rules = Rules(subject, policy.spec, people, unknown)
                count = Count(rules, list(first.values()), before["trust"], entry["trust"], at)
                good = count.is_complete and not count.tombstone
            if not good:
                self.findings.append(("TrustSetNotApproved", entry["commit"], "nobody, or not enough people, signed for it"))
                unproven = entry["at"] if unproven is None else min(unproven, entry["at"])
            number, previous = claim.get("number", 0), named
        return unproven

    def check(self, story, shelf, order, used):
        """Items 5 and 6 for one work order."""
        for name in order.document.get("records", []):
            if (name, order.digest) in used:
                order.reason("RecordReused", name)
            used.add((name, order.digest))
            if name not in shelf.records:
                order.reason("EvidenceMissing", name)
            elif ("WO", order.digest) not in shelf.records[name][1].subjects:
                order.reason("RecordNotForThis", name)
        if not order.content:
            return
        seen = max((shelf.records[name][0] for name in order.document.get("records", []) if name in shelf.records), default=0)
        if order.moment < seen <= order.moment + SKEW:
            order.moment = seen
        content, trust = order.content, story.in_force(order.moment)["trust"]
        if content["repository"] != trust.repository:
            order.reason("WrongRepository", content["repository"])
        policy = trust[("ApprovalPolicy", content.get("policy", {}).get("name"))]
        if not policy or canonical(policy.spec) != canonical(content["policy"]["spec"]):
            order.reason("PolicyNotInForce", "the policy in it is not the one in force then")
        device = trust[("Device", content["device"]["name"])]
        if not device or canonical(device.spec) != canonical(content["device"]["spec"]) or device.spec.get("zone") != story.zone:
            order.reason("DeviceNotInForce", "the device in it is not as it was in force then")
        if not policy:
            return
        if not self.askers.on_branch(order.tip):
            order.reason("TipUnknown", order.tip)
            return
        tip = self.tree(order.tip)
        people, unknown = self.askers.asking(content, tip, order.after, trust)
        order.requesters = people
        for what in self.not_from(content, tip, trust):
            order.reason("NotFromTip", what)
        if device:
            other = self.outranking(content, policy, device, trust, tip)
            if other:
                order.reason("PolicyOutranked", other)
        subject = "WO", order.digest
        rules, records = Rules(subject, policy.spec, people, unknown), shelf.on(subject, order.moment)
        urgent = Rules(subject, policy.spec, people, unknown, emergency=True) if "emergency" in policy.spec else None
        judged = Judged(rules, records, trust, tip.trust, order.moment, urgent)
        if not judged.is_complete and order.standing:
            standing = Standing(order, tip, trust, people, unknown, story.leaves, self.tree)
            for why in standing.objections():
                order.reason("NotApproved", why)
            order.stood, until = standing.levels(rules.names)
            if order.stood:
                rules = Rules(subject, policy.spec, people, unknown, order.stood, until)
                judged = Judged(rules, records, trust, tip.trust, order.moment, urgent)
        order.signers = judged.signers
        if unknown and rules.blocks_unknown:
            order.reason("UnknownRequester", "somebody unknown asked for it")
        for name, given, needed in zip(rules.names, judged.levels.given, rules.needed):
            if len(given) < needed and not judged.is_emergency:
                order.reason("NotApproved", f"level {name} has {len(given)} of {needed}")
        if not judged.is_complete:
            for commit, code in judged.refused:
                order.reason("Refused", f"{code}: {commit}")
        elif not judged.window[0] <= order.moment < judged.window[1]:
            order.reason("OutsideWindow", "it began outside its window")
        if judged.tombstone:
            order.reason("Withdrawn", judged.tombstone)
        if judged.halt and not (judged.is_emergency and "waves" in policy.spec["emergency"].get("ignores", [])):
            order.reason("Withdrawn", judged.halt)
        for vote in judged.counted:
            doubt = shelf.records[vote.record.name][3]
            if doubt:
                order.reasons.append(doubt)

    def not_from(self, content, tip, trust):
        """What in a content is not as its tip declares it."""
        connector, binding = content["connector"], content.get("binding")
        declared = tip[("AppConnector", connector["name"])]
        if not declared or canonical(declared.spec) != canonical(connector["spec"]) or declared.push != connector["push"]:
            yield "connector"
        if binding:
            declared = tip[("Binding", binding["name"])]
            if not declared or declared.push != binding["push"] or declared.spec.get("certificate") != content.get("certificate"):
                yield "binding"
            elif canonical(declared.spec.get("rollout")) != canonical(binding.get("rollout")):
                yield "binding"
        if "installs" in content:
            installs, declared = content["installs"], tip[("Certificate", content.get("certificate"))]
            chain = [hashlib.sha256(der).hexdigest() for der in tip.chain(declared.spec["chain"])] if declared else []
            if chain != [installs["leaf"], *installs["chain"]] or canonical(declared.spec.get("privateKey")) != canonical(installs["key"]):
                yield "certificate"
        for path, value in content.get("files", {}).items():
            if (trust.files.get(path) or tip.file_digest(path)) != value:
                yield path

    def outranking(self, content, policy, device, trust, tip):
        """The name of a policy of higher priority that matches whatever else is true."""
        certificate = tip[("Certificate", content.get("certificate"))]
        leaf = next((der for der in tip.chain(certificate.spec["chain"]) if "installs" in content
                     and hashlib.sha256(der).hexdigest() == content["installs"]["leaf"]), None) if certificate else None
        names = dns_names(leaf) if leaf else []
        classes = {"replace": ["replace", "renewal"]}.get(content["action"], [content["action"]])
        def rank(one):
            return -one.spec.get("priority", 0), one.name
        def matches(one, change):
            match, devices = one.spec.get("match", {}), one.spec.get("match", {}).get("devices", {})
            kinds, zones, patterns = devices.get("kinds"), devices.get("zones"), match.get("names")
            return ((not kinds or device.spec["kind"] in kinds) and (not zones or device.spec["zone"] in zones)
                    and all(device.labels.get(label) == value for label, value in devices.get("labels", {}).items())
                    and (not match.get("changes") or change in match["changes"])
                    and (not patterns or any(fits(pattern, name) for pattern in patterns for name in names)))
        higher = sorted((one for one in trust.of("ApprovalPolicy") if rank(one) < rank(policy)), key=rank)
        found = [next((one.name for one in higher if matches(one, change)), None) for change in classes]
        return found[-1] if all(found) else None

    @property
    def is_proven(self):
        good = {"proven", "adopted", "empty"}
        return not self.findings and all(not order.reasons for order in self.orders) and all(slot["verdict"] in good for slot in self.slots)


def tell_json(audit):
    print(json.dumps({
        "findings": [{"code": code, "place": where, "message": message} for code, where, message in audit.findings],
        "proven": audit.is_proven, "slots": audit.slots,
        "workOrders": [{
            "digest": "sha256:" + order.digest, "proven": not order.reasons, "requesters": sorted(order.requesters),
            "signers": order.signers, "reasons": [{"code": code, "message": message} for code, _, message in order.reasons],
        } for order in audit.orders]}))


def tell(audit):
    for code, where, message in audit.findings:
        print(f"{code} {shown(where)}: {shown(message)}")
    for slot in audit.slots:
        by = name_of("WO", slot["workOrder"].removeprefix("sha256:")) if slot["workOrder"] else ""
        print(f"{slot['verdict']:<10}  {slot['device']} {shown(slot['slot'])}  {(slot['leaf'] or 'nothing')[:8]}  {by}")
    for order in audit.orders:
        asked, signed = ", ".join(sorted(order.requesters)) or "nobody", "; ".join(", ".join(those) or "nobody" for those in order.signers)
        print(f"  {name_of('WO', order.digest)} {order.state}: asked by {asked}; signed by {signed}")
        for code, _, message in order.reasons:
            print(f"    {code}: {shown(message)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clone")
    parser.add_argument("--trust", required=True, metavar="COMMIT", help="the first trusted commit")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        audit = Audit(options.clone, options.trust)
    except Unreadable as error:
        print(f"audit: {error}", file=sys.stderr)
        return 1
    (tell_json if options.json else tell)(audit)
    return 0 if audit.is_proven else 2


if __name__ == "__main__":
    sys.exit(main())
