"""The policies of the stacks, held both ways: every call of every story is allowed, and nothing else.

usage: policy.py CALLS [--list]     CALLS is what the stand-in recorded ($AWS_STAND_IN_CALLS) while the deployer's tests
                                    ran, and the working directory the project's root; --list prints each change that was
                                    tried on a policy, and by what it was found

What IAM does is in iam.py. Here is which question a call is to IAM, what must not be allowed, and the proof that
a policy that is wider or narrower is found.
"""

import copy
import functools
import json
import pathlib
import re
import shlex
import sys
import tomllib
import unittest
import urllib.parse

import documents
import iam
import pushing

ENVIRONMENT = "staging"
GITHUB = {"GitHubOwner": "example", "GitHubRepository": "walkthrough", "GitHubOwnerId": "1", "GitHubRepositoryId": "2"}
PROVIDER = f"arn:aws:iam::{iam.WHERE['Account']}:oidc-provider/token.actions.githubusercontent.com"
CLUSTER = "arn:${Partition}:ecs:${Region}:${Account}:cluster/${ClusterName}"

# Nobody can know these before they are made; a policy has a wildcard there.
FREE = {
    "ContainerInstanceId",
    "Id",
    "LogStreamName",
    "ServiceDeploymentId",
    "ServiceRevisionId",
    "TaskDefinitionRevisionNumber",
    "TaskId",
}

# Of a task, as the stand-in's stack has them.
ROLES = ("walkthrough-execution", "walkthrough-task")

# For which no resource can be named: whoever may do it at all may do it with all of them.
OF_NOTHING_IN_PARTICULAR = {"ecr:GetAuthorizationToken", "ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions"}

# What somebody who is on call has to be able to run.
ON_CALL = {"rollback", "status", "verify"}

# What the reference says that an action needs as well, and why that is not so here.
NOT_NEEDED = {("cloudformation:DescribeStacks", "cloudformation:ListStacks"): "the stack is named"}

# Calls that the stories make and that the role refuses, as it should: an image of a repository that is not ours.
REFUSED = {("ecr:BatchGetImage", "other")}


# --- from calls to questions -----------------------------------------------------------------------------------------


class Question:
    """A call as IAM is asked about it: the resources are forms, and the parts are what their names stand for."""

    def __init__(self, action, parts=None, types=None, context=None):
        self.action = iam.action(action)
        # Of the types that the reference requires unless some are named.
        self.types = tuple(types or sorted(self.action.required))
        self.parts = {**iam.WHERE, **(parts or {})}
        self.context = context or {}
        for key in self.context:
            assert key in self.action.keys, f"{action} has no condition key {key}"

    def form(self, kind):
        form = self.action.resources[kind]
        # As CloudWatch Logs names what is in a group.
        return form + ":log-stream:${LogStreamName}" if kind == "log-group" else form

    def request(self, parts=None, of=None, context=None):
        """The question, with other parts in all of it, or in the resource of one type."""
        changed = {**self.parts, **(parts or {})}
        resources = [iam.fill(self.form(kind), changed if of in (None, kind) else self.parts) for kind in self.types]
        values = self.context if context is None else context
        filled = {key: iam.fill(value, changed if of is None else self.parts) for key, value in values.items()}
        return iam.Request(self.action.name, tuple(resources) or ("*",), tuple(sorted(filled.items())))

    @functools.cached_property
    def wanted(self):
        return self.request()

    @functools.cached_property
    def unwanted(self):
        return list(self.others())

    def named(self):
        """The parts that a policy can pin down."""
        forms = [self.form(kind) for kind in self.types] + list(self.context.values())
        return {name for name in self.parts if any("${" + name + "}" in form for form in forms)} - FREE

    def others(self):
        """The same call with something else in one place, with a label: none of them may be allowed."""
        for name in sorted(self.named()):
            value = self.parts[name]
            for other in like(value) if name not in iam.WHERE else (OTHER[name],):
                yield f"another {name} ({other})", self.request({name: other})
                for kind in self.types if len(self.types) > 1 else ():
                    yield f"another {name} ({other}) of the {kind}", self.request({name: other}, of=kind)
        for key, value in self.context.items():
            if "${" not in value:
                rest = {one: kept for one, kept in self.context.items() if one != key}
                yield f"without {key}", self.request(context=rest)
                yield f"another {key}", self.request(context={**rest, key: "other.amazonaws.com"})


