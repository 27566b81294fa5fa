"""The programs that the commands of the documents call, in their place: `aws`, `gh` and `nix`. See documents.py.

usage: fakes.py PROGRAM [ARGUMENT …]
"""

import argparse
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import urllib.request

# What moto can't do, by a pattern of the command, and what it says then.
CANNOT = {
    "--service-code fargate": "NoSuchResourceException",
    "delete-stack --stack-name walkthrough-(dev|staging|production)$": "DependencyViolation",
}


def ask(path):
    with urllib.request.urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/{path}") as answer:
        return answer.read().decode()


def fake_nix(arguments):
    if arguments == ["build", ".#deploy"]:
        return 0
    run, app, dashes, *rest = arguments
    assert (run, dashes) == ("run", "--"), arguments
    if app == ".#push":
        option, commit, repository = rest
        assert option == "--tag" and re.fullmatch("[0-9a-f]{40}", commit), rest
        assert re.fullmatch(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/walkthrough", repository), rest
        print(f"{repository}@{ask('push')}")
        return 0
    assert app == ".#deploy", app
    command, environment, *_ = rest
    folder = ask(f"become/{environment}")
    ended = subprocess.run([os.environ["DEPLOY"], "--directory", folder, *rest])
    # There is something to change, as whoever reads on expects.
    return 0 if (command, ended.returncode) == ("plan", 2) else ended.returncode


def fake_aws(arguments):
    told = shlex.join(arguments)
    parts = {part for part in CANNOT if re.search(part, told)}
    # Version 1 has a name of its own for the region; who didn't say which has none.
    environment = {**os.environ, "AWS_DEFAULT_REGION": os.environ["AWS_REGION"]}
    command = [os.environ["REAL_AWS"], *arguments]
    if arguments[:2] == ["cloudformation", "deploy"]:
        command = [os.environ["REAL_AWS"], *as_creation(arguments[2:])]
    if arguments[:2] == ["logs", "tail"]:
        command = [os.environ["REAL_AWS"], *as_one_look(arguments[2:])]
    if arguments[:2] == ["acm", "describe-certificate"] and first_time(arguments):
        # ACM takes some seconds to say which record it wants to see.
        print("None")
        return 0
    if not parts:
        return subprocess.run(command, env=environment).returncode
    (part,) = parts
    ended = subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True)
    if ended.returncode == 0 or CANNOT[part] not in ended.stderr:
        print(f"documents: in CANNOT, and fails otherwise or not at all: {told}: {ended.stderr}", file=sys.stderr)
        return 1
    with open(os.environ["CANNOT_LOG"], "a") as log:
        log.write(f"{part}\n")
    return 0


def first_time(arguments):
    file = pathlib.Path(os.environ["HOME"], "asked")
    asked = file.read_text().splitlines() if file.exists() else []
    file.write_text("\n".join([*asked, shlex.join(arguments)]))
    return shlex.join(arguments) not in asked


def as_one_look(arguments):
    """`logs tail`, which version 1 of the command line does not have, by the call that version 2 makes for it."""
    parser = argparse.ArgumentParser(prog="aws logs tail", exit_on_error=False, allow_abbrev=False)
    parser.add_argument("group")
    parser.add_argument("--since", required=True)
    given = parser.parse_args(arguments)
    assert re.fullmatch(r"\d+[smhdw]", given.since), given
    return ["logs", "filter-log-events", "--log-group-name", given.group]


def as_creation(arguments):
    """`deploy` without the change set of which moto makes a stack that has no outputs."""
    parser = argparse.ArgumentParser(prog="aws cloudformation deploy", exit_on_error=False, allow_abbrev=False)
    parser.add_argument("--stack-name", required=True)
    parser.add_argument("--template-file", required=True)
    parser.add_argument("--capabilities", nargs="+", default=[])
    parser.add_argument("--parameter-overrides", nargs="+", default=[])
    given = parser.parse_args(arguments)
    template = json.loads(pathlib.Path(given.template_file).read_text())
    # What AWS refuses, and moto does not.
    creates_roles = any(one["Type"] == "AWS::IAM::Role" for one in template["Resources"].values())
    assert creates_roles == (given.capabilities == ["CAPABILITY_IAM"]), given
    overrides = dict(one.split("=", 1) for one in given.parameter_overrides)
    for name, parameter in template["Parameters"].items():
        value = overrides.pop(name, parameter.get("Default"))
        assert value is not None, f"{given.stack_name}: {name} has no value"
        assert re.fullmatch(parameter.get("AllowedPattern", ".*"), str(value)), f"{given.stack_name}: {name}: {value}"
    assert not overrides, f"{given.stack_name} has no such parameters: {overrides}"
    parameters = json.dumps(
        [dict(zip(("ParameterKey", "ParameterValue"), one.split("=", 1))) for one in given.parameter_overrides]
    )
    # fmt: off
    return [
        "cloudformation", "create-stack", "--stack-name", given.stack_name,
        "--template-body", f"file://{given.template_file}", "--parameters", parameters,
        *(["--capabilities", *given.capabilities] if given.capabilities else []),
    ]
    # fmt: on


