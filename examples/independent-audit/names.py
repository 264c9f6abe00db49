# Copyright (c) 2026 the Countersign contributors
# SPDX-License-Identifier: Apache-2.0
"""Of a certificate (RFC 5280): names, key, issuer, beginning; and whether a policy's pattern fits a name."""

import datetime
import hashlib

ALTERNATIVE_NAMES = bytes.fromhex("0603551d11")
RSA = bytes.fromhex("06092a864886f70d010101")


def read(data, start=0):
    """(tag, where the content begins, where it ends) of one DER element."""
    tag, size, start = data[start], data[start + 1], start + 2
    if size & 0x80:
        count = size & 0x7f
        size, start = int.from_bytes(data[start:start + count], "big"), start + count
    return tag, start, start + size


def dns_names(der):
    return names_of(der, 0x82)


def names_of(der, kind):
    """dNSName (0x82) or iPAddress (0x87) entries of the subjectAltName extension (4.2.1.6)."""
    place = der.find(ALTERNATIVE_NAMES)
    if place < 0:
        return []
    start = place + len(ALTERNATIVE_NAMES)
    if der[start] == 0x01:  # critical
        start += 3
    _, start, _ = read(der, start)
    _, start, end = read(der, start)
    names = []
    while start < end:
        tag, content, start = read(der, start)
        if tag == kind:
            names.append(der[content:start].decode("latin-1"))
    return names


class Certificate:
    """What a renewal is compared by. Raises IndexError or ValueError for what is no certificate."""

    def __init__(self, der):
        self.der, self.leaf = der, hashlib.sha256(der).hexdigest()
        self.names = frozenset(names_of(der, 0x82))
        self.addresses = frozenset(names_of(der, 0x87))
        _, start, _ = read(der)
        _, start, _ = read(der, start)
        fields = []
        while len(fields) < 6:
            tag, content, end = read(der, start)
            # The version is not always there.
            if tag != 0xa0:
                fields.append((start, content, end))
            start = end
        _, _, issuer, validity, _, key = fields
        self.issuer = der[issuer[0]:issuer[2]]
        tag, content, end = read(der, validity[1])
        year = "%y" if tag == 0x17 else "%Y"
        self.begins = datetime.datetime.strptime(der[content:end].decode(), year + "%m%d%H%M%SZ")
        self.spki = hashlib.sha256(der[key[0]:key[2]]).hexdigest()
        self.key_type = self.read_key_type(der, key[1])

    @staticmethod
    def read_key_type(der, start):
        """The algorithm with its parameters, of RSA how long the modulus is."""
        _, content, end = read(der, start)
        algorithm = der[content:end]
        if not algorithm.startswith(RSA):
            return algorithm, None
        _, bits, _ = read(der, end)
        _, inner, _ = read(der, bits + 1)
        _, number, last = read(der, inner)
        return RSA, int.from_bytes(der[number:last], "big").bit_length()


def covers(pattern, name):
    """Whether all that `name` stands for lies within `pattern`."""
    (left, left_wild), (right, right_wild) = split(pattern), split(name)
    return not left_wild and not right_wild and left == right or left_wild and (right.endswith("." + left) or right_wild and left == right)


def split(text):
    text = text.lower().rstrip(".")
    return (text[2:], True) if text.startswith("*.") else (text, False)


def fits(pattern, name):
    """A wildcard stands for one or more labels, on either side."""
    (left, left_wild), (right, right_wild) = split(pattern), split(name)
    return (left == right and left_wild == right_wild
            or left_wild and right.endswith("." + left) or right_wild and left.endswith("." + right))
