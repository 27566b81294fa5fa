"""Every call of every story, and every answer of the stand-in, against AWS's own models.

usage: calls.py CALLS       CALLS is what the stand-in recorded ($AWS_STAND_IN_CALLS) while the deployer's tests ran

A request that AWS would refuse is a fault of the deployer; an answer that AWS would never give is one of the stand-in.
"""

import copy
import json
import pathlib
import re
import sys
import urllib.parse
import xml.etree.ElementTree

import botocore
import botocore.session
import shapes
from botocore.utils import parse_timestamp

# Of every operation, beside the errors of its own: the "Common errors" of AWS's API references.
COMMON = {"AccessDeniedException", "ThrottlingException", "ValidationError"}

# Answers that a story makes up, since AWS has not given them yet.
MADE_UP = "aMemberOfNextYear"

SESSION = botocore.session.get_session()


def operation(call):
    return SESSION.get_service_model(call["service"]).operation_model(call["operation"])


def read(line):
    """A recorded call, with the operation's name and its input as members, also of one in the query protocol."""
    call = json.loads(line)
    if isinstance(call["input"], str):
        form = dict(urllib.parse.parse_qsl(call["input"], keep_blank_values=True))
        call["operation"] = form.pop("Action")
        version = SESSION.get_service_model(call["service"]).api_version
        assert form.pop("Version") == version, f"{call['service']} is not asked in its version {version}"
        call["input"] = form
    return call


def faults(direction, call):
    """What is wrong with one direction of a call: a sentence each, with the path."""
    try:
        model = operation(call)
    except botocore.model.OperationNotFoundError:
        return [f"{direction}: {call['service']} has no operation {call['operation']}"]
    if direction == "request":
        return shapes.faults(model.input_shape, call["input"], direction)
    found = []
    if call["status"] == 200:
        answer = members(model, call["answer"], found)
        return found + shapes.faults(model.output_shape, answer, direction)
    code = error(model, call["answer"])
    if code not in COMMON | {shape.error_code for shape in model.error_shapes}:
        found.append(f"{direction}: {call['operation']} has no error {code}")
    return found


def error(model, text):
    if model.service_model.protocol == "json":
        answer = json.loads(text)
        assert set(answer) == {"__type", "message"}, answer
        return answer["__type"]
    return next(one.text for one in xml.etree.ElementTree.fromstring(text).iter() if one.tag.endswith("}Code"))


def members(model, text, found):
    """An answer as its members; what is in none goes to the faults that were found."""
    if model.service_model.protocol == "json":
        return json.loads(text)
    (result,) = [one for one in xml.etree.ElementTree.fromstring(text) if one.tag.endswith("Result")]
    return value(model.output_shape, result, found)


def value(shape, element, found):
    """What an element in the query protocol stands for."""
    if shape.type_name == "structure":
        return {name(one): value(shape.members[name(one)], one, found) for one in element if known(shape, one, found)}
    if shape.type_name == "list":
        return [value(shape.member, one, found) for one in element]
    if shape.type_name == "timestamp":
        return parse_timestamp(element.text).timestamp()
    kinds = {"string": str, "integer": int, "boolean": {"true": True, "false": False}.get}
    return kinds[shape.type_name](element.text or "")


def name(element):
    return element.tag.split("}")[-1]


def known(shape, element, found):
    if name(element) not in shape.members:
        found.append(f"answer.{name(element)}: there is no such member of {shape.name}")
    return name(element) in shape.members


def within(answer):
    """Changes the answer, which is text."""

    def change(call):
        document = json.loads(call["answer"])
        answer(document)
        call["answer"] = json.dumps(document)

    return change


