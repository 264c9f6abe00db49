# Copyright (c) 2026 the Countersign contributors
# SPDX-License-Identifier: Apache-2.0
"""Objects of a git repository, by stock git; their ids computed anew from their bytes."""

import base64
import hashlib
import os
import re
import subprocess
import tempfile

import openpgp


class Unreadable(Exception):
    """What is needed is not there, or is not what it should be."""


class Git:
    def __init__(self, path):
        self.path = path
        # Replace refs are another way to say that a commit is not what its id says.
        self.environment = dict(os.environ, GIT_NO_REPLACE_OBJECTS="1", GIT_TERMINAL_PROMPT="0", LC_ALL="C")
        folder = self.run("rev-parse", "--git-common-dir").strip()
        folder = folder if os.path.isabs(folder) else os.path.join(path, folder)
        for name in ("shallow", "info/grafts"):
            file = os.path.join(folder, name)
            if os.path.exists(file) and os.path.getsize(file):
                raise Unreadable(f"{name} changes the history of this clone")
        self.batch = subprocess.Popen(
            ["git", "-C", path, "cat-file", "--batch"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self.environment)
        self.kept = {}

    def run(self, *arguments, check=True):
        done = subprocess.run(["git", "-C", self.path, *arguments], capture_output=True, env=self.environment)
        if check and done.returncode:
            raise Unreadable(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode("utf-8", "surrogateescape") if check else done.returncode

    def object(self, name):
        """(type, bytes), or None where it is not there."""
        if name not in self.kept:
            self.kept[name] = self.fetch(name)
        return self.kept[name]

    def fetch(self, name):
        self.batch.stdin.write(name.encode() + b"\n")
        self.batch.stdin.flush()
        head = self.batch.stdout.readline().split()
        if len(head) != 3:
            return None
        kind, size = head[1].decode(), int(head[2])
        data = self.batch.stdout.read(size + 1)[:-1]
        if object_id(kind, data) != name:
            raise Unreadable(f"{name} is not what its id says")
        return kind, data

    def bytes(self, name, kind):
        found = self.object(name)
        if not found or found[0] != kind:
            raise Unreadable(f"there is no {kind} {name}")
        return found[1]

    def reference(self, name):
        return self.run("for-each-ref", "--format=%(objectname)", name).split("\n")[0] or None

    def commit(self, name):
        return Commit(self.bytes(name, "commit"))

    def is_ancestor(self, old, new):
        return self.run("merge-base", "--is-ancestor", old, new, check=False) == 0

    def merge_bases(self, left, right):
        done = subprocess.run(
            ["git", "-C", self.path, "merge-base", "--all", left, right], capture_output=True, env=self.environment)
        return done.stdout.decode().split()

    def ancestors(self, new, but_not=()):
        """`new` and all before it, without those before `but_not`; newest first."""
        return self.run("rev-list", "--topo-order", new, *("^" + name for name in but_not)).split()

    def entries(self, tree):
        """name -> (mode, id) of one tree."""
        found, data, start = {}, self.bytes(tree, "tree"), 0
        while start < len(data):
            space, end = data.index(b" ", start), data.index(b"\0", start)
            name = data[space + 1:end].decode("utf-8", "surrogateescape")
            found[name] = (data[start:space].decode(), data[end + 1:end + 21].hex())
            start = end + 21
        return found

    def changes(self, old, new, prefix=""):
        """path -> (blob before or None, blob after or None); equal folders are not looked into. A tree of None is empty."""
        found = {}
        before, after = (self.entries(tree) if tree else {} for tree in (old, new))
        for name in set(before) | set(after):
            was, now = before.get(name), after.get(name)
            if was == now:
                continue
            folders = [side[1] if side and side[0] == "40000" else None for side in (was, now)]
            if any(folders):
                found.update(self.changes(*folders, prefix + name + "/"))
            files = [side[1] if side and side[0] in ("100644", "100755") else None for side in (was, now)]
            if any(files):
                found[prefix + name] = tuple(files)
        return found

    def files(self, tree):
        """path -> blob of all regular files."""
        return {path: after for path, (_, after) in self.changes(None, tree).items()}


def object_id(kind, data):
    return hashlib.sha1(f"{kind} {len(data)}\0".encode() + data).hexdigest()


IDENTITY = re.compile(r"(?:([^<>\x00-\x1f\x7f]*) )?<([^<>\x00-\x1f\x7f]*)> (0|[1-9][0-9]{0,17}) [+-]([01][0-9]|2[0-3])[0-5][0-9]")


class Commit:
    """The raw bytes of a commit, taken apart (section 2.1)."""

    def __init__(self, raw):
        self.raw = raw
        head, separator, self.message = raw.partition(b"\n\n")
        if not separator:
            raise Unreadable("the commit's header has no end")
        self.headers, payload = [], []
        for line in head.split(b"\n"):
            if line.startswith(b" "):
                if not self.headers:
                    raise Unreadable("the commit begins with a continuation line")
                self.headers[-1][1].append(line[1:])
            else:
                name, _, value = line.partition(b" ")
                self.headers.append((name.decode("latin-1"), [value]))
            if not self.headers[-1][0] in ("gpgsig", "gpgsig-sha256"):
                payload.append(line)
        self.payload = b"\n".join(payload) + b"\n\n" + self.message
        self.tree = self.first("tree").decode("latin-1")
        self.parents = [b"\n".join(value).decode("latin-1") for name, value in self.headers if name == "parent"]
        self.armor = self.first("gpgsig", None)
        self.author, self.committer = (self.identity(name) for name in ("author", "committer"))
        self.date = self.committer and self.committer[1]

    def first(self, name, default=b""):
        return next((b"\n".join(value) for other, value in self.headers if other == name), default)

    def identity(self, name):
        """(address, seconds), or None where the line is not of git's form."""
        try:
            found = IDENTITY.fullmatch(self.first(name).decode())
        except UnicodeDecodeError:
            return None
        return found and (found[2], int(found[3]))

    def fault(self):
        """Why it is not as a record or a status commit must be, but for the number of its parents."""
        names = [name for name, _ in self.headers]
        order = [name for name in ("tree", "parent", "author", "committer", "gpgsig") for _ in range(names.count(name))]
        once = all(names.count(name) == 1 for name in ("tree", "author", "committer")) and names.count("gpgsig") <= 1
        if names != order or not once:
            return "a header that is unknown, twice or out of place"
        for name, value in self.headers:
            data = b"".join(value)
            if any(byte < 0x20 or byte == 0x7f for byte in data) or not decodes(data):
                return f"the header {name} has a control byte or is not UTF-8"
        if not self.author or not self.committer:
            return "author or committer are not of git's form"
        if len(set(self.parents)) != len(self.parents):
            return "one parent twice"
        if b"\r" in self.message or b"\0" in self.message or not decodes(self.message):
            return "the message has CR or NUL or is not UTF-8"
        if re.search("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", self.message.decode()):
            return "the message has a control that changes the direction of text"
        return None


def decodes(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


# Signatures (section 2.3)

BEGIN, END = b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----"
verified = {}


class Refused(Exception):
    def __init__(self, code, why):
        super().__init__(f"{code}: {why}")
        self.code = code


def strings(data):
    """SSH's strings, until the end."""
    found = []
    while data:
        size = int.from_bytes(data[:4], "big")
        if len(data) < 4 + size:
            raise Refused("Malformed", "an SSHSIG that is cut off")
        found.append(data[4:4 + size])
        data = data[4 + size:]
    return found


def signer(commit):
    """The key that signed a commit, as `type base64` or `openpgp:FINGERPRINT`."""
    if commit.armor is None:
        raise Refused("Unsigned", "the commit is not signed")
    known = (commit.payload, commit.armor)
    if known not in verified:
        # What is refused is not kept: an OpenPGP key may be declared only by a set that is read later.
        verified[known] = verify(*known)
    return verified[known]


def verify(payload, armor):
    lines = armor.split(b"\n")
    if lines[0] == openpgp.BEGIN:
        try:
            return openpgp.verify(payload, armor)
        except openpgp.Wrong as wrong:
            raise Refused(*wrong.args)
    if lines[0] != BEGIN:
        raise Refused("UnknownKey" if lines[0] == b"-----BEGIN SIGNED MESSAGE-----" else "Malformed", "no signature that is read")
    body = lines[1:-1]
    if len(lines) < 3 or lines[-1] != END or any(len(line) != 70 for line in body[:-1]) or not 1 <= len(body[-1]) <= 70:
        raise Refused("Malformed", "the armor is not canonical")
    try:
        blob = base64.b64decode(b"".join(body), validate=True)
    except ValueError:
        raise Refused("Malformed", "the armor is not base64")
    if base64.b64encode(blob) != b"".join(body) or blob[:10] != b"SSHSIG\0\0\0\1":
        raise Refused("Malformed", "the armor is not canonical")
    parts = strings(blob[10:])
    if len(parts) != 5 or parts[2] or parts[3] not in (b"sha256", b"sha512") or not parts[1]:
        raise Refused("Malformed", "not an SSHSIG of version 1")
    key, namespace, signature = parts[0], parts[1], parts[4]
    if namespace != b"git":
        raise Refused("WrongNamespace", "made for another purpose")
    kind = key[4:4 + int.from_bytes(key[:4], "big")].decode("latin-1")
    algorithm = signature[4:4 + int.from_bytes(signature[:4], "big")].decode("latin-1")
    if kind == "ssh-rsa" and int.from_bytes((strings(key) + [b"", b""])[2], "big").bit_length() < 3072:
        raise Refused("WeakKey", "RSA below 3072 bits")
    if kind in ("ecdsa-sha2-nistp521", "ssh-dss") or algorithm == "ssh-rsa":
        raise Refused("WeakKey", f"{kind} {algorithm}")
    good = {"ssh-ed25519": (kind,), "sk-ssh-ed25519@openssh.com": (kind,), "ecdsa-sha2-nistp256": (kind,),
            "ecdsa-sha2-nistp384": (kind,), "ssh-rsa": ("rsa-sha2-256", "rsa-sha2-512")}
    if kind not in good:
        raise Refused("UnknownKey", f"a key of type {kind}")
    if algorithm not in good[kind]:
        raise Refused("BadSignature", "key and signature are of two kinds")
    # The five bytes at the end of a security key's signature: flags, and a counter. The lowest flag says that it was touched.
    if kind.startswith("sk-") and not signature[-5] & 1:
        raise Refused("BadSignature", "nobody touched the security key")
    with tempfile.NamedTemporaryFile() as file:
        file.write(armor + b"\n")
        file.flush()
        done = subprocess.run(
            ["ssh-keygen", "-Y", "check-novalidate", "-n", "git", "-s", file.name], input=payload, capture_output=True)
    if done.returncode:
        raise Refused("BadSignature", "it does not fit")
    return f"{kind} {base64.b64encode(key).decode()}"


def fingerprint(key):
    """As `ssh-keygen -l` shows it; an OpenPGP key is called by its own."""
    if key.startswith("openpgp:"):
        return key
    digest = hashlib.sha256(base64.b64decode(key.split(" ")[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
