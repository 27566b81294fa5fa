"""The commands of the documents, as they stand there and in their order, against moto and a fake `gh`.

usage: documents.py DEPLOY  DEPLOY is the program, and the working directory the project's root

What moto can't do is in CANNOT, and is tried all the same: what works after all has no business there. Nix is not
there either: `nix run .#deploy` is DEPLOY, and `nix run .#push` puts an image into moto's registry. All of these
programs are in fakes.py.
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import moto
from fakes import CANNOT

ENVIRONMENTS = ["dev", "staging", "production"]

# Blocks that are no commands, or none to run, by how they begin.
NOT_RUN = {
    "staging: 2 of 2 tasks run, of walkthrough-staging:1": "what a command says, which a story of the deployer's holds",
    "staging: 2 of 2 tasks run, of walkthrough-staging:2": "the same",
}

# What is a placeholder where it stands, and what it is here.
HERE = {"walkthrough-production:41": "walkthrough-production:2"}

# What happens before anybody needs the runbook: two more releases.
MEANWHILE = """
for LETTER in b c; do
  COMMIT=$(printf "$LETTER%.0s" {1..40})
  IMAGE=$(nix run .#push -- --tag "$COMMIT" "$(output walkthrough-registry RepositoryUri)")
  nix run .#deploy -- apply production --image "$IMAGE" --commit "$COMMIT"
done
"""

# Variables that docs/github.md leaves to the plan of whoever sets it up.
OPTIONAL = {"ATTEST", "CODE_SCANNING"}


def blocks(file):
    """The blocks of a document that are indented as code: the section, the line, and the text."""
    section, found, item = "", [], 0
    lines = pathlib.Path(file).read_text().splitlines()
    blank = True
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            section, item = line.lstrip("# "), 0
        text = line.lstrip()
        indent = len(line) - len(text)
        if re.match(r"\d+\. ", line):
            item = 3
        elif text and indent == 0 and not line.startswith("#"):
            item = 0
        if not text:
            blank = True
        elif found and found[-1]["next"] == number and indent >= found[-1]["indent"]:
            found[-1]["lines"].append(line[found[-1]["indent"] :])
            found[-1]["next"] = number + 1
            blank = False
        else:
            if blank and indent >= item + 4:
                found.append({"section": section, "line": number, "indent": item + 4, "lines": [line[item + 4 :]]})
                found[-1]["next"] = number + 1
            blank = False
    for block in found:
        yield block["section"], f"{file}:{block['line']}", "\n".join(block["lines"])


def script():
    """All of it, as somebody would type it who does for each environment what is to be done for each."""
    parts, skipped, replaced = [], set(), set()

    def add(place, text):
        for beginning in NOT_RUN:
            if text.startswith(beginning):
                skipped.add(beginning)
                return
        for placeholder, value in HERE.items():
            if placeholder in text:
                replaced.add(placeholder)
                text = text.replace(placeholder, value)
        parts.append(f"PLACE={place}\n{text}")

    def add_document(file):
        for _, place, text in blocks(file):
            add(place, text)

    setup = {}
    for section, place, text in blocks("docs/aws-setup.md"):
        setup.setdefault(section, []).append((place, text))
    removal = setup.pop("Removing everything")
    for section, here in setup.items():
        for environment in ENVIRONMENTS if section == "Once per environment" else [None]:
            for place, text in here:
                add(place, text.replace("ENV=dev NAME=dev.", f"ENV={environment} NAME={environment}."))
    # The pipeline is set up before there is anything to go wrong at night.
    add_document("docs/github.md")
    parts.append(MEANWHILE)
    add_document("docs/runbook.md")
    for environment in ENVIRONMENTS:
        for place, text in removal:
            if "$ENV" in text:
                add(place, f"ENV={environment}\n{text}")
    for place, text in removal:
        if "$ENV" not in text:
            add(place, text)
    assert skipped == NOT_RUN.keys() and replaced == HERE.keys(), (skipped, replaced)
    return len(parts), "set -eEuo pipefail\ntrap 'echo \"failed: $PLACE: $BASH_COMMAND\" >&2' ERR\n\n" + "\n\n".join(parts)


class Front(moto.Before):
    """Moto's proxy, which does for the fakes what only this process can."""

    folder = url = None
    trusted = {}

    def do_GET(self):
        _, what, *rest = self.path.split("/")
        if what == "become":
            moto.ENVIRONMENT, moto.CLUSTER = rest[0], f"walkthrough-{rest[0]}"
            if not (self.folder / rest[0]).exists():
                self.deployments.clear()
                self.sent.clear()
                (self.folder / rest[0]).mkdir()
                moto.describe(self.folder / rest[0], self.url)
                self.trusted[rest[0]] = subjects(f"walkthrough-{rest[0]}")
            self.answer(200, {}, str(self.folder / rest[0]).encode())
        elif what == "push":
            self.answer(200, {}, moto.put_index("amd64").encode())
        else:
            super().do_GET()


def wanted_variables():
    """What the workflows read, of the repository or of an Environment."""
    texts = [file.read_text() for file in pathlib.Path(".github/workflows").glob("*.yml")]
    return {name for text in texts for name in re.findall(r"\bvars\.([A-Z_]+)", text)}


def hold(state):
    """What GitHub was left with, against what the workflows and the stacks want."""
    environments = state["environments"]
    described = {file.stem for file in pathlib.Path("ecs/environments").glob("*.toml")}
    assert environments.keys() == described, environments.keys()
    of_environments = {frozenset(one["variables"]) for one in environments.values()}
    assert of_environments == {frozenset({"AWS_DEPLOY_ROLE"})}, of_environments
    told = state["variables"].keys() | {"AWS_DEPLOY_ROLE"}
    assert told | OPTIONAL == wanted_variables() | OPTIONAL, told ^ wanted_variables()
    roles = {state["variables"]["AWS_PUSH_ROLE"], *(one["variables"]["AWS_DEPLOY_ROLE"] for one in environments.values())}
    assert len(roles) == 1 + len(described) and all(re.fullmatch(r"arn:aws:iam::\d{12}:role/.+", role) for role in roles), roles
    for one in environments.values():
        assert one["branches"] == ["main"], one
    assert state["releases"] == ["disable", "cancel 9", "cancel 8", "enable"], state["releases"]
    assert environments["production"]["rules"]["reviewers"] == [{"type": "User", "id": 7}]
    for name in described:
        expected = [f"repo:Example/walkthrough:environment:{name}", f"repo:Example@1/walkthrough@2:environment:{name}"]
        assert Front.trusted[name] == expected, f"in GitHub's spelling: {Front.trusted[name]}"


def subjects(stack):
    """Whose tokens the role of a stack trusts."""
    outputs = moto.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    (role,) = [one["OutputValue"] for one in outputs if one["OutputKey"] == "DeployRole"]
    (one,) = moto.client("iam").get_role(RoleName=role.rsplit("/", 1)[1])["Role"]["AssumeRolePolicyDocument"]["Statement"]
    return one["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    count, commands = script()
    with moto.started(Front) as (url, folder):
        Front.folder, Front.url = folder, url
        fakes = folder / "fakes"
        fakes.mkdir()
        for name in ("aws", "gh", "nix"):
            call = shlex.join([sys.executable, str(pathlib.Path(__file__).with_name("fakes.py").resolve()), name])
            (fakes / name).write_text(f'#!/bin/sh\nexec {call} "$@"\n')
            (fakes / name).chmod(0o755)
        # Nobody waits for half a minute until moto did what it did at once.
        (fakes / "sleep").symlink_to(shutil.which("true"))
        tree = folder / "tree"
        (tree / "ecs" / "stacks").mkdir(parents=True)
        provider = moto.client("iam").create_open_id_connect_provider(
            Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"]
        )["OpenIDConnectProviderArn"]
        for file in pathlib.Path("ecs/stacks").glob("*.yaml"):
            template = moto.template_for_moto(str(file))
            if "MakeIdentityProvider" in template.get("Conditions", {}):
                # As in an account that has one already: moto can't make one from a template.
                template["Parameters"]["IdentityProvider"]["Default"] = provider
            (tree / "ecs" / "stacks" / file.name).write_text(json.dumps(template))
        for command in (["init", "--quiet"], ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "--allow-empty", "--message=a"]):
            subprocess.run(["git", *command], cwd=tree, check=True)
        environment = {
            "PATH": f"{fakes}:{os.environ['PATH']}",
            "HOME": str(folder),
            "REAL_AWS": shutil.which("aws"),
            "DEPLOY": program,
            "CANNOT_LOG": str(folder / "cannot"),
            "GITHUB_STATE": str(folder / "github.json"),
            "AWS_ACCESS_KEY_ID": "an-id",
            "AWS_SECRET_ACCESS_KEY": "a-secret",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": url,
            "AWS_MAX_ATTEMPTS": "2",
        }
        command = ["bash", "-c", commands]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        ended = subprocess.run(command, cwd=tree, env=environment, text=True, **pipes)
        assert ended.returncode == 0, f"a command of the documents fails:\n{ended.stdout}"
        hold(json.loads((folder / "github.json").read_text()))
        could_not = set((folder / "cannot").read_text().split("\n")) - {""}
        assert could_not == CANNOT.keys(), f"in CANNOT and never tried: {CANNOT.keys() - could_not}"
    print(f"documents: {count} blocks were run")
    print("what moto can't do:")
    moto.filled.add("cloudformation deploy: its stacks have no outputs; they are created without a change set")
    for what in [*(f"{part}: {said}" for part, said in CANNOT.items()), *sorted(moto.filled)]:
        print(f"  {what}")


if __name__ == "__main__":
    sys.exit(main())
