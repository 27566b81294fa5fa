#!/usr/bin/env python3
"""usage: sbom.py EXECUTABLE
Holds /sbom.cdx.json of an executable that has its list of crates against what others say of such a document: the strict
schema of CycloneDX 1.6, and an auditor of SBOMs, which looks for the NTIA's minimum elements and more.

Its bill is made by nix/bill.py, of the crates that Cargo has here, and of linked.json: what Nix writes of the real nixpkgs'
inputs. No checker that finds nothing is believed: each has to miss what was taken out.
"""

import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request
import zlib

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = pathlib.Path(__file__).resolve().parent.parent

# The one element that is left out: the same executable gives the same document, whenever somebody asks for it. See
# docs/decisions/0024-bill.md.
TIME = "2026-01-01T00:00:00Z"

# The auditor's list of these knows licences, and no expressions of them.
NO_EXPRESSIONS = "OSI Approved license for "


def bill(executable, folder):
    """A bill of the executable, in a folder of its own."""
    packed = folder / "crates"
    subprocess.run(["objcopy", "--dump-section", f".dep-v0={packed}", executable, "/dev/null"], check=True)
    (folder / "crates.json").write_bytes(zlib.decompress(packed.read_bytes()))
    (folder / "sources").mkdir()
    crates = pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo")) / "registry" / "src"
    compiled = subprocess.run(["rustc", "--print", "target-libdir"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    given = {"listed": folder / "crates.json", "lock": ROOT / "Cargo.lock", "vendored": crates}
    given |= {"linked": ROOT / "tests" / "linked.json", "sources": folder / "sources", "compiled": compiled}
    made = folder / "bill"
    subprocess.run([sys.executable, ROOT / "nix" / "bill.py", made, *(f"--{name}={value}" for name, value in given.items())], check=True)
    return made


def document(executable, made):
    """What the site answers with that bill."""
    environment = {"PATH": os.environ["PATH"], "ROCKET_PORT": "0", "WALKTHROUGH_BILL_DIR": str(made)}
    service = subprocess.Popen([executable], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        events = (json.loads(line) for line in service.stdout)
        port = next(event["port"] for event in events if event["message"] == "listening")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sbom.cdx.json") as answer:
            return json.load(answer)
    finally:
        service.kill()
        service.wait()


def schema(sbom):
    """What the strict schema says against it; nothing if it says nothing."""
    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(sbom))


def audit(sbom, folder):
    """What the auditor says fails, and how many things it looked at."""
    written, said = folder / "sbom.cdx.json", folder / "audit.json"
    written.write_text(json.dumps(sbom))
    command = ["sbomaudit", "--offline", "--verbose", "--purlcheck", "--input-file", written, "--output-file", said]
    # It ends with 1 where the document conforms. What it says is what counts.
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)

    def results(part):
        if isinstance(part, dict):
            if "text" in part and "state" in part:
                yield part
            part = list(part.values())
        for inner in part if isinstance(part, list) else []:
            yield from results(inner)

    seen = list(results(json.loads(said.read_text())))
    seen = [result for result in seen if not result["text"].startswith(NO_EXPRESSIONS)]
    return {result["text"] for result in seen if result["state"] == "Fail"}, len(seen)


def main():
    executable = pathlib.Path(sys.argv[1]).absolute()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        sbom = document(executable, bill(executable, folder))

        if wrong := schema(sbom):
            sys.exit(f"sbom: the schema is broken: {wrong}")
        broken = copy.deepcopy(sbom)
        broken["components"][0]["colour"] = "red"
        assert schema(broken), "the schema takes everything"

        whole = copy.deepcopy(sbom)
        whole["metadata"]["timestamp"] = TIME
        failed, seen = audit(whole, folder)
        if failed:
            sys.exit("sbom: the auditor misses, the time aside:\n" + "\n".join(sorted(failed)))
        without = audit(sbom, folder)[0]
        assert {text.split(":")[0] for text in without} == {"NTIA conformant", "SBOM Creation time defined"}, without
        for member in ("supplier", "version", "licenses", "purl"):
            poor = copy.deepcopy(whole)
            del poor["components"][0][member]
            assert audit(poor, folder)[0], f"the auditor does not miss {member}"

        names = {component["name"] for component in sbom["components"]}
        assert {"glibc", "libgcc", "rust-std", "rocket"} <= names, names
        print(f"sbom: {len(sbom['components'])} components by the strict schema; by sbomaudit {seen} of {seen} checks, all but {sorted(without)} without a time")


if __name__ == "__main__":
    main()
