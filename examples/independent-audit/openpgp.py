# Copyright (c) 2026 the Countersign contributors
# SPDX-License-Identifier: Apache-2.0
"""Section 2.6 of docs/approval-record.md: OpenPGP, with gpg in homes that hold nothing but the declared files."""

import atexit
import base64
import hashlib
import os
import shutil
import subprocess
import tempfile

BEGIN, END = b"-----BEGIN PGP SIGNATURE-----", b"-----END PGP SIGNATURE-----"
CRITICAL = {2, 3, 9, 16, 25, 27, 28, 29, 30, 32, 33}
folder = None
files, keys = {}, {}


class Wrong(Exception):
    """(code, why)"""


def home(name):
    global folder
    if folder is None:
        folder = tempfile.mkdtemp(prefix="audit-")
        atexit.register(shutil.rmtree, folder, True)
    path = os.path.join(folder, name)
    os.makedirs(path, 0o700, exist_ok=True)
    return path


def gpg(where, *arguments, data=b""):
    command = ["gpg", "--batch", "--no-options", "--no-autostart", "--homedir", where, "--trust-model", "always", *arguments]
    return subprocess.run(command, input=data, capture_output=True, env=dict(os.environ, LC_ALL="C", TZ="UTC")).stdout


def declare(data, primary):
    """[(fingerprint, valid from, valid to or None, revoked from or None)] of the keys of a file that may sign for that primary key."""
    known = hashlib.sha256(data).hexdigest() + primary
    if known not in files:
        where = home(known[:40])
        gpg(where, "--import", data=data)
        files[known] = signing_keys(gpg(where, "--with-colons", "--fixed-list-mode", "--check-sigs", primary).decode("utf-8", "replace"), primary)
        # Verifying asks only whose signature it is: all declared files lie in one home for that.
        gpg(home("all"), "--import", data=data)
    return files[known]


def signing_keys(listing, primary):
    found, current = [], None
    for line in listing.splitlines():
        field = line.split(":")
        if field[0] in ("pub", "sub"):
            current = {"kind": field[0], "field": field, "revoked": None, "fingerprint": None}
            found.append(current)
        elif field[0] == "fpr" and current and not current["fingerprint"]:
            current["fingerprint"] = field[9]
        elif field[0] == "rev" and current and field[1] == "!" and field[10][:2] in ("20", "28"):
            reason = field[10].partition(",")[2]
            # Superseded or retired: from then on. Otherwise it never was good.
            since = int(field[5]) if reason in ("01", "03") else 0
            current["revoked"] = since if current["revoked"] is None else min(since, current["revoked"])
    found = [one for one in found if one["fingerprint"]]
    if not found or found[0]["fingerprint"] != primary.upper() or weakness(found[0]["field"]):
        return []
    top, result = found[0], []
    for one in found:
        field, revoked = one["field"], [since for since in (one["revoked"], top["revoked"]) if since is not None]
        keys[one["fingerprint"]] = weakness(field)
        if "s" not in field[11] or weakness(field):
            continue
        ends = [int(each["field"][6]) - 1 for each in (one, top) if each["field"][6]]
        begins = max(int(field[5]), int(top["field"][5]))
        result.append((one["fingerprint"], begins, min(ends, default=None), min(revoked, default=None)))
    return result


def weakness(field):
    size, algorithm, curve = int(field[2]), field[3], field[16] if len(field) > 16 else ""
    if algorithm == "1":
        return "WeakKey" if size < 3072 else None
    if algorithm == "19":
        return {"nistp256": None, "nistp384": None, "nistp521": "WeakKey"}.get(curve, "UnknownKey")
    return None if algorithm in ("22", "27") and curve == "ed25519" else "UnknownKey"


def verify(payload, armor):
    """The identity of the key that signed, as `openpgp:FINGERPRINT`."""
    packet = dearmored(armor)
    issuer = form(packet)
    if issuer not in keys:
        raise Wrong("UnknownKey", "by a key of no declared file")
    if keys[issuer]:
        raise Wrong(keys[issuer], "by a key that is weak, or not read")
    with tempfile.NamedTemporaryFile() as file:
        file.write(armor + b"\n")
        file.flush()
        said = gpg(home("all"), "--status-fd", "1", "--verify", file.name, "-", data=payload).decode("utf-8", "replace")
    for line in said.splitlines():
        word = line.split()
        if word[1:2] == ["VALIDSIG"] and word[2] == issuer:
            return "openpgp:" + issuer
    raise Wrong("BadSignature", "it does not fit")


