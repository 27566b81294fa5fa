#!/usr/bin/env python3
"""Leaves out one tool of nix/tools.toml at a time: a test has to fail for each, or nobody needs the tool.

usage: undeclared.py [SCRIPT …]

It needs what .ci/run leaves under target/: the image, and what cargo built.
"""

import os
import pathlib
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "target" / "undeclared"
BUILT = ROOT / "target" / "debug"
IMAGE = ROOT / "target" / "image"

REHEARSAL = ["env", f"COMMIT={'0' * 40}", f"IMAGE={IMAGE}", f"DEPLOY_DIRECTORY={ROOT}/ecs", f"ADVISORY_DB={ROOT}/tests/apps/advisory-db"]

# What tries a script, where that is not the tests of its name. What a test plays is tried by the rehearsal.
TRIED = {
    "container": [[FOLDER / "tests", "test_image.Boots"]],
    "executable": [[FOLDER / "tests", "test_image.Executable"]],
    "image": [[FOLDER / "image", BUILT / "walkthrough", "made"]],
    "image-boots": [[FOLDER / "tests", "test_image.Boots"]],
    "image-content": [[FOLDER / "tests", "test_image.Content"]],
    "oci-layout": [[FOLDER / "tests", "test_image.Layout"]],
    "oci-rewrite": [[FOLDER / "tests", "test_image.Layout"]],
    "oci-unpack": [[FOLDER / "tests", "test_unpack"]],
    "registry-manifest": [[FOLDER / "tests", "test_registry"]],
    "rehearse": [[FOLDER / "tests", "test_rehearse"], [*REHEARSAL, FOLDER / "rehearse"]],
    "same-bytes": [[FOLDER / "tests", "test_image.SameBytes"]],
    "tests": [[FOLDER / "tests"]],
}


def notices(script, tool):
    """What is said when that tool is missing; nothing if all goes well without."""
    built = [f"{name}={BUILT / name}" for name in ("aws-stand-in", "deploy")]
    subprocess.run([ROOT / "tests" / "apps" / "programs.py", FOLDER, *built, "--without", f"{script}:{tool}"], check=True)
    for command in TRIED.get(script, [[FOLDER / "tests", f"test_{script.replace('-', '_')}"]]):
        # In a folder that can be written: an image is made in it.
        strictly = [ROOT / ".ci" / "strict", "sh", "-c", 'cd "$TMPDIR" && exec "$@"', "_", *command]
        failfast = ["discover", "--failfast"] if command == [FOLDER / "tests"] else ["--failfast"] if FOLDER / "tests" in command else []
        ended = subprocess.run([*strictly, *failfast], env={**os.environ, "IMAGE": str(IMAGE)}, capture_output=True, text=True)
        if ended.returncode:
            told = [line.strip() for line in (ended.stdout + ended.stderr).splitlines() if line.strip()]
            return next((line for line in told if "not found" in line or "No such file" in line), told[-1])
    return None


def main():
    listed = tomllib.loads((ROOT / "nix" / "tools.toml").read_text())
    needless = 0
    for script in sys.argv[1:] or listed:
        if said := notices(script, "nothing"):
            sys.exit(f"{script} fails with all its tools: {said}")
        for tool in listed[script]["tools"]:
            said = notices(script, tool)
            needless += said is None
            print(f"{script} without {tool}: {said[:100] if said else 'nobody misses it'}", flush=True)
    return needless


if __name__ == "__main__":
    sys.exit(min(main(), 1))
