"""inline.py changes what it says, and nothing else."""

import re

import inline
from act import ROOT, Workflow

FOLDER = ROOT / ".github" / "workflows"


def texts(value):
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return [value] if isinstance(value, str) else []


class Inline(Workflow):
    def test_what_it_changes_is_who_is_asked_and_nothing_else(self):
        """Every job of the caller and of the called is there with its steps, and each text differs in its names alone."""
        original = inline.load(FOLDER / "release.yml")
        called = {name: inline.load(FOLDER / f"{name}.yml") for name in ("check", "deploy")}
        changed, names = inline.transform(original, lambda file: called[file.removesuffix(".yml")])
        self.assertEqual({k: v for k, v in changed.items() if k != "jobs"}, {k: v for k, v in original.items() if k != "jobs"})
        expected = {}
        for caller, job in original["jobs"].items():
            if "uses" not in job:
                expected[caller] = (job, "", {})
                continue
            inner = called[job["uses"].split("/")[-1].removesuffix(".yml")]["jobs"]
            for name, body in inner.items():
                single = len(inner) == 1
                prefix = "" if single else f"{caller}--"
                expected[caller if single else prefix + name] = (body, prefix, job.get("with", {}))
        self.assertEqual(set(changed["jobs"]), {*expected, "check"})
        for name, (body, prefix, inputs) in expected.items():
            found = dict(changed["jobs"][name])
            env = dict(found.pop("env"))
            runner = env.pop("RUNS_ON")
            self.assertEqual((runner, env), (found["runs-on"], body.get("env", {})))
            # What is asked of a job that may have been skipped, and by which name it goes.
            skipped = r"\(needs\.([\w-]+)\.result != 'skipped' && needs\.\1\.outputs\.([\w-]+) \|\| ''\)"
            back = inline.replace(found, skipped, r"needs.\1.outputs.\2")
            back = inline.replace(back, f"needs\\.{prefix}", "needs.")
            before = {key: value for key, value in body.items() if key not in ("env", "needs", "if")}
            for key, value in inputs.items():
                told = re.fullmatch(r"\$\{\{ (.*) \}\}", value)
                before = inline.replace(before, rf"inputs\.{key}\b", told.group(1) if told else f"'{value}'")
            after = {key: value for key, value in back.items() if key not in ("needs", "if")}
            self.assertEqual(after, before, name)
        # A call that has one job gives it its place, and one that has several a job that waits for all of them.
        for name in ("dev", "staging", "production", "scan", "push", "summary"):
            self.assertEqual(changed["jobs"][name].get("needs"), original["jobs"][name].get("needs"), name)
            self.assertEqual(changed["jobs"][name].get("if"), original["jobs"][name].get("if"), name)
        self.assertEqual(changed["jobs"]["check"]["needs"], [f"check--{name}" for name in called["check"]["jobs"]])
        for name, job in called["check"]["jobs"].items():
            self.assertEqual(
                inline.as_list(changed["jobs"][f"check--{name}"]), [f"check--{other}" for other in inline.as_list(job)]
            )
        self.assertEqual([name for name, job in names.items() if job is None], ["check"])

    def test_a_release_that_goes_well_is_the_same_in_both_forms(self):
        def told(run):
            # By job: what runs at the same time has no order.
            calls = sorted(run.calls, key=lambda call: call.job)
            machine = re.compile(r"machines/[0-9a-f]+")
            return [(c.job, c.what, machine.sub("", " ".join(c.arguments)), c.inputs, c.role, c.token) for c in calls]

        plain, changed = (self.act("push", "release", inlined=inlined) for inlined in (False, True))
        self.assertEqual(told(plain), told(changed))
        self.assertEqual((plain.jobs, plain.summary), (changed.jobs, changed.summary))
