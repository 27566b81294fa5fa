"""A vulnerability database as Trivy reads it, with one vulnerability: enough to see a real Trivy find it.

The file is a bbolt database (https://github.com/etcd-io/bbolt): pages of 4096 bytes, two of them meta pages, one a
list of free pages, the rest one leaf in which each bucket lies inline. What is in it has the shape of version 2 of
Trivy's schema.
"""

import datetime
import json
import struct

PAGE = 4096
META, LEAF, FREELIST = 4, 2, 16
SOURCE = "cargo::GitHub Security Advisory Rust"


def page(number, kind, count, body):
    """A page: id, flags, count of elements, pages beyond the first, and its body."""
    beyond = (16 + len(body) - 1) // PAGE
    return struct.pack("<QHHI", number, kind, count, beyond) + body


def leaf(number, members):
    """A leaf page of names and values; a value that is a dict becomes a bucket of its own."""
    elements, data = b"", b""
    members = sorted((name.encode(), value) for name, value in members.items())
    for index, (name, value) in enumerate(members):
        is_bucket = isinstance(value, dict)
        if is_bucket:
            # Root page 0: the bucket's own page follows, inline.
            value = struct.pack("<QQ", 0, 0) + leaf(0, value)
        # Positions count from their own element.
        position = 16 * (len(members) - index) + len(data)
        elements += struct.pack("<IIII", is_bucket, position, len(name), len(value))
        data += name + value
    return page(number, LEAF, len(members), elements + data)


def fnv(content):
    """FNV-1a, 64 bits."""
    value = 0xCBF29CE484222325
    for byte in content:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def bbolt(members):
    """The bytes of a database with those buckets."""
    root = leaf(3, members)
    pages = -(-len(root) // PAGE)
    out = b""
    for transaction in (0, 1):
        # Magic, version, page size, flags; root page and sequence, list of free pages, first page beyond, transaction.
        meta = struct.pack("<IIIIQQQQQ", 0xED0CDAED, 2, PAGE, 0, 3, 0, 2, 3 + pages, transaction)
        out += page(transaction, META, 0, meta + struct.pack("<Q", fnv(meta))).ljust(PAGE, b"\0")
    return out + page(2, FREELIST, 0, b"").ljust(PAGE, b"\0") + root.ljust(pages * PAGE, b"\0")


def write(cache, crate, severity, fixed, updated):
    """Makes the database in Trivy's cache folder: one vulnerability of all versions of a crate below `fixed`, if there
    is such a version, with a date."""

    def text(value):
        return json.dumps(value).encode()

    versions = {"VulnerableVersions": [f"<{fixed}"], "PatchedVersions": [fixed]} if fixed else {"VulnerableVersions": [">=0.0.0"]}
    detail = {"Title": "A planted one", "Severity": severity, "VendorSeverity": {"ghsa": {"MEDIUM": 2, "HIGH": 3, "CRITICAL": 4}[severity]}}
    folder = cache / "db"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "trivy.db").write_bytes(
        bbolt(
            {
                "data-source": {SOURCE: text({"ID": "ghsa", "Name": "planted", "URL": "https://example.org"})},
                SOURCE: {crate: {"CVE-2026-7777": text(versions)}},
                "vulnerability": {"CVE-2026-7777": text(detail)},
            }
        )
    )
    dates = {"UpdatedAt": updated, "DownloadedAt": updated, "NextUpdate": updated + datetime.timedelta(days=1)}
    (folder / "metadata.json").write_text(
        json.dumps({"Version": 2, **{name: date.strftime("%Y-%m-%dT%H:%M:%SZ") for name, date in dates.items()}})
    )
