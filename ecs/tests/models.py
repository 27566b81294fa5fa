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

import botocore.session
from botocore.validate import ParamValidator

MODEL = botocore.session.get_session().get_service_model("ecs")


def faults(shape, value, path):
    """Members and enumerated values that the model does not have, as sentences."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, member in value.items():
            if name in shape.members:
                yield from faults(shape.members[name], member, f"{path}.{name}")
            else:
                yield f"{path}.{name}: there is no such member"
    elif shape.type_name == "list" and isinstance(value, list):
        for index, item in enumerate(value):
            yield from faults(shape.member, item, f"{path}[{index}]")
    elif shape.type_name == "map" and isinstance(value, dict):
        for key, item in value.items():
            yield from faults(shape.value, item, f"{path}[{key}]")
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is none of {', '.join(shape.enum)}"


def check(operation, document):
    shape = MODEL.operation_model(operation).input_shape
    report = ParamValidator().validate(document, shape)
    found = list(faults(shape, document, operation))
    if report.has_errors():
        found.append(report.generate_report())
    return found


def prove_that_it_can_fail(documents):
    """A check that finds nothing in what is wrong would be green for ever."""

    def planted(operation, change):
        document = copy.deepcopy(documents[operation])
        change(document)
        return check(operation, document)

    def container(document):
        return document["containerDefinitions"][0]

    plants = {
        "an unknown member": planted("RegisterTaskDefinition", lambda d: container(d).update(readOnly=True)),
        "a wrong type": planted("RegisterTaskDefinition", lambda d: container(d).update(essential="yes")),
        "a wrong value": planted("RegisterTaskDefinition", lambda d: d.update(networkMode="vpc")),
        "a missing member": planted("CreateService", lambda d: d.pop("serviceName")),
        "a member of the creation": planted("UpdateService", lambda d: d.update(serviceName="walkthrough")),
    }
    return [f"{what} was planted and not found" for what, found in plants.items() if not found]


def main():
    render = sys.argv[1]
    wrong = []
    names = sorted(file.stem for file in pathlib.Path("ecs/environments").glob("*.toml"))
    assert names, "no environment was found"
    for name in names:
        documents = json.loads(subprocess.run([render, name], check=True, capture_output=True).stdout)
        for operation, document in documents.items():
            wrong += [f"{name}: {fault}" for fault in check(operation, document)]
        wrong += prove_that_it_can_fail(documents)
    print("\n".join(wrong) or f"models: {len(names)} environments, {len(documents)} documents each, as botocore {botocore.__version__} has ECS")
    return 1 if wrong else 0


sys.exit(main())
