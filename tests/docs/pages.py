# SPDX-License-Identifier: Apache-2.0
"""What the tests of this folder share: the blocks, the console sessions of a page."""

import re
import subprocess
from dataclasses import dataclass

MARK = "@@exit-code "


@dataclass
class Block:
    """A fenced block of a page; `line` is that of its first line of text, from 1."""

    language: str
    text: str
    line: int


@dataclass
class Command:
    """A command of a console block, and the output that the page shows for it."""

    text: str
    shown: list
    line: int


def fenced_blocks(page):
    """Every fenced block, in the order of the page."""
    blocks, lines = [], page.splitlines()
    fence, language, begin = None, "", 0
    for number, line in enumerate(lines):
        opening = re.match(r"\s*(`{3,}|~{3,})\s*(\S*)", line)
        if fence is None and opening:
            fence, language, begin = opening[1], opening[2], number + 1
        elif fence is not None and line.strip() == fence:
            text = "".join(each + "\n" for each in lines[begin:number])
            blocks.append(Block(language, text, begin + 1))
            fence = None
    if fence is not None:
        raise ValueError(f"line {begin}: a fenced block without an end")
    return blocks


def file_name(block):
    """The file that a block's first line names in a comment (`# a.yaml`, `// a.cpp`), or None."""
    first = block.text.split("\n", 1)[0]
    named = re.fullmatch(r"(?:#|//) ([\w./-]+\.\w+)", first)
    return named[1] if named else None


def commands(block):
    """The commands of a console block: lines that begin with `$ `, continued by a backslash."""
    found, continues = [], False
    for number, line in enumerate(block.text.splitlines(), block.line):
        if continues:
            found[-1].text += "\n" + line
        elif line.startswith("$ "):
            found.append(Command(line[2:], [], number))
        elif found:
            found[-1].shown.append(line)
        else:
            raise ValueError(f"line {number}: output before the first command")
        continues = (continues or line.startswith("$ ")) and line.endswith("\\")
    return found


def matches(shown, output):
    """Whether the lines shown are the output's; `...` stands for any number of lines."""
    parts, part = [], []
    for line in shown:
        if line == "...":
            parts.append(part)
            part = []
        else:
            part.append(line)
    parts.append(part)
    if len(parts) == 1:
        return shown == output
    first, *middle, last = parts
    if output[: len(first)] != first:
        return False
    at = len(first)
    for part in middle:
        while at + len(part) <= len(output) and output[at : at + len(part)] != part:
            at += 1
        if at + len(part) > len(output):
            return False
        at += len(part)
    return len(output) - at >= len(last) and output[len(output) - len(last) :] == last


def run_session(texts, folder, environment):
    """Runs commands one after the other in one shell; output lines and exit code of each."""
    script = "exec 2>&1\nstatus=0\n"
    for text in texts:
        script += f"(exit $status)\n{text}\nstatus=$?\nprintf '\\n{MARK}%d\\n' $status\n"
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    pieces = re.split(rf"\n{MARK}(\d+)\n", done.stdout)
    pairs = [(pieces[i].splitlines(), int(pieces[i + 1])) for i in range(0, len(pieces) - 1, 2)]
    if len(pairs) != len(texts):
        raise RuntimeError("the shell ended early:\n" + done.stdout)
    return pairs
