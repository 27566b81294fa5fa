#!/usr/bin/env python3
"""Writes down what an executable was made of, for whoever gets it: FOLDER/bill.json, which the service reads, and
FOLDER/licences.txt, the terms under which all of that may be passed on.

Which crates there are, the executable says itself, by the list that cargo-auditable left in it. What each is licensed by
comes from its manifest, and its checksum from the lock file. What is linked besides crates comes from LINKED, which Nix
writes: a list of objects with name, version, licence, homepage, cpe, patches, source, a URL, and the sha256 of what is
there. What Nix does not know is null. The same inputs give the same bytes.
"""

import argparse
import json
import pathlib
import re
import tomllib
import urllib.parse

# How the files and folders are called that say on what terms a crate or an archive comes.
TERMS = re.compile(r"(un)?licen[cs]e|copying|copyright|notice", re.IGNORECASE)

# What nobody says of a crate that is part of something else.
UNSAID = {"cpe": None, "homepage": None, "patches": [], "source": None}


class Folders(dict):
    """The vendored crates below a folder: name and version to where each lies, by what the manifests say."""

    def __init__(self, vendored):
        super().__init__()
        # Crane keeps the crates of each registry behind a link.
        for place in sorted(vendored.glob("*/Cargo.toml")) + sorted(vendored.glob("*/*/Cargo.toml")):
            package = tomllib.loads(place.read_text()).get("package", {})
            self.setdefault((package.get("name"), package.get("version")), (place.parent, package))


def expression(licence):
    """A manifest's licence as an SPDX expression: before there were any, a slash stood for OR."""
    return re.sub(r"\s*/\s*", " OR ", licence) if licence else None


def described(name, version, checksum, folders):
    """A crate as the bill has it, and where it lies; nowhere if it was not vendored."""
    folder, package = folders.get((name, version), (None, {}))
    crate = {"name": name, "version": version, "licence": expression(package.get("license")), "sha256": checksum}
    return crate, folder


def checksums(lock):
    """Name and version to the SHA-256 of the archive that a registry has; of each crate that comes from one."""
    packages = tomllib.loads(lock.read_text()).get("package", [])
    return {(package["name"], package["version"]): package["checksum"] for package in packages if "checksum" in package}


def reached(lock, root):
    """The packages that `root` depends on by a lock file, whatever the target."""
    packages = tomllib.loads(lock.read_text()).get("package", [])
    found, waiting = set(), [root]
    while waiting:
        # A name, and a version if there are two of it.
        name, *version = waiting.pop().split(" ")
        for package in packages:
            key = package["name"], package["version"]
            if name == package["name"] and version[:1] in ([], [package["version"]]) and key not in found:
                found.add(key)
                waiting += package.get("dependencies", [])
    return found


def of_the_standard_library(source, compiled):
    """The crates of others that are part of Rust's standard library: those that it depends on and that were compiled for the
    target, which `compiled` holds as libNAME-HASH.rlib."""
    lock = source / "library" / "Cargo.lock"
    if not lock.exists():
        return []
    names = {match[1] for file in compiled.iterdir() if (match := re.fullmatch(r"lib(\w+)-[0-9a-f]+\.rlib", file.name))}
    known, folders = checksums(lock), Folders(source / "vendor")
    wanted = sorted(key for key in reached(lock, "std") if key in known and key[0].replace("-", "_") in names)
    return [described(*key, known[key], folders) for key in wanted]


def package_url(component):
    """A package URL (ECMA-427) of what is in no registry: where its source is, and what that has to be."""
    if None in (component["version"], component["source"], component["sha256"]):
        return None
    source = urllib.parse.quote(component["source"], safe="/:")
    return f"pkg:generic/{component['name']}@{component['version']}?checksum=sha256:{component['sha256']}&download_url={source}"


def terms(folder):
    """The texts of the terms in a folder, and in a folder there that holds nothing else."""
    for place in sorted(folder.iterdir()):
        if TERMS.match(place.name):
            files = sorted(place.rglob("*")) if place.is_dir() else [place]
            yield from (file.read_text(errors="replace") for file in files if file.is_file())


