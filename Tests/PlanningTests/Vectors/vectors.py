#!/usr/bin/env python3
# Copyright (c) 2026 the Countersign contributors
# SPDX-License-Identifier: Apache-2.0
"""Digests by a second, independent implementation (RFC 8785, SHA-256, Crockford base32), as test vectors.

Prints docs/vectors/digest.json. Standard library only; deterministic. `python3 vectors.py > docs/vectors/digest.json`
"""

import hashlib
import json
import sys

EPOCH = "0123456789abcdef0123456789abcdef"
REPOSITORY = "6f1c2a0e-5b7d-4c1a-9e2f-3a4b5c6d7e8f"


def canonical(value):
    """RFC 8785 for the values that signed documents hold: no floats, integers within 2^53."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(canonical(key) + ":" + canonical(value[key]) for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    if isinstance(value, float):
        raise ValueError("floats are not used in signed documents")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        raise ValueError("integers stay within 2^53")
    return json.dumps(value, ensure_ascii=False)


def sha256(*parts):
    return hashlib.sha256(b"".join(part.encode() for part in parts)).hexdigest()


def short_id(prefix, digest):
    bits = int(digest, 16) >> (256 - 40)
    digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    return prefix + "".join(digits[bits >> shift & 31] for shift in range(35, -1, -5))


def vector(name, kind, given, document, domain, prefix):
    text = canonical(document)
    digest = sha256(domain, text)
    return {"name": name, "kind": kind, "given": given, "canonical": text, "digest": "sha256:" + digest,
            "id": short_id(prefix, digest)}


def work_order(name, given):
    """The rules of the document: what is absent is left out; `holds` is always there; nothing is installed by `remove`."""
    document = {
        "action": given["action"],
        "connector": given["connector"],
        "device": given["device"],
        "epoch": given["epoch"],
        "files": given["files"],
        "format": "countersign.work-order/v1",
        "holds": given["holds"],
        "repository": given["repository"],
        "sequence": given["sequence"],
    }
    for optional in ("binding", "certificate", "policy"):
        if given.get(optional) is not None:
            document[optional] = given[optional]
    if given.get("installs") is not None and given["action"] != "remove":
        document["installs"] = given["installs"]
    return vector(name, "work-order", given, document, "countersign work-order v1\n", "WO-")


def request(name, certificate, leaf):
    given = {"certificate": certificate, "epoch": EPOCH, "leaf": leaf, "repository": REPOSITORY}
    document = dict(given, format="countersign.request/v1")
    return vector(name, "request", given, document, "countersign request v1\n", "REQ-")


def policy_change(name, number, source, target, previous):
    given = {"from": source, "number": number, "previous": previous, "repository": REPOSITORY, "to": target}
    document = dict(given, format="countersign.policy-change/v1")
    return vector(name, "policy-change", given, document, "countersign policy-change v1\n", "POL-")


def plan(name, digests):
    text = "".join(digest + "\n" for digest in sorted(digests))
    return {"name": name, "kind": "plan", "given": {"workOrders": digests}, "canonical": text,
            "digest": "sha256:" + sha256("countersign plan v1\n", text)}


def fingerprint(text):
    return sha256(text)


LEAF, OLD, ISSUER, ROOT = (fingerprint(text) for text in ("leaf", "old leaf", "issuer", "root"))
SPKI = fingerprint("public key")

DEVICE = {"name": "edge-1", "spec": {
    "kind": "nginx", "zone": "default", "transport": {"ssh": {
        "host": "10.0.0.5", "user": "deploy", "knownHosts": "devices/known_hosts"}},
    "nginx": {"config": "/etc/nginx/nginx.conf", "reload": ["systemctl", "reload", "nginx"]},
    "slotRoots": ["/etc/nginx/tls"]}}
LOCAL = {"name": "here", "spec": {
    "kind": "nginx", "zone": "default", "transport": {"local": {}},
    "nginx": {"config": "/etc/nginx/nginx.conf", "reload": ["nginx", "-s", "reload"]}}}
CONNECTOR = {"name": "edge-1-shop", "push": 0, "spec": {
    "device": "edge-1",
    "slot": {"certificate": "/etc/nginx/tls/shop.crt", "privateKey": "/etc/nginx/tls/shop.key", "mode": "0640"},
    "endpoints": [{"address": "10.0.0.5", "port": 443, "serverName": "shop.example.com"}]}}
POLICY = {"name": "default", "spec": {
    "levels": [{"name": "approve", "approvers": ["group:pki"], "count": 1},
               {"name": "implement", "approvers": ["group:netops"], "count": 1}],
    "expiresAfter": "72h"}}
INSTALLS = {"chain": [ISSUER], "dropsNames": [], "key": {"file": "/etc/countersign/keys/{spki}.key"},
            "leaf": LEAF, "spki": SPKI}
FILES = {"devices/known_hosts": sha256("10.0.0.5 ssh-ed25519 AAAA\n")}

BASE = {"action": "install", "binding": {"name": "shop-edge", "push": 0}, "certificate": "shop-example-com",
        "connector": CONNECTOR, "device": DEVICE, "epoch": EPOCH, "files": FILES, "holds": None,
        "installs": INSTALLS, "policy": POLICY, "repository": REPOSITORY, "sequence": 0}


def but(**changes):
    return dict(BASE, **changes)


def with_spec(resource, **changes):
    return dict(resource, spec=dict(resource["spec"], **changes))


VECTORS = [
    work_order("install into an empty slot", BASE),
    work_order("replace what the slot holds", but(action="replace", holds={"leaf": OLD}, sequence=1)),
    work_order("adopt what is there", but(action="adopt", holds={"leaf": LEAF})),
    work_order("restore what was there before", but(action="restore", holds={"leaf": OLD}, sequence=2)),
    work_order("remove from an unbound slot", but(
        action="remove", binding=None, certificate=None, installs=None, holds={"leaf": OLD}, sequence=3)),
    work_order("replace what is neither certificate nor key", but(
        action="replace", holds={"other": sha256("keyed hash")})),
    work_order("no chain and no files", but(
        device=LOCAL, files={}, installs=dict(INSTALLS, chain=[]))),
    work_order("a chain of two, in the order sent", but(installs=dict(INSTALLS, chain=[ISSUER, ROOT]))),
    work_order("the same chain in the other order", but(installs=dict(INSTALLS, chain=[ROOT, ISSUER]))),
    work_order("names dropped on purpose, in file order", but(
        installs=dict(INSTALLS, dropsNames=["www.example.com", "old.example.com"]))),
    work_order("push asked for on the binding", but(binding={"name": "shop-edge", "push": 7})),
    work_order("push asked for on the connector", but(connector=dict(CONNECTOR, push=9007199254740991))),
    work_order("an encrypted key and trust roots", but(
        installs=dict(INSTALLS, key={"encrypted": "certificates/shop.key.p7m"}),
        device=with_spec(DEVICE, trustRoots=["devices/roots.pem"]),
        files=dict(FILES, **{"certificates/shop.key.p7m": sha256("cms"), "devices/roots.pem": sha256("pem")}))),
    work_order("a key by command", but(
        installs=dict(INSTALLS, key={"command": "pass-key", "argument": "shop-key"}))),
    work_order("a key made on the device", but(installs=dict(INSTALLS, key={"endpoint": "edge-1"}))),
    work_order("a key that is where it is", but(installs=dict(INSTALLS, key={"installed": True}))),
    work_order("names beyond ASCII, sorted by UTF-16", but(
        files={"schlüssel/ключ": FILES["devices/known_hosts"], "鍵/\U0001f511": sha256("a"),
               "鍵/\ufb33": sha256("b"), "鍵/z": sha256("c")})),
    work_order("texts that must be escaped", but(
        connector=with_spec(CONNECTOR, slot={
            "bundle": "/etc/nginx/tls/a \"b\" \\ c/\u0001\u0008\t\n\u000c\r\u001f\u007f\u2028é.pem", "owner": "root:ssl"}))),
    work_order("composed and decomposed letters are not the same", but(
        connector=with_spec(CONNECTOR, slot={"bundle": "/etc/nginx/tls/e\u0301.pem"}))),
    work_order("a bundle and switch by link", but(
        connector=with_spec(CONNECTOR, slot={"bundle": "/etc/nginx/tls/shop.pem", "switch": "link"}))),
    work_order("several endpoints and protocols", but(
        connector=with_spec(CONNECTOR, endpoints=[
            {"address": "10.0.0.5", "port": 443, "serverName": "shop.example.com", "keyType": "ecdsa"},
            {"address": "fd00::5", "port": 25, "protocol": "smtp", "role": "watch"}]))),
    work_order("no policy matches", but(policy=None)),
    work_order("another epoch", but(epoch="f" * 32)),
    work_order("a later sequence", but(sequence=41)),
    request("a request", "shop-example-com", LEAF),
    request("the request of another leaf", "shop-example-com", OLD),
    policy_change("the first policy change", 1, "sha256:" + sha256("set 1"), "sha256:" + sha256("set 2"), None),
    policy_change("a later policy change", 2, "sha256:" + sha256("set 2"), "sha256:" + sha256("set 3"),
                  "sha256:" + sha256("change 1")),
]
VECTORS += [
    plan("an empty plan", []),
    plan("a plan of three work orders", [vector["digest"] for vector in VECTORS[:3]]),
]

json.dump({"format": "countersign.test-vectors/v1", "vectors": VECTORS}, sys.stdout, ensure_ascii=True, indent=2,
          sort_keys=True)
sys.stdout.write("\n")
