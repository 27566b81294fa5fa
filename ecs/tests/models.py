"""Holds what the deployer would send against AWS's own model of ECS, which botocore ships.

usage: models.py RENDER     RENDER is the example of that name, and the working directory the project's root

botocore's validator knows types, required members and ranges; unknown members of nested structures and
the values of enumerations are looked at here.
"""

import copy
import json
import pathlib
import subprocess
import sys

import botocore
import botocore.session
from botocore.validate import ParamValidator

MODEL = botocore.session.get_session().get_service_model("ecs")

# Each document is the input of one operation.
OPERATIONS = {"taskDefinition": "RegisterTaskDefinition", "service": "CreateService", "update": "UpdateService"}

# Faults to plant in documents that have none: what, where, the change, and what has to be said of it.
CONTAINER = "containerDefinitions[0]"
PLANTS = [
    ("an unknown member", "taskDefinition", lambda d: d.update(readOnly=True), "taskDefinition.readOnly: there is no such member"),
    (
        "an unknown member, deep inside",
        "taskDefinition",
        lambda d: d["containerDefinitions"][0]["linuxParameters"]["capabilities"].update(remove=["ALL"]),
        f"taskDefinition.{CONTAINER}.linuxParameters.capabilities.remove: there is no such member",
    ),
    (
        "a wrong type",
        "taskDefinition",
        lambda d: d["containerDefinitions"][0].update(essential="yes"),
        f"taskDefinition: Invalid type for parameter {CONTAINER}.essential",
    ),
    (
        "a wrong type that looks right",
        "service",
        lambda d: d["deploymentConfiguration"].update(maximumPercent="200"),
        "service: Invalid type for parameter deploymentConfiguration.maximumPercent",
    ),
    (
        "a wrong value",
        "taskDefinition",
        lambda d: d["runtimePlatform"].update(cpuArchitecture="amd64"),
        "taskDefinition.runtimePlatform.cpuArchitecture: 'amd64' is none of",
    ),
    (
        "a wrong value in a list",
        "taskDefinition",
        lambda d: d.update(requiresCompatibilities=["Fargate"]),
        "taskDefinition.requiresCompatibilities[0]: 'Fargate' is none of",
    ),
    ("a missing member", "service", lambda d: d.pop("serviceName"), 'service: Missing required parameter in input: "serviceName"'),
    (
        "a missing member, deep inside",
        "service",
        lambda d: d["deploymentConfiguration"]["alarms"].pop("rollback"),
        'service: Missing required parameter in deploymentConfiguration.alarms: "rollback"',
    ),
    (
        "a member of the creation alone",
        "update",
        lambda d: d.update(launchType="FARGATE"),
        "update.launchType: there is no such member",
    ),
]


def odd(shape, value, path):
    """Members and enumerated values that the model does not have, as sentences."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, member in value.items():
            if name in shape.members:
                yield from odd(shape.members[name], member, f"{path}.{name}")
            else:
                yield f"{path}.{name}: there is no such member"
    elif shape.type_name == "list" and isinstance(value, list):
        for index, item in enumerate(value):
            yield from odd(shape.member, item, f"{path}[{index}]")
    elif shape.type_name == "map" and isinstance(value, dict):
        for key, item in value.items():
            yield from odd(shape.value, item, f"{path}[{key}]")
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is none of {', '.join(shape.enum)}"


def faults(name, document):
    """All that AWS would not take, or would take for something else: a sentence each, with the path."""
    shape = MODEL.operation_model(OPERATIONS[name]).input_shape
    report = ParamValidator().validate(document, shape)
    found = report.generate_report().splitlines() if report.has_errors() else []
    return [f"{name}: {fault}" for fault in found] + list(odd(shape, document, name))


def blind_spots(documents):
    """Planted faults that are not found: a check that finds nothing in what is wrong would be green for ever."""
    for what, name, change, expected in PLANTS:
        document = copy.deepcopy(documents[name])
        before = set(faults(name, document))
        change(document)
        if not any(fault.startswith(expected) for fault in set(faults(name, document)) - before):
            yield f"{what} was planted and not found: {expected}"


def main():
    render = sys.argv[1]
    names = sorted(file.stem for file in pathlib.Path("ecs/environments").glob("*.toml"))
    assert names, "no environment was found"
    wrong = []
    for environment in names:
        documents = json.loads(subprocess.run([render, environment], check=True, stdout=subprocess.PIPE).stdout)
        assert documents.keys() == OPERATIONS.keys(), documents.keys()
        wrong += [f"{environment}: {fault}" for fault in blind_spots(documents)]
        for name, document in documents.items():
            wrong += [f"{environment}: {fault}" for fault in faults(name, document)]
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    print(
        f"models: {len(PLANTS)} planted faults found; {len(names)} environments, {len(OPERATIONS)} documents each, "
        f"as botocore {botocore.__version__} has ECS"
    )
    return 0


sys.exit(main())