def like(name):
    """Names that begin or end like that one, as a whole and in each part of a path."""
    yield f"{name}-other"
    yield f"other-{name}"
    parts = name.split("/")
    for index, part in enumerate(parts):
        if part and len(parts) > 1:
            yield "/".join([*parts[:index], f"{part}-other", *parts[index + 1 :]])


OTHER = {"Partition": "aws-cn", "Region": "eu-west-1", "Account": "999999999999"}


def of_arn(arn):
    """The parts of the ARN of a service deployment or revision."""
    _, partition, _, region, account, rest = arn.split(":", 5)
    kind, cluster, service, identity = rest.split("/")
    own = {"service-deployment": "ServiceDeploymentId", "service-revision": "ServiceRevisionId"}[kind]
    where = {"Partition": partition, "Region": region, "Account": account}
    return {**where, "ClusterName": cluster, "ServiceName": service, own: identity}


def task_definition(call):
    parts = {"TaskDefinitionFamilyName": call["family"], "TaskDefinitionRevisionNumber": "1"}
    yield Question("ecs:RegisterTaskDefinition", parts)
    if call.get("tags"):
        yield Question("ecs:TagResource", parts, ["task-definition"], {"ecs:CreateAction": "RegisterTaskDefinition"})
    for role in ("executionRoleArn", "taskRoleArn"):
        if role in call:
            _, partition, _, _, account, name = call[role].split(":")
            own = {"Partition": partition, "Account": account, "RoleNameWithPath": name.removeprefix("role/")}
            yield Question("iam:PassRole", own, context={"iam:PassedToService": "ecs-tasks.amazonaws.com"})


def passed():
    """Whoever starts tasks hands their roles on, also by an update to a revision that is there (keidarcy/e1s#429)."""
    for role in ROLES:
        yield Question("iam:PassRole", {"RoleNameWithPath": role}, context={"iam:PassedToService": "ecs-tasks.amazonaws.com"})


def service(call, name):
    return {"ClusterName": call["cluster"], "ServiceName": call[name]}


def create_service(call):
    parts = service(call, "serviceName")
    yield Question("ecs:CreateService", parts)
    yield from passed()
    if call.get("tags"):
        yield Question("ecs:TagResource", parts, ["service"], {"ecs:CreateAction": "CreateService"})


def update_service(call):
    yield Question("ecs:UpdateService", service(call, "service"))
    if call.get("taskDefinition"):
        yield from passed()


def image(action, call):
    own = {"Account": call["registryId"]} if "registryId" in call else {}
    yield Question(action, {**own, "RepositoryName": call["repositoryName"]})


def stack(call):
    # By name: the id's last part is not known to whoever asks.
    yield Question("cloudformation:DescribeStacks", {"StackName": call["StackName"], "Id": "*"}, ["stack"])


def tasks(action, call, name, identities):
    for identity in identities:
        yield Question(action, {"ClusterName": call["cluster"], name: identity}, context={"ecs:cluster": CLUSTER})


def log(call):
    parts = {"LogGroupName": call["logGroupName"], "LogStreamName": call["logStreamName"]}
    yield Question("logs:GetLogEvents", parts)


QUESTIONS = {
    "cloudformation:DescribeStacks": stack,
    "ecr:BatchGetImage": lambda call: image("ecr:BatchGetImage", call),
    "ecr:GetDownloadUrlForLayer": lambda call: image("ecr:GetDownloadUrlForLayer", call),
    "ecs:CreateService": create_service,
    "ecs:DescribeServiceDeployments": lambda call: (
        Question("ecs:DescribeServiceDeployments", of_arn(arn)) for arn in call["serviceDeploymentArns"]
    ),
    "ecs:DescribeServiceRevisions": lambda call: (
        Question("ecs:DescribeServiceRevisions", of_arn(arn)) for arn in call["serviceRevisionArns"]
    ),
    "ecs:DescribeServices": lambda call: (
        Question("ecs:DescribeServices", {"ClusterName": call["cluster"], "ServiceName": name})
        for name in call["services"]
    ),
    "ecs:DescribeTaskDefinition": lambda _: [Question("ecs:DescribeTaskDefinition")],
    "ecs:DescribeTasks": lambda call: tasks(
        "ecs:DescribeTasks", call, "TaskId", [arn.rsplit("/", 1)[1] for arn in call["tasks"]]
    ),
    "ecs:ListServiceDeployments": lambda call: [Question("ecs:ListServiceDeployments", service(call, "service"))],
    # IAM is asked about the cluster's machines, of which a service without any has all.
    "ecs:ListTasks": lambda call: tasks("ecs:ListTasks", call, "ContainerInstanceId", ["*"]),
    "ecs:RegisterTaskDefinition": task_definition,
    "ecs:StopServiceDeployment": lambda call: [
        Question("ecs:StopServiceDeployment", of_arn(call["serviceDeploymentArn"]))
    ],
    "ecs:UpdateService": update_service,
    "logs:GetLogEvents": log,
}


