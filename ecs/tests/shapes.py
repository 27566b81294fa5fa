"""What AWS's own models, which botocore ships, say of a value: all that AWS would not take, or would never send.

botocore's validator knows types, required members and lower bounds; unknown members, the values of enumerations, upper
bounds and patterns are looked at here.
"""

import re

from botocore.validate import ParamValidator

# Classes of Unicode, as Python's expressions have them; a separator is the only one of its class that is written here.
CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\w", r"\p{Z}": r"\s"}


def faults(shape, value, name):
    """A sentence for each, with the path, which begins with the name."""
    report = ParamValidator().validate(value, shape)
    found = report.generate_report().splitlines() if report.has_errors() else []
    return [f"{name}: {fault}" for fault in found] + list(odd(shape, value, name))


def odd(shape, value, path):
    """What botocore's validator does not look at."""
    limits = shape.metadata
    if shape.type_name == "structure" and isinstance(value, dict) and not shape.is_document_type:
        for name, member in value.items():
            if name in shape.members:
                yield from odd(shape.members[name], member, f"{path}.{name}")
            else:
                yield f"{path}.{name}: there is no such member"
    elif shape.type_name == "list" and isinstance(value, list):
        if len(value) > limits.get("max", len(value)):
            yield f"{path}: {len(value)} of at most {limits['max']}"
        for index, item in enumerate(value):
            yield from odd(shape.member, item, f"{path}[{index}]")
    elif shape.type_name == "map" and isinstance(value, dict):
        for key, item in value.items():
            yield from odd(shape.value, item, f"{path}[{key}]")
    elif shape.type_name == "timestamp" and not isinstance(value, (int, float)):
        yield f"{path}: {value!r} is no number of seconds"
    elif shape.type_name in ("integer", "long", "double") and isinstance(value, (int, float)):
        if value > limits.get("max", value):
            yield f"{path}: {value} is more than {limits['max']}"
    elif shape.type_name == "string" and isinstance(value, str):
        if shape.enum and value not in shape.enum:
            yield f"{path}: {value!r} is none of {', '.join(shape.enum)}"
        if len(value) > limits.get("max", len(value)):
            yield f"{path}: {len(value)} characters of at most {limits['max']}"
        if "pattern" in limits and not re.fullmatch(in_python(limits["pattern"]), value):
            yield f"{path}: {value!r} is not of the form {limits['pattern']}"


def in_python(pattern):
    for unicode, ours in CLASSES.items():
        pattern = pattern.replace(unicode, ours)
    return pattern


def missed(plants, faults, documents):
    """Planted faults that are not found: a check that finds nothing in what is wrong would be green for ever.

    A plant is what it is, the name of its document, the change, and what has to be said of it.
    """
    for what, name, change, expected in plants:
        # One that is given anew each time may be changed.
        document = documents(name)
        before = set(faults(name, document))
        change(document)
        if not any(fault.startswith(expected) for fault in set(faults(name, document)) - before):
            yield f"{what} was planted and not found: {expected}"