# Faults to plant in calls that have none: what, where, the change, and what has to be said of it.
PLANTS = [
    (
        "a wrong value",
        "DescribeServices",
        within(lambda a: a["services"][0].update(launchType="Fargate")),
        "answer.services[0].launchType: 'Fargate' is none of",
    ),
    (
        "a member of a request",
        "DescribeServices",
        within(lambda a: a["services"][0].update(cluster="a")),
        "answer.services[0].cluster: there is no such member",
    ),
    (
        "a time in words",
        "DescribeTasks",
        within(lambda a: a["tasks"][0].update(startedAt="2026-01-01T00:00:00Z")),
        "answer.tasks[0].startedAt: ",
    ),
    (
        "a wrong type",
        "DescribeTasks",
        within(lambda a: a["tasks"][0]["containers"][0].update(exitCode="0")),
        "answer: Invalid type for parameter tasks[0].containers[0].exitCode",
    ),
    (
        "an error of another call",
        "ListTasks",
        lambda c: c.update(status=400, answer=json.dumps({"__type": "ConflictException", "message": ""})),
        "answer: ListTasks has no error ConflictException",
    ),
    (
        "a member that there is not",
        "DescribeStacks",
        lambda c: c.update(answer=c["answer"].replace("OutputKey", "Key")),
        "answer.Key: there is no such member of Output",
    ),
    (
        "a status that there is not",
        "DescribeStacks",
        lambda c: c.update(answer=re.sub("<StackStatus>.*?<", "<StackStatus>DONE<", c["answer"])),
        "answer.Stacks[0].StackStatus: 'DONE' is none of",
    ),
    (
        "a call that there is not",
        "ListTasks",
        lambda c: c.update(operation="FindTasks"),
        "request: ecs has no operation FindTasks",
    ),
    (
        "a wrong value",
        "ListTasks",
        lambda c: c["input"].update(desiredStatus="Running"),
        "request.desiredStatus: 'Running' is none of",
    ),
    (
        "a missing member",
        "UpdateService",
        lambda c: c["input"].pop("service"),
        'request: Missing required parameter in input: "service"',
    ),
    (
        "an unknown member",
        "StopServiceDeployment",
        lambda c: c["input"].update(rollback=True),
        "request.rollback: there is no such member",
    ),
    (
        "a wrong form",
        "BatchGetImage",
        lambda c: c["input"].update(registryId="12"),
        "request.registryId: '12' is not of the form",
    ),
    (
        "too much at once",
        "GetLogEvents",
        lambda c: c["input"].update(limit=10_001),
        "request.limit: 10001 is more than 10000",
    ),
]


# What AWS sends of other services than ours, by why it is not ours. Whatever else its models have is in an answer of
# the stand-in: a member that comes to a model makes this red.
ELSEWHERE = {
    "other ways to place tasks": """
        capacityProviderStrategy capacityProviderName placementConstraints[] placementStrategy[] containerInstanceArn
        attributes.targetType attributes.targetId requiresAttributes.value requiresAttributes.targetType
        requiresAttributes.targetId inferenceAccelerators inferenceAcceleratorOverrides[] serviceRevisions.overrides
        ecsManagedResources gatewayConnectors monitoring""",
    "other strategies than ROLLING": """
        advancedConfiguration lifecycleHooks[] linearConfiguration canaryConfiguration earlySuccessCriteria taskSets
        lifecycleStage lifecycleHookDetails requestedTestTrafficWeight requestedProductionTrafficWeight
        resolvedConfiguration.loadBalancers.productionListenerRule""",
    "other networks": """
        loadBalancerName serviceRegistries[] serviceRevisions.serviceRegistries serviceConnectConfiguration
        serviceConnectResources
        vpcLatticeConfigurations proxyConfiguration ipv6Address networkBindings[]""",
    "other storage": """
        volumeConfigurations volumes[] taskDefinition.ephemeralStorage kmsKeyId deployments.fargateEphemeralStorage
        serviceRevisions.fargateEphemeralStorage""",
    "what a task of the service is not": """
        trustedExecutionConfiguration trustedExecutionSummary pidMode ipcMode managedAgents gpuIds neuronDeviceIds
        gpuSharingStrategy containers.memory containers.memoryReservation containers.reason overrides.cpu
        overrides.memory overrides.executionRoleArn overrides.taskRoleArn overrides.ephemeralStorage
        containerOverrides.command containerOverrides.environment containerOverrides.environmentFiles
        containerOverrides.cpu containerOverrides.memory containerOverrides.memoryReservation
        containerOverrides.resourceRequirements""",
    "what a container of the service does not say": """
        repositoryCredentials containerDefinitions.memory containerDefinitions.memoryReservation links
        portMappings.name appProtocol containerPortRange restartPolicy
        environmentFiles[] mountPoints[] volumesFrom[] devices initProcessEnabled sharedMemorySize tmpfs maxSwap
        swappiness secrets[] dependsOn startTimeout versionConsistency hostname workingDirectory disableNetworking
        dnsServers dnsSearchDomains extraHosts dockerSecurityOptions interactive pseudoTerminal dockerLabels
        secretOptions[] systemControls[] containerDefinitions.resourceRequirements firelensConfiguration
        credentialSpecs""",
    "other times in the life of a task definition": "deregisteredAt deleteRequestedAt",
    "what the deployer does not ask for": "services.tags tasks.tags[]",
    "no story asks for tasks and revisions that are gone": "failures[] failures.detail",
}
# The answers that a decision is made from.
SHOWN = [
    "DescribeServiceDeployments",
    "DescribeServiceRevisions",
    "DescribeServices",
    "DescribeTaskDefinition",
    "DescribeTasks",
    "ListServiceDeployments",
]


