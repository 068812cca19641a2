# SPDX-License-Identifier: Apache-2.0
"""Checks of the #include lines of models, arch and sim.

An example: models/memory/dram/dram_device.cpp includes "models/units.hpp". So the folder
models/memory/dram uses models/units, which is a folder of its own although it is a file: what lies
directly in models/, arch/ or sim/ is a base (arch/config.hpp) or a top (arch/accelerator.hpp). All
such lines together say which folder uses which, and that must contain no circle.
"""

import re
from collections import deque
from dataclasses import dataclass
from pathlib import PurePosixPath

# The arrow: a folder includes itself and what stands to the left of it.
ORDER = ("models", "arch", "sim")
SOURCES = (".hpp", ".cpp", ".h", ".inc")

YAML = ("yaml-cpp/",)
SYSTEMC = ("systemc", "systemc.h", "tlm", "tlm.h", "tlm_utils/", "sysc/")
FILES_AND_TERMINAL = ("fstream", "filesystem", "iostream", "cstdio", "stdio.h", "unistd.h", "sys/",
                      "boost/filesystem", "boost/iostreams/", "boost/process", "CLI/", "nlohmann/")
# What a folder must not know, and the rule that says so.
FORBIDDEN = {
    "models": ((YAML, "only sim knows YAML"), (SYSTEMC, "only arch knows SystemC"),
               (FILES_AND_TERMINAL, "only sim knows files and the terminal")),
    "arch": ((YAML, "only sim knows YAML"),
             (FILES_AND_TERMINAL, "only sim knows files and the terminal")),
    "sim": ((SYSTEMC, "only arch knows SystemC"),),
}


@dataclass(frozen=True)
class Include:
    """A line of a file; `isOwn`: in quotes, so of the project."""

    file: str
    line: int
    target: str
    isOwn: bool

    def __str__(self):
        brackets = '"{}"' if self.isOwn else "<{}>"
        return f"{self.file}:{self.line}: #include {brackets.format(self.target)}"


def includes_of(file, text):
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        include = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line)
        if include:
            target = include[1] or include[2]
            own = bool(include[1]) or target.split("/")[0] in FORBIDDEN
            found.append(Include(file, number, target, own))
        elif re.search(r"#\s*(?:include|import)", line.split("//")[0]):
            raise ValueError(f"{file}:{number}: an include that this check cannot read: {line}")
    return found


def includes_below(root):
    """Every include of every source of the three folders."""
    found = []
    for top in ORDER:
        for file in sorted((root / top).rglob("*")):
            if file.suffix in SOURCES:
                name = file.relative_to(root).as_posix()
                found += includes_of(name, file.read_text(encoding="utf-8"))
    return found


def top_of(name):
    return name.split("/", 1)[0]


def folder_of(name):
    """The directory; of what lies directly in models, arch or sim, the name without its ending."""
    path = PurePosixPath(name)
    return str(path.with_suffix("") if len(path.parts) == 2 else path.parent)


def against_the_arrow(includes):
    for each in includes:
        if not each.isOwn:
            continue
        top, used = top_of(each.file), top_of(each.target)
        allowed = ORDER[: ORDER.index(top) + 1]
        if used not in allowed:
            yield f"{each}: {top} may include {' and '.join(allowed)}"


def forbidden(includes):
    for each in includes:
        for headers, rule in FORBIDDEN[top_of(each.file)]:
            matches = (header for header in headers
                       if each.target == header or
                       (each.target.startswith(header) and not header.isidentifier()))
            if not each.isOwn and any(matches):
                yield f"{each}: {rule}"


def missing(includes, root):
    for each in includes:
        if each.isOwn and not (root / each.target).is_file():
            yield f"{each}: no such file"


def uses_of(includes):
    """For every folder those it uses, each with the lines that say so."""
    uses = {}
    for each in includes:
        user, used = folder_of(each.file), folder_of(each.target)
        if each.isOwn and user != used:
            uses.setdefault(user, {}).setdefault(used, []).append(each)
    return uses


def shortest_circle(uses, start, among):
    """The folders from `start` through some of `among` back to it; None: there is no such way."""
    before, waiting = {}, deque([start])
    while waiting:
        folder = waiting.popleft()
        for used in sorted(uses.get(folder, {})):
            if used == start:
                circle = [folder]
                while circle[-1] != start:
                    circle.append(before[circle[-1]])
                return circle[::-1]
            if used in among and used not in before:
                before[used] = folder
                waiting.append(used)
    return None


def circles(includes):
    """The circles between folders: of every pair that uses each other, and else the shortest ones.

    A circle that shares a step with one that was reported already is left out: cut that one first.
    """
    uses = uses_of(includes)
    found, reported = [], set()
    for folder in sorted(uses):
        circle = shortest_circle(uses, folder, set(uses))
        if circle is not None:
            found.append(circle)
    for circle in sorted(found, key=lambda each: (len(each), each)):
        steps = set(zip(circle, circle[1:] + circle[:1]))
        if steps & reported:
            continue
        reported |= steps
        lines = [f"circle: {' -> '.join(circle + circle[:1])}"]
        for user, used in zip(circle, circle[1:] + circle[:1]):
            lines += [f"    {each}" for each in uses[user][used]]
        yield "\n".join(lines)