def unique(questions):
    """One of those that differ only in what nobody can know."""
    found = {}
    for one in questions:
        # Both forms of a name that IAM gives to no resource are the same to it.
        found.setdefault(one.request({name: "1" for name in FREE if name in one.parts}), one)
    return list(found.values())


def recorded(file):
    """What the deployer's stories ask of IAM, with the command that asks."""
    for line in pathlib.Path(file).read_text().splitlines():
        call = json.loads(line)
        given = call["input"]
        if isinstance(given, str):
            given = dict(urllib.parse.parse_qsl(given))
            call["operation"] = given["Action"]
        name = f"{call['service']}:{call['operation']}"
        if name in BEFORE_THE_ROLE:
            continue
        for one in QUESTIONS[name](given):
            one.parts.setdefault("Region", call["region"])
            assert call["region"] == iam.WHERE["Region"], call
            if (one.action.name, one.parts.get("RepositoryName")) not in REFUSED:
                yield call["command"], one


# How the deployer becomes the role: these ask nothing of the role's policies.
BEFORE_THE_ROLE = {"sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"}


def tail(options):
    # By the source of AWS's command line, which has no call of that name.
    yield Question("logs:FilterLogEvents", {"LogGroupName": options["tail"], "LogStreamName": "*"})


# The commands of the runbook, which are AWS's own.
COMMANDS = {
    "ecs describe-services": lambda options: [
        Question("ecs:DescribeServices", {"ClusterName": options["--cluster"], "ServiceName": options["--services"]})
    ],
    "ecs describe-task-definition": lambda _: [Question("ecs:DescribeTaskDefinition")],
    "ecs list-task-definitions": lambda _: [Question("ecs:ListTaskDefinitions")],
    "ecs update-service": lambda options: update_service(
        {"cluster": options["--cluster"], "service": options["--service"], "taskDefinition": options.get("--task-definition")}
    ),
    "logs tail": tail,
}


def typed():
    """What the commands of the runbook ask of IAM."""
    for _, place, text in documents.blocks("docs/runbook.md"):
        for line in text.replace("\\\n", "").replace("production", ENVIRONMENT).splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["aws"]:
                assert " ".join(words[1:3]) in COMMANDS, f"{place}: nobody knows which rights that takes: {line}"
                yield from COMMANDS[" ".join(words[1:3])](dict(zip(words[2:], words[3:])))


def pushed():
    """What `push` asks of IAM, as it is seen by a registry."""
    for operation in pushing.actions():
        parts = None if operation == "GetAuthorizationToken" else {"RepositoryName": "walkthrough"}
        yield Question(f"ecr:{operation}", parts)


def started():
    """What ECS asks for before it starts a task, by AWS's page on the task execution role."""
    group = {"LogGroupName": f"/walkthrough-{ENVIRONMENT}/site", "LogStreamName": "site/walkthrough/1"}
    yield Question("ecr:GetAuthorizationToken")
    for operation in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer"):
        yield Question(f"ecr:{operation}", {"RepositoryName": "walkthrough"})
    for operation in ("CreateLogStream", "PutLogEvents"):
        yield Question(f"logs:{operation}", group)


# --- the stacks ------------------------------------------------------------------------------------------------------


@functools.cache
def environment(name):
    described = tomllib.loads(pathlib.Path(f"ecs/environments/{name}.toml").read_text())
    ending = "" if name == ENVIRONMENT else f"-{name}"
    parameters = {
        **GITHUB,
        "EnvironmentName": name,
        "ClusterName": described["cluster"],
        "ServiceName": described["service"],
        "CertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/1",
        "IdentityProvider": PROVIDER,
        "AWS::StackName": described["stack"],
    }
    names = {name: f"{role}{ending}" for name, role in zip(("ExecutionRole", "TaskRole"), ROLES)}
    return iam.Template("ecs/stacks/environment.yaml", parameters, names)


