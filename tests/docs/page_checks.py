# SPDX-License-Identifier: Apache-2.0
"""Checks of the pages. Each takes a page and yields complaints: `line: what is wrong`."""

import glob
import re
import subprocess
from dataclasses import dataclass, field
from urllib.parse import unquote

LONGEST_LINE = 100
FOLDERS = ("models", "arch", "sim", "configs", "tests", "analysis", "scripts", "docs", "traces")
# `models/check` is short for models/check.hpp and models/check.cpp.
ENDINGS = ("", ".hpp", ".cpp")
# Options of tools that are not the project's own.
FOREIGN_OPTIONS = {"--preset", "--build", "--target", "--benchmark_filter"}


@dataclass
class Code:
    """A piece of code of a page: an inline span, or a line of a block (continuations joined)."""

    text: str
    line: int
    isInline: bool


@dataclass
class Page:
    """A page taken apart. In `prose`, code is blanked out; lines keep their numbers."""

    file: object
    lines: list
    prose: list = field(default_factory=list)
    code: list = field(default_factory=list)


def read_page(file):
    return page_of(file, file.read_text(encoding="utf-8"))


def page_of(file, text):
    page = Page(file, text.splitlines())
    fence, blank_before, in_list, indented = None, True, False, False
    for number, line in enumerate(page.lines, 1):
        opening = re.match(r"\s*(`{3,}|~{3,})", line)
        closes = fence is not None and line.strip() == fence
        # Four blanks after an empty line begin code, but within a list they continue it.
        indented = line.startswith("    ") and not in_list and (blank_before or indented)
        if closes or (fence is None and opening):
            fence = None if closes else opening[1]
            page.prose.append("")
        elif fence is not None or indented:
            add_code_line(page, line, number)
            page.prose.append("")
        else:
            page.prose.append(line)
            if line.strip():
                in_list = bool(re.match(r"\s*([-*+]|\d+\.)\s", line)) or \
                    (in_list and line.startswith(" ")) or (in_list and not blank_before)
        blank_before = not line.strip()
    take_inline_code(page)
    return page


def add_code_line(page, line, number):
    last = page.code[-1] if page.code else None
    if last is not None and last.text.endswith("\\") and not last.isInline:
        last.text = last.text[:-1] + " " + line
    else:
        page.code.append(Code(line, number, False))


def take_inline_code(page):
    """Spans may go on in the next line, but not across an empty one."""
    text = "\n".join(page.prose)

    def take(span):
        number = text.count("\n", 0, span.start()) + 1
        page.code.append(Code(" ".join(span[2].split()), number, True))
        return re.sub(r"[^\n]", " ", span[0])

    span = re.compile(r"(?<!`)(`+)(?!`)((?:(?!\n\s*\n).)+?)(?<!`)\1(?!`)", re.DOTALL)
    blanked = span.sub(take, text)
    page.prose = blanked.split("\n")


def anchors(page):
    """The names that GitHub gives to the headings of a page."""
    found = {}
    names = set()
    for original, line in zip(page.lines, page.prose):
        if not re.match(r"#{1,6}\s", line):
            continue
        title = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", original.lstrip("#").strip())
        name = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        count = found.get(name, 0)
        found[name] = count + 1
        names.add(f"{name}-{count}" if count else name)
    return names


def links(page):
    """Line and target of every link, image and reference."""
    for number, line in enumerate(page.prose, 1):
        for target in re.findall(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)", line):
            yield number, target
        reference = re.match(r"\s{0,3}\[([^]]+)\]:\s*(\S+)", line)
        if reference:
            yield number, reference[2]


def undefined_references(page):
    text = "\n".join(page.prose)
    defined = {name.lower() for name in re.findall(r"^\s{0,3}\[([^]]+)\]:", text, re.MULTILINE)}
    for number, line in enumerate(page.prose, 1):
        for name in re.findall(r"\[[^]]+\]\[([^]]+)\]", line):
            if name.lower() not in defined:
                yield f"{number}: the reference [{name}] is defined nowhere"


