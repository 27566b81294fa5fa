"""Puts called workflows in the place of the call: what act can't do (see act.py), and GitHub can.

It changes no step. test_inline.py holds it to that, and to the same calls in the same run.
"""

import copy
import json
import re

import yaml

MARK = "./.github/workflows/"


def load(file):
    """A workflow, with `on` as what it is, and not as the truth that YAML 1.1 sees in it."""
    document = yaml.safe_load(file.read_text())
    if True in document:
        document["on"] = document.pop(True)
    return document


def put_inline(file, target):
    """Writes it to that file. Which job is whose there is told as `caller/job` by its id; None is one that was added."""
    document, names = transform(load(file), lambda called: load(file.parent / called))
    target.write_text(json.dumps(document, indent=1))
    return target, names


def transform(document, read):
    document, names = copy.deepcopy(document), {}
    jobs = {}
    for caller, job in document["jobs"].items():
        if not job.get("uses", "").startswith(MARK):
            jobs[caller] = job
            continue
        called = read(job["uses"].removeprefix(MARK))
        if len(called["jobs"]) == 1:
            # In its very place, so that its result is the call's.
            [(inner, body)] = called["jobs"].items()
            jobs[caller] = with_inputs(body, job) | {key: job[key] for key in ("needs", "if") if key in job}
            names[caller] = f"{caller}/{inner}"
            continue
        for inner, body in called["jobs"].items():
            own = copy.deepcopy(body)
            own["needs"] = [f"{caller}--{other}" for other in as_list(own)] or as_list(job)
            jobs[f"{caller}--{inner}"] = replace(own, r"needs\.([\w-]+)\.", rf"needs.{caller}--\1.")
            names[f"{caller}--{inner}"] = f"{caller}/{inner}"
        # What the others know under the name of the call. It is skipped where GitHub says failed: nobody asks.
        outputs = called["on"]["workflow_call"].get("outputs", {})
        jobs[caller] = {
            "needs": [f"{caller}--{inner}" for inner in called["jobs"]],
            "runs-on": "ubuntu-24.04",
            "outputs": {
                key: re.sub(r"jobs\.([\w-]+)\.", rf"needs.{caller}--\1.", told["value"]) for key, told in outputs.items()
            },
            "steps": [{"run": "true"}],
        }
        names[caller] = None
    for job in jobs.values():
        # Each says on which machine it wants to be, to whatever it calls.
        job["env"] = {**job.get("env", {}), "RUNS_ON": job["runs-on"]}
    # Of a job that was skipped there is nothing, and not the text of an expression.
    outputs = r"needs\.([\w-]+)\.outputs\.([\w-]+)"
    document["jobs"] = replace(jobs, outputs, r"(needs.\1.result != 'skipped' && needs.\1.outputs.\2 || '')")
    return document, names


def as_list(job):
    needs = job.get("needs", [])
    return [needs] if isinstance(needs, str) else needs


def replace(value, pattern, by):
    """The same in every text of it."""
    if isinstance(value, dict):
        return {key: replace(inner, pattern, by) for key, inner in value.items()}
    if isinstance(value, list):
        return [replace(inner, pattern, by) for inner in value]
    return re.sub(pattern, by, value) if isinstance(value, str) else value


def with_inputs(body, call):
    """The job, with what the caller hands it in the place of `inputs`."""

    def expression(value):
        inner = re.fullmatch(r"\$\{\{ (.*) \}\}", value)
        return inner.group(1) if inner else f"'{value}'"

    for name, value in call.get("with", {}).items():
        body = replace(body, rf"inputs\.{name}\b(?!-)", expression(value))
    return body
