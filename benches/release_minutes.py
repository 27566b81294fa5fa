#!/usr/bin/env python3
"""How long a release takes: what its jobs build, timed on this machine and laid out on the graph of the workflows.

    benches/release_minutes.py measure SECONDS.json              # builds all there is, cold: an empty store says most
    benches/release_minutes.py show SECONDS.json [TREE]          # the jobs of TREE (here), their path and their sum

`measure` runs `nix flake check` and the rehearsal and writes what each derivation took, {name: seconds}; what comes from a
binary cache takes nothing. `show` reads TREE/.github/workflows, asks Nix which of those derivations each job needs that
the same job has not built before, and prints a table in Markdown. A job's own start, checkouts, downloads and what AWS
takes are not in it: they are not this machine's to measure. `--nix COMMAND` takes the place of nix.

It needs PyYAML, which tests/requirements.txt brings along.
"""

import argparse
import json
import pathlib
import re
import shlex
import subprocess
import sys
import time

import yaml

SYSTEM = "x86_64-linux"
ACTIVITY_BUILD = 105  # nix's logging.hh
REHEARSAL = "nix run .#rehearse"


def measure(nix, file):
    seconds, took, running = {}, {}, {}
    # One at a time: each has the machine to itself.
    command = [*nix, "flake", "check", "--max-jobs", "1", "--log-format", "internal-json"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace") as check:
        for line in check.stderr:
            event = json.loads(line[5:]) if line.startswith("@nix {") else {"action": ""}
            if event["action"] == "start" and event.get("type") == ACTIVITY_BUILD:
                running[event["id"]] = (event["fields"][0], time.monotonic())
            elif event["action"] == "stop" and event["id"] in running:
                path, start = running.pop(event["id"])
                took[path] = time.monotonic() - start
                print(f"{took[path]:7.1f} s  {path}", file=sys.stderr)
    if check.returncode:
        sys.exit("nix flake check failed: run it without this to see why")
    for path, name in names_of(nix, took).items():
        seconds[name] = seconds.get(name, 0) + took[path]
    start = time.monotonic()
    subprocess.run([*nix, "run", ".#rehearse"], check=True, stdout=subprocess.DEVNULL)
    seconds[REHEARSAL] = time.monotonic() - start
    # What takes less is unpacking, of which there is a lot: it counts as the download that it belongs to.
    kept = {name: round(took, 1) for name, took in sorted(seconds.items()) if took >= 2}
    file.write_text(json.dumps(kept, indent=2) + "\n")


def names_of(nix, paths, *options):
    """{path of a derivation: its name}, without the hash and the version, which a change of it would change.

    Two that bear one name differ by cargo's profile: the dependencies of the checks and those of the executable.
    """
    command = [*nix, "derivation", "show", *options, *paths]
    told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    names = {}
    # Nix 2.34 wraps them, and leaves the folder out.
    for path, derivation in told.get("derivations", told).items():
        path = pathlib.PurePath("/nix/store", path)
        profile = derivation["env"].get("CARGO_PROFILE")
        name = re.sub(r"(-[0-9][0-9.]*)?\.drv$", "", path.name.split("-", 1)[1])
        names[str(path)] = f"{name} ({profile})" if profile else name
    return names


class Builds:
    """What the flake of a tree builds for what a step asks for: the names of derivations."""

    def __init__(self, nix, tree, seconds):
        self.nix, self.tree, self.seconds, self.known = nix, tree, seconds, {}

    def ask(self, *arguments):
        return subprocess.run([*self.nix, *arguments], cwd=self.tree, check=True, stdout=subprocess.PIPE, text=True).stdout

    def of(self, attribute):
        if attribute not in self.known:
            apply = (
                "value: builtins.attrNames (builtins.foldl' (all: one: all // builtins.getContext one) { } "
                '(if builtins.isString value then [ value ] else if value ? type && value.type == "derivation" '
                "then [ value.drvPath ] else map (one: one.drvPath) (builtins.attrValues value)))"
            )
            roots = json.loads(self.ask("eval", "--json", f".#{attribute}", "--apply", apply))
            self.known[attribute] = set(names_of(self.nix, roots, "--recursive").values()) & self.seconds.keys()
        return self.known[attribute]

    def step(self, command):
        """What one step builds, and what it takes besides."""
        names, besides = set(), 0
        if "nix flake check" in command:
            names |= self.of(f"checks.{SYSTEM}")
        for name in re.findall(r"nix build \.#([a-z-]+)", command):
            names |= self.of(f"packages.{SYSTEM}.{name}")
        for name in re.findall(r"nix run \.#([a-z-]+)", command):
            names |= self.of(f"apps.{SYSTEM}.{name}.program")
        if REHEARSAL in command:
            besides = self.seconds[REHEARSAL]
        return names, besides


def jobs_of(folder, workflow="release", prefix="", needs=()):
    """{job: (the jobs it waits for, the commands it runs)}, with called workflows in the place of the jobs that call them."""
    jobs = yaml.safe_load((folder / f"{workflow}.yml").read_text())["jobs"]
    found, ends = {}, {}
    for name, job in jobs.items():
        waits = job.get("needs", [])
        waits = [waits] if isinstance(waits, str) else waits
        waits = [end for one in waits for end in ends[one]] or list(needs)
        full = prefix + name
        if "uses" in job:
            called = pathlib.Path(job["uses"]).stem
            inner = jobs_of(folder, called, f"{full} / ", waits)
            found |= inner
            ends[name] = list(inner)
        else:
            commands = [step["run"] for step in job["steps"] if "run" in step]
            legs = [dict()] if "strategy" not in job else [
                {key: value} for key, values in job["strategy"]["matrix"].items() for value in values
            ]
            ends[name] = []
            for leg in legs:
                label = full + "".join(f" ({value})" for value in leg.values())
                found[label] = (waits, commands)
                ends[name].append(label)
    return found


def show(nix, file, tree):
    seconds = json.loads(file.read_text())
    builds = Builds(nix, tree, seconds)
    ended, rows = {}, []
    for job, (needs, commands) in jobs_of(tree / ".github" / "workflows").items():
        built, took = set(), 0.0
        for command in commands:
            names, besides = builds.step(command)
            took += sum(seconds[name] for name in names - built) + besides
            built |= names
        ended[job] = took + max((ended[one] for one in needs), default=0)
        rows.append((job, took, ended[job]))
    print("| job | builds, minutes | ends after |\n| --- | ---: | ---: |")
    for job, took, end in rows:
        print(f"| {job} | {took / 60:.1f} | {end / 60:.1f} |")
    print(f"| **path** | | **{max(ended.values()) / 60:.1f}** |")
    print(f"| **sum** | **{sum(took for _, took, _ in rows) / 60:.1f}** | |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("do", choices=["measure", "show"])
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("tree", type=pathlib.Path, nargs="?", default=pathlib.Path(__file__).resolve().parents[1])
    parser.add_argument("--nix", type=shlex.split, default=["nix", "--extra-experimental-features", "nix-command flakes"])
    given = parser.parse_args()
    if given.do == "measure":
        measure(given.nix, given.file)
    else:
        show(given.nix, given.file, given.tree)


if __name__ == "__main__":
    main()