class GitHub:
    """As much of GitHub as the documents change, kept in a file."""

    REPOSITORY = {"owner": {"login": "Example", "id": 1}, "name": "walkthrough", "id": 2}
    RUNS = [{"databaseId": 9, "status": "waiting"}, {"databaseId": 8, "status": "in_progress"}, {"databaseId": 7, "status": "completed"}]
    RULES = {"wait_timer": int, "prevent_self_review": bool, "reviewers": list, "deployment_branch_policy": dict}

    def __init__(self, file):
        self.file = pathlib.Path(file)
        empty = {"environments": {}, "variables": {}, "releases": []}
        self.state = json.loads(self.file.read_text()) if self.file.exists() else empty

    def call(self, method, path, body):
        if (method, path) == ("GET", "user"):
            return {"id": 7}
        repository, *rest = path.removeprefix("repos/{owner}/{repo}").split("/")
        assert repository == "" and path.startswith("repos/"), path
        if (method, rest) == ("GET", []):
            return self.REPOSITORY
        environments = self.state["environments"]
        match rest:
            case ["environments", name] if method == "PUT":
                for key, value in body.items():
                    assert isinstance(value, self.RULES[key]), f"{key}: {value}"
                for reviewer in body.get("reviewers", []):
                    assert reviewer["type"] in ("User", "Team") and isinstance(reviewer["id"], int), reviewer
                policy = body["deployment_branch_policy"]
                assert policy["protected_branches"] != policy["custom_branch_policies"], "GitHub refuses both alike"
                kept = {key: environments.get(name, {}).get(key, empty) for key, empty in [("branches", []), ("variables", {})]}
                # A call replaces all rules; branches and variables are no rules.
                environments[name] = {"rules": body, **kept}
                return {}
            case ["environments", name, "deployment-branch-policies"] if method == "POST":
                assert environments[name]["rules"]["deployment_branch_policy"]["custom_branch_policies"] is True
                environments[name]["branches"].append(body["name"])
                return {}
        raise AssertionError(f"no such call of GitHub's: {method} {path}")

    def api(self, arguments):
        method, path, body, query = "GET", None, None, None
        rest = iter(arguments)
        for argument in rest:
            match argument:
                case "--method":
                    method = next(rest)
                case "--input":
                    assert next(rest) == "-"
                    body = json.load(sys.stdin)
                case "-f":
                    key, value = next(rest).split("=", 1)
                    body = {**(body or {}), key: value}
                case "--jq":
                    query = next(rest)
                case _:
                    assert path is None and not argument.startswith("-"), argument
                    path = argument
        tell(self.call(method, path, body), query)

    def release(self, *what):
        self.state["releases"].append(" ".join(what))

    def set_variable(self, name, *options):
        given = dict(zip(options[::2], options[1::2], strict=True))
        value = given.pop("--body")
        assert value.strip() and value != "None", f"{name} has no value"
        environment = given.pop("--env", None)
        assert not given, given
        into = self.state["environments"][environment]["variables"] if environment else self.state["variables"]
        into[name] = value


def tell(answer, query):
    text = json.dumps(answer)
    if query:
        text = subprocess.run(["jq", "--raw-output", query], input=text, text=True, check=True, stdout=subprocess.PIPE).stdout.strip()
    print(text)


def fake_gh(arguments):
    github = GitHub(os.environ["GITHUB_STATE"])
    match arguments:
        case ["api", *rest]:
            github.api(rest)
        case ["variable", "set", *rest]:
            github.set_variable(*rest)
        case ["workflow", "disable" | "enable" as what, "release.yml"]:
            github.release(what)
        case ["run", "list", "--workflow", "release.yml", "--json", fields, "--jq", query]:
            tell([{field: run[field] for field in fields.split(",")} for run in github.RUNS], query)
        case ["run", "cancel", run]:
            github.release("cancel", run)
        case _:
            raise AssertionError(f"gh {shlex.join(arguments)} is none of the calls that are known here")
    github.file.write_text(json.dumps(github.state))
    return 0


if __name__ == "__main__":
    sys.exit({"aws": fake_aws, "gh": fake_gh, "nix": fake_nix}[sys.argv[1]](sys.argv[2:]))