@functools.cache
def registry():
    parameters = {**GITHUB, "IdentityProvider": PROVIDER, "AWS::StackName": "walkthrough-registry"}
    return iam.Template("ecs/stacks/registry.yaml", parameters, {})


# --- both ways -------------------------------------------------------------------------------------------------------


def faults(statements, questions):
    """Where the statements are not what the questions need: a sentence each."""
    for one in statements:
        yield from iam.misfits(one)
    for question in questions:
        if not iam.allowed(statements, question.wanted):
            yield f"{question.wanted} is needed and not allowed"
        for label, request in question.unwanted:
            if iam.allowed(statements, request):
                yield f"{question.action.name}: {label} is allowed"


def changes(statements):
    """Every statement with one thing taken away or made wider, with a label."""
    for index, one in enumerate(statements):
        name = one.get("Sid") or " ".join(one["Action"])

        def changed(change, index=index):
            other = copy.deepcopy(statements)
            change(other[index])
            return [left for left in other if left["Action"] and left["Resource"]]

        for action in one["Action"]:
            yield f"{name}: without {action}", changed(lambda it: it["Action"].remove(action))
            wider = action.split(":")[0] + ":*"
            yield f"{name}: {wider} for {action}", changed(lambda it: it["Action"].append(wider))
        for resource in one["Resource"]:
            yield f"{name}: without {resource}", changed(lambda it: it["Resource"].remove(resource))
            for wider in wideners(resource):
                yield f"{name}: {wider} for {resource}", changed(lambda it: it["Resource"].append(wider))
        if "Condition" in one:
            yield f"{name}: without a condition", changed(lambda it: it.pop("Condition"))
        for operator, keys in one.get("Condition", {}).items():
            for key, values in keys.items():
                for value in values:
                    label = f"{name}: {key} without {value}"
                    yield label, changed(lambda it: it["Condition"][operator][key].remove(value))
                if operator.startswith("Arn"):
                    yield f"{name}: any {key}", changed(lambda it: it["Condition"][operator].update({key: ["*"]}))


def wideners(resource):
    """The whole of a resource, and each part of it, as a wildcard."""
    if resource == "*":
        return
    yield "*"
    head, tail = resource.split(":")[:5], resource.split(":", 5)[5]
    for index in range(1, 5):
        if head[index] and index != 2:
            yield ":".join([*head[:index], "*", *head[index + 1 :], tail])
    cuts = [index for index, letter in enumerate(tail) if letter in "/:"]
    for start, end in zip([0, *(cut + 1 for cut in cuts)], [*cuts, len(tail)]):
        # Logs' names begin with a slash; what is a wildcard already can't be wider; the first part is the type.
        if start and tail[start:end] not in ("", "*"):
            yield ":".join([*head, f"{tail[:start]}*{tail[end:]}"])
            yield ":".join([*head, f"{tail[:end]}*{tail[end:]}"])


