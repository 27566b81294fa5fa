"""usage: python tests/workflows/try_mutants.py [--all] [WORD …]

Makes every mutant of mutants.py, or those that have a WORD in their reason, in a copy of what the workflows are held
against, and prints who notices. The first who does is enough; with --all everybody is asked. Exit code 1 if one is
noticed by nobody, or if somebody complains of the workflows as they are.
"""

import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import mutants

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# What ecs/tests/workflows.rs and the scenarios read.
READ = (".ci", ".github", "docs", "ecs/environments", "ecs/tests", "nix/apps")


def executable():
    """The tests in ecs/tests/workflows.rs, compiled once. They read what CARGO_MANIFEST_DIR names when they run."""
    command = ["cargo", "test", "--quiet", "--locked", "--package", "deploy", "--test", "workflows", "--no-run"]
    built = subprocess.run([*command, "--message-format=json"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    told = [json.loads(line) for line in built.stdout.splitlines()]
    # Beside the programs that the package's tests can start.
    [found] = [one["executable"] for one in told if one.get("executable") and one["target"]["kind"] == ["test"]]
    return found


def ends(tree, *command, **environment):
    ended = subprocess.run(
        [str(part) for part in command],
        cwd=tree,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return ended.returncode


def judges(rust, tree, scenarios):
    """Who is asked, by name: each says whether something is wrong. The quick ones first."""
    yield "workflows.rs", lambda: ends(tree, rust, CARGO_MANIFEST_DIR=str(tree / "ecs")) == 101
    yield "actionlint", lambda: ends(tree, "actionlint") == 1
    # 10 to 14: what was found, by how bad it is.
    yield "zizmor", lambda: ends(tree, "zizmor", "--quiet", "--offline", "--pedantic", ".github") in range(10, 15)
    for name in scenarios:
        yield f"act: {name.rsplit('.', 1)[1]}", lambda name=name: scenario_fails(tree, name)
    yield "parser", lambda: scenario_fails(tree, "test_parser")


# 1 for a test that failed. One that could not be carried out has noticed nothing.
RUN = """
import sys, unittest
result = unittest.main(module=None, exit=False, verbosity=0).result
sys.exit(3 if result.errors or not result.testsRun else 1 if result.failures else 0)
"""


def scenario_fails(tree, name):
    code = ends(HERE, sys.executable, "-c", RUN, name, WORKFLOWS_OF=str(tree))
    if code not in (0, 1):
        raise RuntimeError(f"{name} could not be carried out: exit code {code}")
    return code == 1


def notices(rust, mutant, scenarios, everybody):
    """The names of those who notice, in a copy that is changed so; in one that is not, if there is no mutant."""
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder)
        for part in READ:
            shutil.copytree(ROOT / part, tree / part)
        # For actionlint, to which this makes it a project.
        (tree / ".git").mkdir()
        if mutant:
            file = tree / mutant.file
            text = file.read_text()
            if mutant.before not in text:
                raise ValueError(f"{mutant.why}: {mutant.file} has no such thing any more: {mutant.before}")
            file.write_text(text.replace(mutant.before, mutant.after, 1))
        found = []
        for name, wrong in judges(rust, tree, scenarios):
            if wrong():
                found.append(name)
                if not everybody:
                    break
        return found


def main(arguments):
    everybody = "--all" in arguments
    words = [word for word in arguments if word != "--all"]
    chosen = [one for one in mutants.MUTANTS if all(word in one.why for word in words)]
    # A scenario that is not there would fail, too.
    loaded = unittest.defaultTestLoader
    loaded.loadTestsFromNames([name for one in chosen for name in one.scenarios])
    if loaded.errors:
        sys.exit("\n".join(loaded.errors))
    rust = executable()
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() + 1) as pool:
        found = list(pool.map(lambda one: notices(rust, one, one.scenarios, everybody), chosen))
        # Who complains of everything has noticed nothing. That no scenario does is what `python tests/workflows` shows;
        # with --all those that noticed something are asked here, too, one by one.
        noticed = {name for names in found for name in names} if everybody else set()
        asked = {scenario for one in chosen for scenario in one.scenarios if f"act: {scenario.rsplit('.', 1)[1]}" in noticed}
        unchanged = list(pool.map(lambda scenarios: notices(rust, None, scenarios, True), [[], *([one] for one in asked)]))
        unchanged = sorted({name for names in unchanged for name in names})
    width = max(len(one.why) for one in chosen)
    for one, names in zip(chosen, found, strict=True):
        print(f"{one.why:{width}}  {', '.join(names) or 'NOBODY'}")
    survive = found.count([])
    if unchanged:
        print(f"the workflows as they are: {', '.join(unchanged)}")
    print(f"{len(chosen)} mutants in {time.monotonic() - start:.1f}s: {len(chosen) - survive} noticed, {survive} not")
    return 1 if survive or unchanged or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
