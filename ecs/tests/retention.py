"""What of a stack outlives it: what would be a loss, and nothing that a failed creation would leave in the way of the next.

usage: retention.py         the working directory is the project's root
"""

import copy
import json
import pathlib
import unittest

import cfnlint.decode

# With CloudFormation's reason to keep them: data, or what other stacks may use.
KEPT = {("environment", "LogGroup"), ("registry", "GitHub"), ("registry", "Repository")}


def stacks():
    for file in sorted(pathlib.Path("ecs/stacks").glob("*.yaml")):
        template, problems = cfnlint.decode.decode(str(file))
        assert not problems, problems
        yield file.stem, json.loads(json.dumps(template))["Resources"]


def faults(stack, resources):
    for name, resource in resources.items():
        deleted, replaced = resource.get("DeletionPolicy", "Delete"), resource.get("UpdateReplacePolicy", "Delete")
        if (stack, name) in KEPT:
            # Retain would keep it after a creation that was taken back, too, and its name could not be taken again.
            if (deleted, replaced) != ("RetainExceptOnCreate", "Retain"):
                yield f"{stack}: {name} is kept, by RetainExceptOnCreate and Retain, and not {deleted} and {replaced}"
        elif (deleted, replaced) != ("Delete", "Delete"):
            yield f"{stack}: {name} is not among what is kept"


class Retention(unittest.TestCase):
    def test_what_is_kept_is_known_and_is_not_kept_by_a_failed_creation(self):
        seen = set()
        for stack, resources in stacks():
            self.assertEqual([], list(faults(stack, resources)))
            seen |= {(stack, name) for name in resources}
            for name in resources:
                for policy in ("Retain", "Delete", "Snapshot"):
                    changed = copy.deepcopy(resources)
                    changed[name]["DeletionPolicy"] = policy
                    if policy != resources[name].get("DeletionPolicy", "Delete"):
                        self.assertTrue(list(faults(stack, changed)), (stack, name, policy))
        self.assertLessEqual(KEPT, seen)


if __name__ == "__main__":
    unittest.main()