class Licences:
    """Texts, each once, with the names of all that come under it."""

    def __init__(self):
        self.texts, self.users, self.without = {}, {}, []

    def add(self, who, licence, folder):
        found = list(terms(folder)) if folder and folder.is_dir() else []
        for text in found:
            # They differ in where the lines end.
            key = " ".join(text.split())
            self.texts.setdefault(key, text.strip())
            self.users.setdefault(key, [])
            if who not in self.users[key]:
                self.users[key].append(who)
        if not found:
            self.without.append(f"{who}: {licence or 'not known'}")

    def written(self, linked):
        yield "What is in this executable, and the terms under which each part of it comes. Texts that are the same stand once."
        for component in linked:
            yield from notice(component)
        if self.without:
            yield "These come without a text; what they say of their licence:\n" + "\n".join(f"  {line}" for line in self.without)
        # Those that differ in a name only stand side by side, where they compress best.
        for key in sorted(self.texts, key=lambda key: (re.sub(r"(?i)copyright.{0,80}", "", key), key)):
            yield "=" * 80 + "\n" + "\n".join(self.users[key]) + "\n" + "=" * 80 + f"\n\n{self.texts[key]}"


def notice(component):
    """What has to be said of what is linked besides crates: what it is, whose, and where its source is."""

    def said(value):
        return value or "not known"

    yield "\n".join(
        [
            f"{component['name']} {said(component['version'])}, linked in, under {said(component['licence'])}",
            f"  Homepage: {said(component['homepage'])}",
            f"  Source: {said(component['source'])}",
            f"  SHA-256 of that: {said(component['sha256'])}",
            f"  Patches, from nixpkgs at the revision in flake.lock: {', '.join(component['patches']) or 'none'}",
        ]
    )
    if "LGPL" in (component["licence"] or ""):
        yield (
            f"You may link this executable with another {component['name']}: its own source, and all that builds it, is in the\n"
            "repository that the site names, where nix/package.nix says what is linked."
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--listed", type=pathlib.Path, required=True, help="the executable's list of crates, as JSON")
    parser.add_argument("--lock", type=pathlib.Path, required=True, help="Cargo.lock")
    parser.add_argument("--vendored", type=pathlib.Path, required=True, help="the crates' sources")
    parser.add_argument("--linked", type=pathlib.Path, required=True, help="what is linked besides, as JSON")
    parser.add_argument("--sources", type=pathlib.Path, required=True, help="what is kept of each one's source: NAME/…")
    parser.add_argument("--compiled", type=pathlib.Path, required=True, help="the compiled standard library")
    given = parser.parse_args()

    licences = Licences()
    known, folders = checksums(given.lock), Folders(given.vendored)
    crates = []
    for listed in json.loads(given.listed.read_text())["packages"]:
        if listed.get("root"):
            continue
        key = listed["name"], listed["version"]
        crate, folder = described(*key, known.get(key), folders)
        crates.append(crate)
        # What only helped to build is not passed on.
        if listed.get("kind") != "build":
            licences.add("{} {}".format(*key), crate["licence"], folder)

    linked = []
    for component in json.loads(given.linked.read_text()):
        name, source = component["name"], given.sources / component["name"]
        linked.append(component | {"purl": package_url(component), "part_of": None})
        licences.add(name, component["licence"], source)
        for crate, folder in of_the_standard_library(source, given.compiled):
            linked.append(UNSAID | crate | {"purl": f"pkg:cargo/{crate['name']}@{urllib.parse.quote(crate['version'])}", "part_of": name})
            licences.add(f"{crate['name']} {crate['version']}, part of {name}", crate["licence"], folder)

    given.folder.mkdir()
    bill = {"linked": linked, "crates": sorted(crates, key=lambda crate: (crate["name"], crate["version"]))}
    (given.folder / "bill.json").write_text(json.dumps(bill, indent=1, sort_keys=True) + "\n")
    besides = [component for component in linked if not component["part_of"]]
    (given.folder / "licences.txt").write_text("\n\n\n".join(licences.written(besides)) + "\n")


if __name__ == "__main__":
    main()