def broken_links(page, root):
    yield from undefined_references(page)
    for number, target in links(page):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        path, _, anchor = unquote(target).partition("#")
        file = (page.file.parent / path).resolve() if path else page.file
        if path.startswith("/") or not file.is_relative_to(root):
            yield f"{number}: the link {target} leaves the repository"
        elif path and not file.exists():
            yield f"{number}: the link {target} leads nowhere"
        elif anchor and file.suffix == ".md":
            other = page if file == page.file else read_page(file)
            if anchor not in anchors(other):
                yield f"{number}: the link {target}: no heading is called #{anchor}"


def long_lines(page):
    for number, line in enumerate(page.lines, 1):
        if len(line) > LONGEST_LINE:
            yield f"{number}: {len(line)} columns, expected at most {LONGEST_LINE}"


def too_many_lines(page, most):
    if len(page.lines) > most:
        yield f"{most + 1}: {len(page.lines)} lines, expected at most {most}"


def path_pattern(text):
    """A path of a page as a pattern of `glob`: `<name>` and NAME stand for anything."""
    pattern = re.sub(r"<[^>]*>", "*", text)
    return re.sub(r"(?<![A-Za-z0-9])[A-Z]{2,}(?![A-Za-z0-9])(?!\.md)", "*", pattern)


def alternatives(pattern):
    """`a.{b,c}` as `a.b` and `a.c`."""
    braces = re.search(r"\{([^{}]*,[^{}]*)\}", pattern)
    if not braces:
        return [pattern]
    return [each for choice in braces[1].split(",")
            for each in alternatives(pattern[:braces.start()] + choice + pattern[braces.end():])]


def missing_paths(page, root):
    for code in page.code:
        if not code.isInline or not code.text.startswith(tuple(f"{each}/" for each in FOLDERS)):
            continue
        path = re.sub(r"(:\d+|#.*|[.,;:])$", "", code.text.split(" ")[0])
        for pattern in alternatives(path_pattern(path)):
            if not any(glob.glob(pattern + ending, root_dir=root) for ending in ENDINGS):
                yield f"{code.line}: {path} does not exist"


def options_in(help_text):
    """The options that a help text lists, not those of its examples."""
    listed = help_text.partition("\nOptions:\n")[2]
    lines = re.findall(r"^  (-\S.*)$", listed, re.MULTILINE)
    return {name for line in lines for name in re.findall(r"(?<![\w-])--?[a-z][\w-]*", line[:26])}


def subcommands_in(help_text):
    listed = help_text.partition("\nSubcommands:\n")[2].partition("\n\n")[0]
    return re.findall(r"^  (\S+)", listed, re.MULTILINE)


def help_of(*command):
    return subprocess.run([*command, "--help"], text=True, capture_output=True, check=True).stdout


def commands_of(systole):
    """The options of every command, subcommands of a command (`golden record`) among its own."""
    program = help_of(systole)
    commands = {}
    for name in subcommands_in(program):
        text = help_of(systole, name)
        commands[name] = options_in(text)
        for inner in subcommands_in(text):
            commands[name] |= options_in(help_of(systole, name, inner))
    return options_in(program), commands


def script_options(root):
    """The options that the project's own scripts name."""
    patterns = ("analysis/**/*", "scripts/*", "traces/**/*.py", "tests/**/*.py")
    files = [file for pattern in patterns
             for file in root.glob(pattern) if file.is_file() and file.suffix in ("", ".py", ".sh")]
    options = set()
    for file in files:
        if file.parent.name != "docs":
            options |= set(re.findall(r"--[a-z][a-z0-9-]+", file.read_text(encoding="utf-8")))
    return options


def unknown_options(page, program, commands, others):
    """`program` are the options of `systole` itself, `commands` those of its commands."""
    known = set().union(program, others, *commands.values())
    for code in page.code:
        text = re.sub(r"'[^']*'|\"[^\"]*\"", " ", code.text)
        called = re.findall(r"(?<![\w-])systole[ \t]+([a-z][a-z-]*)\b(?![./=])([^|;&#]*)", text)
        for name, arguments in called:
            if name not in commands:
                yield f"{code.line}: systole has no command {name}"
                continue
            for option in re.findall(r"(?<![\w-])--?[a-z][\w-]*", arguments):
                if option not in commands[name] | program:
                    yield f"{code.line}: systole {name} has no option {option}"
        if code.isInline and not called:
            for option in re.findall(r"(?<![\w-])--[a-z][\w-]*", text):
                if option not in known:
                    yield f"{code.line}: no command has an option {option}"
