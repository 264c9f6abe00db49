# Copyright (c) 2026 the Countersign contributors
# SPDX-License-Identifier: Apache-2.0
"""DNS names of a certificate, and whether a policy's pattern fits one."""

ALTERNATIVE_NAMES = bytes.fromhex("0603551d11")


def read(data, start=0):
    """(tag, where the content begins, where it ends) of one DER element."""
    tag, size, start = data[start], data[start + 1], start + 2
    if size & 0x80:
        count = size & 0x7f
        size, start = int.from_bytes(data[start:start + count], "big"), start + count
    return tag, start, start + size


def dns_names(der):
    """dNSName entries of the subjectAltName extension (RFC 5280, 4.2.1.6)."""
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
        if tag == 0x82:
            names.append(der[content:start].decode("latin-1"))
    return names


def fits(pattern, name):
    """A wildcard stands for one or more labels, on either side."""
    (left, left_wild), (right, right_wild) = ((text[2:], True) if text.startswith("*.") else (text, False)
                                              for text in (one.lower().rstrip(".") for one in (pattern, name)))
    return (left == right and left_wild == right_wild
            or left_wild and right.endswith("." + left) or right_wild and left.endswith("." + right))
