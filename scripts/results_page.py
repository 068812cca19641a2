#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the lists of docs/results.md from docs/schemas/results.schema.json, where meanings stand.

    scripts/results_page.py            write them
    scripts/results_page.py --check    exit 1, with the difference, where the page is another
"""
import difflib
import json
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/results.md"
SCHEMA = ROOT / "docs/schemas/results.schema.json"
WIDTH = 100
LIST = re.compile(r"(<!-- keys of (\S+) -->\n).*?(<!-- end of keys -->)", re.DOTALL)
WORDS = {"string": "text", "boolean": "true or false", "array": "list"}


def reference_of(schema):
    return schema["$ref"].rsplit("/", 1)[1] if "$ref" in schema else None


def type_of(schema):
    """`integer or null`, `one of busy, idle`, `keys of counters`."""
    if "$ref" in schema:
        return f"keys of {reference_of(schema)}"
    if "const" in schema:
        return f'`{schema["const"]}`'
    if "enum" in schema:
        return "one of " + ", ".join(schema["enum"])
    if "anyOf" in schema:
        return " or ".join(type_of(option) for option in schema["anyOf"])
    if schema["type"] == "array":
        return f'list of {type_of(schema["items"])}'
    if isinstance(schema.get("additionalProperties"), dict):
        value = schema["additionalProperties"]
        names = ": " + ", ".join(schema["propertyNames"]["enum"]) if "propertyNames" in schema else ""
        each = "" if value.get("type") == "object" else f", each {type_of(value)}"
        return f'object by {schema["names"]}{each}{names}'
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return " or ".join(WORDS.get(name, name) for name in types)


def item(path, schema, is_required):
    facts = type_of(schema)
    if schema.get("unit", "1") != "1":
        facts += f', in {schema["unit"]}'
    if not is_required:
        facts += "; may be absent"
    # Counters are described by a few words in the code.
    meaning = schema["description"][0].upper() + schema["description"][1:].rstrip(".") + "."
    text = f"`{path}` ({facts}): {meaning}"
    return textwrap.fill(text, WIDTH, initial_indent="- ", subsequent_indent="  ",
                         break_long_words=False, break_on_hyphens=False) + "\n"


def inner(path, schema):
    """The items of what a value has within it; what a reference names has a list of its own."""
    if "anyOf" in schema:
        return "".join(inner(path, option) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return inner(path + "[]", schema["items"])
    text = ""
    if schema.get("type") == "object":
        prefix = path + "." if path else ""
        for key, value in schema.get("properties", {}).items():
            text += item(prefix + key, value, key in schema.get("required", []))
            text += inner(prefix + key, value)
        if isinstance(schema.get("additionalProperties"), dict):
            text += inner(f'{prefix}<{schema["names"]}>', schema["additionalProperties"])
    return text


def updated(page, definitions):
    listed = []

    def write(match):
        listed.append(match[2])
        return match[1] + inner("", definitions[match[2]]) + match[3]

    page = LIST.sub(write, page)
    if sorted(listed) != sorted(definitions):
        sys.exit(f"{PAGE}: lists {sorted(set(listed) ^ set(definitions))} are not in both the page and "
                 "the schema, each once")
    return page


def main():
    before = PAGE.read_text()
    after = updated(before, json.loads(SCHEMA.read_text())["$defs"])
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(after)
        return 0
    sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), after.splitlines(True),
                                               str(PAGE), "what the schema says"))
    return before != after


if __name__ == "__main__":
    sys.exit(main())