class Roles(unittest.TestCase):
    calls = None
    told = []

    @classmethod
    def setUpClass(cls):
        recording = list(recorded(cls.calls))
        cls.made = [question for _, question in recording]
        cls.deploying = unique(cls.made)
        looked_after = [question for command, question in recording if command in ON_CALL]
        assert {command for command, _ in recording} >= ON_CALL, "a command has no story"
        cls.on_call = unique([*looked_after, *typed()])

    def hold(self, name, statements, questions):
        self.assertEqual([], list(faults(statements, questions)))
        tried = list(changes(statements))
        unseen = [label for label, changed in tried if not any(faults(changed, questions))]
        self.assertEqual([], unseen, "with that change the role is as good as before")
        refused = sum(len(question.unwanted) for question in questions)
        kinds = {"an action taken away": ": without [a-z]+:[A-Za-z]+$", "a resource widened to *": r": \* for "}
        counts = [f"{sum(bool(re.search(kind, label)) for label, _ in tried)} {what}" for what, kind in kinds.items()]
        self.told.append(
            f"policy: {name}: {len(questions)} questions allowed, {refused} others refused, {len(tried)} changes found "
            f"({', '.join(counts)})"
        )
        if "--list" in sys.argv:
            self.told += [f"  {label}: {next(iter(faults(changed, questions)))}" for label, changed in tried]
        for question in questions:
            for dependent in question.action.dependent - {other.action.name for other in questions}:
                self.assertIn((question.action.name, dependent), NOT_NEEDED)
            if not question.types:
                self.assertIn(question.action.name, OF_NOTHING_IN_PARTICULAR)

    def test_whoever_deploys_may_do_what_every_story_does_and_nothing_else(self):
        statements, _ = environment(ENVIRONMENT).role("DeployRole")
        for question in self.made:
            self.assertTrue(iam.allowed(statements, question.wanted), question.wanted)
        self.hold("DeployRole", statements, self.deploying)

    def test_whoever_pushes_may_do_what_a_push_does_and_nothing_else(self):
        self.hold("PushRole", registry().role("PushRole")[0], unique(pushed()))

    def test_ecs_may_start_a_task_and_nothing_else(self):
        self.hold("ExecutionRole", environment(ENVIRONMENT).role("ExecutionRole")[0], unique(started()))

    def test_whoever_is_on_call_may_do_what_the_runbook_says_and_nothing_else(self):
        statements = environment(ENVIRONMENT).managed_policy("OnCallPolicy")
        self.hold("OnCallPolicy", statements, self.on_call)
        # Nothing that makes a release.
        actions = {action for one in statements for action in one["Action"]}
        changing = {one for one in actions if not one.split(":")[1].startswith(("Describe", "Filter", "Get", "List"))}
        self.assertEqual({"ecs:StopServiceDeployment", "ecs:UpdateService", "iam:PassRole"}, changing)

    def test_the_site_may_do_nothing(self):
        self.assertNotIn("Policies", environment(ENVIRONMENT).resources["TaskRole"]["Properties"])

    def test_an_environment_has_no_rights_in_another(self):
        shared = OF_NOTHING_IN_PARTICULAR | {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
        for name in sorted(file.stem for file in pathlib.Path("ecs/environments").glob("*.toml")):
            roles = [
                (environment(name).role("DeployRole")[0], self.deploying),
                (environment(name).managed_policy("OnCallPolicy"), self.on_call),
            ]
            for statements, questions in roles:
                for question in questions:
                    expected = name == ENVIRONMENT or question.action.name in shared
                    self.assertEqual(expected, iam.allowed(statements, question.wanted), (name, question.wanted))

    def test_a_right_that_means_nothing_to_iam_is_found(self):
        statements, _ = environment(ENVIRONMENT).role("DeployRole")
        task_definitions = f"arn:aws:ecs:{iam.WHERE['Region']}:{iam.WHERE['Account']}:task-definition/walkthrough-staging:*"
        for expected, one in [
            ("AWS has no action ecs:WatchService", {"Action": "ecs:WatchService", "Resource": "*"}),
            ("AWS has no action ecs:Describe*", {"Action": "ecs:Describe*", "Resource": "*"}),
            (
                f"ecs:DescribeTaskDefinition has no resource like {task_definitions}",
                {"Action": "ecs:DescribeTaskDefinition", "Resource": task_definitions},
            ),
            (
                "ecs:DescribeTaskDefinition has no condition key ecs:cluster",
                {
                    "Action": "ecs:DescribeTaskDefinition",
                    "Resource": "*",
                    "Condition": {"ArnEquals": {"ecs:cluster": "arn:aws:ecs:eu-central-1:123456789012:cluster/a"}},
                },
            ),
            ("ecr:PutImage can be given for repository, and is given for all", {"Action": "ecr:PutImage", "Resource": "*"}),
        ]:
            planted = iam.statement({"Effect": "Allow", **one})
            self.assertIn(expected, list(faults([*statements, planted], self.deploying)))


class Trust(unittest.TestCase):
    """Who may take a role, by the token that GitHub gives to a run."""

    AUDIENCE = "token.actions.githubusercontent.com:aud"
    SUBJECT = "token.actions.githubusercontent.com:sub"

    def taken(self, trust, subject, audience="sts.amazonaws.com"):
        context = {self.AUDIENCE: audience, self.SUBJECT: subject}
        context = {key: value for key, value in context.items() if value is not None}
        return any(iam.holds(one.get("Condition", {}), context) for one in trust)

    def faults(self, trust, what, others):
        for one in trust:
            if {**one, "Condition": None} != {
                "Effect": "Allow",
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Principal": {"Federated": PROVIDER},
                "Condition": None,
            }:
                yield f"not what it is for: {one}"
        names, numbers = "example/walkthrough", "example@1/walkthrough@2"
        for repository in (names, numbers):
            subject = f"repo:{repository}:{what}"
            if not self.taken(trust, subject):
                yield f"{subject} can't take it"
            for audience in ("https://github.com/example", None):
                if self.taken(trust, subject, audience):
                    yield f"the audience {audience} can take it"
            strangers = [f"repo:{repository}:{other}" for other in others]
            # By names alone, by one number alone, by somebody whose name begins or ends like ours.
            repositories = ["example/other", "other/walkthrough", "example@1/walkthrough", "example/walkthrough@2"]
            repositories += ["example@1/walkthrough@3", "example@3/walkthrough@2", "Example/walkthrough", "example/walkthrough-2"]
            strangers += [f"repo:{other}:{what}" for other in repositories]
            strangers += [f"{subject}-2", f"x{subject}", f"{subject}:job_workflow_ref:x", None]
            for stranger in strangers:
                if self.taken(trust, stranger):
                    yield f"{stranger} can take it"

    def hold(self, role, template, what, others):
        _, trust = template.role(role)
        self.assertEqual([], list(self.faults(trust, what, others)))
        (one,) = trust
        self.assertEqual({"StringEquals"}, set(one["Condition"]), "compared exactly")

        def found(label, change):
            other = copy.deepcopy(trust)
            change(other[0])
            self.assertTrue(list(self.faults(other, what, others)), label)

        equals = one["Condition"]["StringEquals"]
        for key in equals:
            found(f"without {key}", lambda it: it["Condition"]["StringEquals"].pop(key))
        for subject in equals[self.SUBJECT]:
            found(f"without {subject}", lambda it: it["Condition"]["StringEquals"][self.SUBJECT].remove(subject))
            for wider in (f"{subject}*", subject.rsplit(":", 1)[0] + ":*", "repo:example/*", f"*{subject}"):
                like = {self.AUDIENCE: "sts.amazonaws.com", self.SUBJECT: [*equals[self.SUBJECT], wider]}
                found(f"like {wider}", lambda it: it.update(Condition={"StringLike": like}))
        found("anybody", lambda it: it.update(Principal="*"))
        found("another's tokens", lambda it: it.update(Principal={"Federated": PROVIDER + ".example.org"}))

    def test_the_role_that_deploys_is_for_its_environment_alone(self):
        others = ["environment:production", "environment:dev", "ref:refs/heads/main", "pull_request"]
        self.hold("DeployRole", environment(ENVIRONMENT), f"environment:{ENVIRONMENT}", others)

    def test_the_role_that_pushes_is_for_main_alone(self):
        others = ["ref:refs/heads/main2", "ref:refs/tags/main", "pull_request", "environment:dev"]
        self.hold("PushRole", registry(), "ref:refs/heads/main", others)

    def test_the_roles_of_a_task_are_for_tasks_of_this_account(self):
        for role in ("TaskRole", "ExecutionRole"):
            (trust,) = environment(ENVIRONMENT).resolve(
                environment(ENVIRONMENT).resources[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            )
            self.assertEqual(trust["Principal"], {"Service": "ecs-tasks.amazonaws.com"})
            account, region = iam.WHERE["Account"], iam.WHERE["Region"]
            ours = {"aws:SourceAccount": account, "aws:SourceArn": f"arn:aws:ecs:{region}:{account}:task/a/1"}
            self.assertTrue(iam.holds(trust["Condition"], ours))
            for key, other in [
                ("aws:SourceAccount", "999999999999"),
                ("aws:SourceArn", f"arn:aws:ecs:{region}:999999999999:task/a/1"),
                ("aws:SourceArn", f"arn:aws:ecs:eu-west-1:{account}:task/a/1"),
            ]:
                self.assertFalse(iam.holds(trust["Condition"], {**ours, key: other}), other)


def main():
    Roles.calls = sys.argv[1]
    ended = unittest.main(argv=sys.argv[:1], exit=False)
    print("\n".join(Roles.told))
    sys.exit(not ended.result.wasSuccessful())


if __name__ == "__main__":
    main()
