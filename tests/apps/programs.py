#!/usr/bin/env python3
"""Makes programs of the scripts under nix/ and .github/ as the flake does, to be tried where there is no Nix.

Each is a launcher in FOLDER, and on its path are the tools that nix/tools.toml lists for it and nothing else: a tool
that is called and not listed is not found. What $FAKES names comes before them, for a test that puts something else in
the place of one. FOLDER/tests runs the tests.
"""

import argparse
import json
import os
import pathlib
import shlex
import shutil
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# What is of the service: its name, its port and so on.
SERVICE = tomllib.loads((ROOT / "service.toml").read_text())

# The programs of each package, as far as they are not named like it.
COMMANDS = {
    "awscli2": "aws",
    "bash": "bash sh",
    "bubblewrap": "bwrap",
    "coreutils": """[ arch b2sum base32 base64 basename basenc cat chcon chgrp chmod chown chroot cksum comm cp csplit cut
        date dd df dir dircolors dirname du echo env expand expr factor false fmt fold groups head hostid id install join
        kill link ln logname ls md5sum mkdir mkfifo mknod mktemp mv nice nl nohup nproc numfmt od paste pathchk pinky pr
        printenv printf ptx pwd readlink realpath rm rmdir runcon seq sha1sum sha224sum sha256sum sha384sum sha512sum
        shred shuf sleep sort split stat stdbuf stty sum sync tac tail tee test timeout touch tr true truncate tsort tty
        uname unexpand uniq unlink uptime users vdir wc who whoami yes""",
    "diffutils": "cmp diff diff3 sdiff",
    # Debian has it under the name of the project that it was once a part of.
    "distribution": "docker-registry",
    "findutils": "find xargs",
    "gawk": "awk gawk",
    "git": "git",
    "gnugrep": "egrep fgrep grep",
    "gnused": "sed",
    "gnutar": "tar",
    "gzip": "gunzip gzip zcat",
    "pigz": "pigz unpigz",
    "stdenv.cc": "ar as cc gcc ld nm objcopy objdump ranlib readelf size strings strip",
    "util-linux": "mount setpriv umount unshare",
}
RENAMED = {"docker-registry": "registry"}

# Programs that cargo builds. Where they are not given, a test plays them.
BUILT = {"aws-stand-in", "deploy"}


def for_everybody(file):
    """Whether anybody may run that file: whoever runs the tests is not whoever installed it."""
    return all(place.stat().st_mode & 0o001 for place in (file, *file.parents))


def find(command, keep):
    """The file of a command of this machine; nothing if there is none. An executable that only its owner reaches is copied
    to the folder `keep`."""
    own = None
    for place in (pathlib.Path(folder).absolute() / command for folder in os.get_exec_path()):
        if not os.access(place, os.X_OK):
            continue
        # As it is named: some programs go by their name.
        if for_everybody(place) and for_everybody(place.resolve()):
            return place
        own = own or (place if place.read_bytes()[:4] == b"\x7fELF" else None)
    if own:
        keep.mkdir(exist_ok=True)
        return pathlib.Path(shutil.copy(own, keep / command))
    return None


def link(package, folder, keep):
    """Puts links to the package's programs into the folder; whether there is any."""
    found = {RENAMED.get(command, command): find(command, keep) for command in COMMANDS.get(package, package).split()}
    for name, file in found.items():
        if file:
            (folder / name).symlink_to(file)
    return any(found.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("built", nargs="*", metavar="NAME=FILE", help="a program that cargo built")
    parser.add_argument("--folders", type=pathlib.Path, help="JSON: where each package has its programs; else they are this machine's")
    parser.add_argument("--without", metavar="SCRIPT:TOOL", default=":", help="as if that were not listed")
    given = parser.parse_args()
    folder = given.folder.absolute()
    built = {name: pathlib.Path(file).absolute() for name, file in (pair.split("=", 1) for pair in given.built)}
    folders = given.folders and json.loads(given.folders.read_text())
    listed = tomllib.loads((ROOT / "nix" / "tools.toml").read_text())
    told = "".join(f"export SERVICE_{key.upper()}={shlex.quote(str(value))}\n" for key, value in SERVICE.items())
    left_out = tuple(given.without.split(":", 1))
    scripts = {script.stem: script for place in (ROOT / "nix", ROOT / ".github", HERE) for script in place.rglob("*.sh")}
    if scripts.keys() != listed.keys():
        sys.exit(f"programs: nix/tools.toml lists other scripts than there are: {sorted(scripts.keys() ^ listed.keys())}")

    shutil.rmtree(folder, ignore_errors=True)
    missing = set()
    for name, tools in listed.items():
        links = folder / "tools" / name
        links.mkdir(parents=True)
        path = [links]
        for tool in tools["tools"] + tools.get("services", []):
            if (name, tool) == left_out:
                continue
            if tool in listed or tool in built:
                (links / tool).symlink_to(built.get(tool, folder / tool))
            elif folders and tool in folders:
                path.append(folders[tool])
            elif not folders and tool not in BUILT and not link(tool, links, folder / "copies"):
                missing |= {tool} - set(tools.get("services", []))
        if name == "tests":
            path.insert(0, folder)
        launcher = folder / name
        launcher.write_text(
            f"#!{shutil.which('bash')}\n"
            "set -euo pipefail\n"
            f"export PATH=${{FAKES:+$FAKES:}}{shlex.quote(os.pathsep.join(map(str, path)))}\n"
            f"export ECR_HOSTS=${{ECR_HOSTS:-{shlex.quote(str(ROOT / 'ecs' / 'src' / 'ecr-hosts.txt'))}}}\n"
            f"{told}"
            f"source {shlex.quote(str(scripts[name]))}\n"
        )
        launcher.chmod(0o755)
    if missing:
        sys.exit(f"programs: not installed, by their names in nixpkgs: {', '.join(sorted(missing))}")


if __name__ == "__main__":
    main()