def shown(value, path=()):
    """The members that an answer has, as paths."""
    if isinstance(value, dict):
        for member, one in value.items():
            yield (*path, member)
            yield from shown(one, (*path, member))
    elif isinstance(value, list):
        for one in value:
            yield (*path, "[]")
            yield from shown(one, path)


def expected(shape, seen, path=()):
    """The members that a model has and no answer: the outermost of each."""
    if shape.type_name == "structure":
        for member, one in shape.members.items():
            inner = (*path, member)
            if inner in seen:
                yield from expected(one, seen, inner)
            else:
                yield inner
    elif shape.type_name == "list":
        if (*path, "[]") in seen:
            yield from expected(shape.member, seen, path)
        elif shape.member.type_name == "structure":
            yield (*path[:-1], path[-1] + "[]")


def unlisted(answered):
    """Members that AWS has, that no answer has and that are not listed, and members that are listed in vain."""
    seen = {(call["operation"], path) for call in answered if call["status"] == 200 for path in paths(call)}
    listed = {tuple(name.split(".")) for names in ELSEWHERE.values() for name in names.split()}
    used = set()
    for operation in SHOWN:
        shape = SESSION.get_service_model("ecs").operation_model(operation).output_shape
        for path in expected(shape, {path for name, path in seen if name == operation}):
            mine = {one for one in listed if path[-len(one) :] == one}
            used |= mine
            if not mine:
                yield f"{operation}: no answer has {'.'.join(path)}, which AWS may send"
    for one in sorted(listed - used):
        yield f"{'.'.join(one)} is listed, and is in an answer or in no model"


def paths(call):
    return shown(json.loads(call["answer"])) if call["operation"] in SHOWN else ()


def both(_, call):
    return faults("request", call) + faults("answer", call)


def main():
    calls = [read(line) for line in pathlib.Path(sys.argv[1]).read_text().splitlines()]
    # A gateway is not AWS, and not every call is answered.
    answered = [call for call in calls if (call["status"] or 500) < 500 and MADE_UP not in call["answer"]]
    wrong = {}
    for direction, some, part in (("request", calls, "input"), ("answer", answered, "answer")):
        different = {json.dumps([call["operation"], call["status"], call[part]]): call for call in some}
        for call in different.values():
            for fault in faults(direction, call):
                wrong.setdefault(f"{call['service']}:{call['operation']}: {fault}", call)
        print(f"calls: {len(different)} different ones of {len(some)} {direction}s were looked at")

    rich = {}
    for call in answered:
        if call["status"] == 200 and len(call["answer"]) > len(rich.get(call["operation"], {"answer": ""})["answer"]):
            rich[call["operation"]] = call
    wrong.update(dict.fromkeys(shapes.missed(PLANTS, both, lambda name: copy.deepcopy(rich[name]))))
    wrong.update(dict.fromkeys(unlisted(answered)))
    if wrong:
        print("\n".join(sorted(wrong)), file=sys.stderr)
        return 1
    print(f"calls: {len(PLANTS)} planted faults found, as botocore {botocore.__version__} has AWS")
    return 0


if __name__ == "__main__":
    sys.exit(main())
