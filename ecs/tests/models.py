"""Holds what the deployer would send against AWS's own model of ECS, which botocore ships.

usage: models.py RENDER     RENDER is the example of that name, and the working directory the project's root
"""

import copy
import json
import pathlib
import subprocess
import sys

import botocore
import botocore.session
import shapes

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
        "a wrong letter",
        "taskDefinition",
        lambda d: d["tags"][0].update(value="a\"b"),
        "taskDefinition.tags[0].value: 'a\"b' is not of the form",
    ),
    (
        "too long a name",
        "service",
        lambda d: d["tags"][0].update(value="a" * 257),
        "service.tags[0].value: 257 characters of at most 256",
    ),
    (
        "a member of the creation alone",
        "update",
        lambda d: d.update(launchType="FARGATE"),
        "update.launchType: there is no such member",
    ),
]


def faults(name, document):
    """All that AWS would not take, or would take for something else: a sentence each, with the path."""
    return shapes.faults(MODEL.operation_model(OPERATIONS[name]).input_shape, document, name)


def main():
    render = sys.argv[1]
    names = sorted(file.stem for file in pathlib.Path("ecs/environments").glob("*.toml"))
    assert names, "no environment was found"
    wrong = []
    for environment in names:
        documents = json.loads(subprocess.run([render, environment], check=True, stdout=subprocess.PIPE).stdout)
        assert documents.keys() == OPERATIONS.keys(), documents.keys()
        missed = shapes.missed(PLANTS, faults, lambda name: copy.deepcopy(documents[name]))
        wrong += [f"{environment}: {fault}" for fault in missed]
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
