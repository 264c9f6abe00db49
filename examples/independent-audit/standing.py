# Copyright (c) 2026 the Countersign contributors
# SPDX-License-Identifier: Apache-2.0
"""Section 3 of docs/approval-record.md, "Standing approvals": what stood for people, told again from the line and its commits."""

import base64
import os
import subprocess
import tempfile

from declared import FOREVER
from names import Certificate, covers
from record import canonical, seconds


def pem(ders):
    return "".join("-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der).decode() + "-----END CERTIFICATE-----\n" for der in ders)


def is_issued(leaf, between, anchors):
    """Whether openssl finds a way from the leaf to one of the anchors; dates are not looked at."""
    with tempfile.TemporaryDirectory() as folder:
        files = {"leaf": [leaf], "between": between, "anchors": anchors}
        for name, ders in files.items():
            with open(os.path.join(folder, name), "w") as file:
                file.write(pem(ders))
        command = ["openssl", "verify", "-no-CAfile", "-no-CApath", "-no-CAstore", "-partial_chain", "-no_check_time", "-trusted", "anchors"]
        return subprocess.run(command + (["-untrusted", "between"] if between else []) + ["leaf"], cwd=folder, capture_output=True).returncode == 0


def certificate(der):
    try:
        return Certificate(der) if der else None
    except (IndexError, ValueError):
        return None


class Standing:
    """What the set in force then says of one work order; `tree` gives what a commit declares."""

    def __init__(self, order, tip, trust, people, unknown, leaves, tree):
        self.order, self.content, self.tip, self.trust, self.people, self.unknown = order, order.content, tip, trust, people, unknown
        self.declared = tip[("Certificate", self.content.get("certificate"))]
        installs = self.content.get("installs")
        chain = tip.chain(self.declared.spec["chain"]) if installs and self.declared else []
        self.chain = chain if chain and certificate(chain[0]) and certificate(chain[0]).leaf == installs["leaf"] else []
        self.installed = certificate(self.chain[0]) if self.chain else None
        self.held = self.find_held(leaves, tree)
        # The next certificate sent, where it did sign the leaf.
        self.issuer = certificate(self.chain[1]) if len(self.chain) > 1 and is_issued(self.chain[0], [], [self.chain[1]]) else None

    def find_held(self, leaves, tree):
        """What lay there: as it was proven to be served, or as the commit declares it, or that of the last work order."""
        name = (self.content["holds"] or {}).get("leaf")
        trees = [self.tip] + ([tree(self.order.after[1])] if self.order.after else [])
        known = [leaves[name]] if name in leaves else [
            der for one in trees for key, declared in one.all.items() if key[0] == "Certificate" for der in one.chain(declared.spec["chain"])]
        return next((found for found in map(certificate, known) if found and found.leaf == name), None)

    @property
    def change(self):
        old, new = self.held, self.installed
        is_renewal = (self.content["action"] == "replace" and old and new and self.issuer and old.issuer == new.issuer
                      and (old.key_type, old.names, old.addresses) == (new.key_type, new.names, new.addresses)
                      and old.begins < new.begins and is_issued(old.der, [], [self.issuer.der]))
        return "renewal" if is_renewal else self.content["action"]

    def objections(self):
        """Why any of those that are said to have stood did not."""
        for name in self.order.standing:
            approval = self.trust[("StandingApproval", name)]
            if not approval:
                yield f"standing approval {name} was not in force"
            for why in self.against(approval) if approval else ():
                yield f"standing approval {name} did not stand: {why}"

    def levels(self, names):
        """(level -> the standing approval that stands there, the first second in which one of these stands no more)"""
        chosen, until = {}, FOREVER
        for name in sorted(set(self.order.standing)):
            approval = self.trust[("StandingApproval", name)]
            own = [level for level in approval.spec["levels"] if level in names and level not in chosen] if approval else []
            if own and not list(self.against(approval)):
                chosen.update(dict.fromkeys(own, name))
                until = min(until, seconds(approval.spec["notAfter"]) + 1)
        return chosen, until

    def against(self, approval):
        """Each condition of one standing approval that is not met."""
        spec, match = approval.spec, approval.spec.get("match", {})
        there = self.tip[("StandingApproval", approval.name)]
        if not there or canonical(there.spec) != canonical(spec):
            yield "the tip does not declare it as it was in force"
        if self.order.moment > seconds(spec["notAfter"]):
            yield "it had ended"
        if not self.takes_in(match):
            yield "its match does not take in the device with all names there"
        if self.change not in spec["changes"] or match.get("changes") and self.change not in match["changes"]:
            yield f"it is not for a {self.change}"
        if self.unknown or not self.people or not self.people <= self.listed(spec["requesters"]):
            yield "nobody asked for it, or somebody whom it does not list"
        if not any(self.is_from(issuer) for issuer in spec["issuers"]):
            yield "it was issued by none of those that it lists"
        yield from self.differences()

    def takes_in(self, match):
        device, devices = self.trust[("Device", self.content["device"]["name"])], match.get("devices", {})
        if not device:
            return True
        names = {name for one in (self.held, self.installed) if one for name in one.names}
        return ((not devices.get("kinds") or device.spec["kind"] in devices["kinds"])
                and (not devices.get("zones") or device.spec["zone"] in devices["zones"])
                and all(device.labels.get(label) == value for label, value in devices.get("labels", {}).items())
                and (not match.get("names")
                     or bool(names) and all(any(covers(pattern, name) for pattern in match["names"]) for name in names)))

    def listed(self, requesters):
        """Robots may be."""
        def people(trust):
            names = set()
            for one in requesters:
                kind, _, name = one.partition(":")
                group = trust[("Group", name)]
                names |= {name} if kind == "person" else set(group.spec.get("members", [])) if group else set()
            return {name for name in names if trust[("Person", name)]}
        return people(self.trust) & people(self.tip.trust)

    def is_from(self, issuer):
        if "spki" in issuer:
            return self.issuer is not None and self.issuer.spki == issuer["spki"].lower()
        text = self.trust.contents.get(issuer["root"], b"").decode("latin-1")
        roots = self.tip.blocks(text)
        return bool(self.chain and roots) and is_issued(self.chain[0], self.chain[1:], roots)

    def differences(self):
        """Against the content that the slot was last completed or adopted with, and what it holds."""
        content, last = self.content, self.order.after[0] if self.order.after else {}
        if "installs" not in last or not self.declared or not self.installed:
            yield "no push to this slot was completed or adopted before"
            return
        if last.get("certificate") != content.get("certificate"):
            yield "it is another certificate"
        if last.get("binding", {}).get("name") != content.get("binding", {}).get("name"):
            yield "it is another binding"
        declared = self.tip[("AppConnector", content["connector"]["name"])]
        if (not declared or last["connector"]["name"] != content["connector"]["name"]
                or canonical(last["connector"]["spec"]) != canonical(declared.spec)):
            yield "the connector was edited"
        if canonical(last["installs"]["key"]) != canonical(self.declared.spec.get("privateKey")):
            yield "the place of the private key was edited"
        old, new = self.held, self.installed
        if not old or (old.names, old.addresses, old.key_type) != (new.names, new.addresses, new.key_type) or new.begins <= old.begins:
            yield "names, addresses or type of key are others, or it does not begin later"
        if new.leaf in self.order.former or (content["holds"] or {}).get("leaf") == new.leaf:
            yield "the slot has held it before"
        if new.leaf == self.order.failed:
            yield "its last push failed"


def over_budget(story):
    """(order, name) of each push that began when nothing was left of a standing approval's hour or day."""
    uses = {}
    for index, order in enumerate(story.orders):
        for name in set(order.stood.values()) if "began" in order.document else ():
            uses.setdefault(name, []).append((seconds(order.document["began"]), index, order))
    for name, those in sorted(uses.items()):
        those.sort(key=lambda use: use[:2])
        for place, (began, _, order) in enumerate(those):
            approval = story.in_force(began)["trust"][("StandingApproval", name)]
            if not approval:
                continue
            within = [sum(before > began - span for before, _, _ in those[:place]) for span in (3600, 86400)]
            if within[0] >= approval.spec["maxPerHour"] or within[1] >= approval.spec["maxPerDay"]:
                yield order, name
