# SPDX-License-Identifier: Apache-2.0
"""YAML of technology files, as a person would lay it out."""

COLUMNS = 100


def scalar(value):
    if isinstance(value, float):
        return f"{value:.5g}"
    return str(value)


def quoted(key, value):
    return f'"{value}"' if key in ("source", "note") else scalar(value)


def flow(mapping):
    return "{" + ", ".join(f"{key}: {scalar(value)}" for key, value in mapping.items()) + "}"


def flow_list(items):
    return "[" + ", ".join(map(scalar, items)) + "]"


def is_flat(mapping):
    return "source" not in mapping and not any(isinstance(value, (dict, list))
                                               for value in mapping.values())


def entry(key, value, pad):
    if isinstance(value, list):
        if not any(isinstance(item, (dict, list)) for item in value):
            return [f"{pad}{key}: {flow_list(value)}"]
        return [f"{pad}{key}:", *(f"{pad}  - {flow(item) if isinstance(item, dict) else flow_list(item)}"
                                  for item in value)]
    if not isinstance(value, dict):
        return [f"{pad}{key}: {quoted(key, value)}"]
    if is_flat(value) and len(pad + key + ": " + flow(value)) <= COLUMNS:
        return [f"{pad}{key}: {flow(value)}"]
    return [f"{pad}{key}:", *lines(value, len(pad) + 2)]


def lines(mapping, indent=0):
    return [line for key, value in mapping.items() for line in entry(key, value, " " * indent)]


def section(key, value):
    return "\n".join(entry(key, value, "")) + "\n"


def header(name, node, *comment):
    text = ["# SPDX-License-Identifier: Apache-2.0", *("# " + line for line in comment),
            "# Written by analysis/make_technology.py; do not edit.", "name: " + name,
            "node: " + node]
    return "\n".join(text) + "\n"