def dearmored(armor):
    lines = armor.split(b"\n")
    if len(lines) < 4 or lines[0] != BEGIN or lines[1] or lines[-1] != END:
        raise Wrong("Malformed", "the armor is not as GnuPG writes it")
    body = lines[2:-1]
    checksum = body.pop() if len(body) > 1 and body[-1][:1] == b"=" else None
    if any(len(line) != 64 for line in body[:-1]) or not 1 <= len(body[-1]) <= 64:
        raise Wrong("Malformed", "the armor is not in lines of 64")
    try:
        packet = base64.b64decode(b"".join(body), validate=True)
    except ValueError:
        raise Wrong("Malformed", "the armor is not base64")
    if base64.b64encode(packet) != b"".join(body) or checksum not in (None, b"=" + base64.b64encode(crc24(packet))):
        raise Wrong("Malformed", "the armor is not canonical")
    return packet


def crc24(data):
    crc = 0xb704ce
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc <<= 1
            crc ^= 0x1864cfb if crc & 0x1000000 else 0
    return (crc & 0xffffff).to_bytes(3, "big")


def form(packet):
    """The issuer's fingerprint, of a packet of the one form that is read."""
    body = content(packet)
    if body[:1] != b"\x04":
        raise Wrong("UnknownKey", "a signature of another version")
    if body[1:2] != b"\0":
        raise Wrong("Malformed", "a signature of another type")
    size = int.from_bytes(body[4:6], "big")
    hashed, rest = subpackets(body[6:6 + size]), body[6 + size:]
    unhashed = subpackets(rest[2:2 + int.from_bytes(rest[:2], "big")])
    times, issuers = ([data for kind, _, data in hashed if kind == wanted] for wanted in (2, 33))
    expirations = [data for kind, _, data in hashed if kind == 3]
    ids = [data for kind, _, data in hashed + unhashed if kind == 16]
    good = (len(times) == 1 and len(times[0]) == 4 and len(issuers) == 1 and len(issuers[0]) == 21 and issuers[0][0] == 4
            and all(not any(data) for data in expirations) and all(kind in CRITICAL for kind, critical, _ in hashed if critical)
            and len(unhashed) <= 1 and all(kind == 16 for kind, _, _ in unhashed)
            and all(issuers[0].endswith(one) and len(one) == 8 for one in ids))
    if not good:
        raise Wrong("Malformed", "subpackets that a record may not have")
    if body[3] in (1, 2, 3):
        raise Wrong("WeakKey", "over a hash that is broken")
    if body[3] not in (8, 9, 10):
        raise Wrong("UnknownKey", "over a hash that is not read")
    return issuers[0][1:].hex().upper()


def content(packet):
    """Of exactly one signature packet."""
    if len(packet) < 3:
        raise Wrong("Malformed", "no packet")
    first = packet[0]
    if first & 0xc0 == 0xc0:
        tag, rest = first & 0x3f, packet[1:]
        size, length = (1, rest[0]) if rest[0] < 192 else (2, (rest[0] - 192 << 8) + rest[1] + 192) if rest[0] < 224 else (
            (5, int.from_bytes(rest[1:5], "big")) if rest[0] == 255 else (0, -1))
    else:
        tag, rest = first >> 2 & 0xf, packet[1:]
        size = (1, 2, 4, 0)[first & 3] if first & 0x80 else 0
        length = int.from_bytes(rest[:size], "big") if size else -1
    if tag != 2 or length < 0 or len(rest) != size + length:
        raise Wrong("Malformed", "not exactly one signature packet")
    return rest[size:]


def subpackets(data):
    found = []
    while data:
        if data[0] < 192:
            size, length = 1, data[0]
        elif data[0] < 255:
            size, length = 2, (data[0] - 192 << 8) + int.from_bytes(data[1:2], "big") + 192
        else:
            size, length = 5, int.from_bytes(data[1:5], "big")
        if not length or len(data) < size + length:
            raise Wrong("Malformed", "a subpacket that is cut off")
        found.append((data[size] & 0x7f, bool(data[size] & 0x80), data[size + 1:size + length]))
        data = data[size + length:]
    return found
