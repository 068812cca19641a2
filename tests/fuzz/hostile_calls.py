# SPDX-License-Identifier: Apache-2.0
"""Makes every call of hostile_calls.tsv: each must end with its exit code and its message, in time, within memory,
without a word of C++ and without writing anything.

    /usr/bin/python3 tests/fuzz/hostile_calls.py build/release/systole [part of a call]

In a call and in a file's content, @in@ is a folder of inputs, good and bad ones; @c@, @w@ and @golden@ are a good
configuration, workload and golden in it; @cwd@ is the folder that the call is made from; @file.EXTENSION@ is the
row's own file. <esc>, <bel>, <nl>, <bad>, <rtl>, <backslash> and <long> are what a table cannot hold as text.
"""
import concurrent.futures
import os
import pathlib
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TABLE = pathlib.Path(__file__).resolve().with_suffix(".tsv")
SECONDS = 10
BYTES = 2 << 30
LONGEST_MESSAGE = 6000
SPECIAL = {"<esc>": "\x1b", "<bel>": "\x07", "<nl>": "\n", "<bad>": "\udcff", "<rtl>": "\u202e", "<backslash>": "\\",
           "<long>": "n" * 300}
# What is not for users: C++, its libraries, how the program is built; and what steers a terminal.
NEVER = re.compile(r"std::|basic_|bad_alloc|filesystem error|json\.exception|terminate called|what\(\)|systole::|YAML::|"
                   r"boost::|CLI::|_M_|\bstoi\b|vector::|map::at|Segmentation|AddressSanitizer|internal error|nullptr|"
                   r"hunter2|root:x:|[\x00-\x09\x0b-\x1f\x7f]")


class Row:
    def __init__(self, line, number):
        cells = line.split("\t") + [""] * 4
        self.call, code, self.says, self.file, self.remark = cells[:5]
        self.exit, self.number = int(code), number


def read_rows():
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return [Row(line, number) for number, line in enumerate(lines, 1) if line and not line.startswith("#")]


def make_inputs(folder):
    """The folder of inputs."""
    shutil.copytree(ROOT / "configs", folder / "configs")
    shutil.copytree(ROOT / "traces/resnet8_fmnist", folder / "traces/resnet8_fmnist")
    (folder / "tests/golden").mkdir(parents=True)
    golden = (ROOT / "tests/golden/resnet8_int8_edge-16x16.json").read_bytes()
    (folder / "tests/golden/golden.json").write_bytes(golden)
    model = (folder / "traces/resnet8_fmnist/model.onnx").read_bytes()
    config = folder / "configs/accelerators/edge-16x16.yaml"
    for name, content in {
            "p.onnx": model, "cut.onnx": model[:len(model) // 2], "cut.json": golden[:3000], "other.yaml": b"a: 1\n",
            "binary": bytes(range(256)) * 16, "binary.gz": bytes(range(256)), "empty": b"", "readonly.json": b"{}",
            "secret": b"hunter2", "deep.json": b"[" * 100_000, "deep.yaml": b"[" * 100_000,
            "deepmap.yaml": b"{a: " * 100_000}.items():
        (folder / name).write_bytes(content)
    with open(folder / "sparse", "wb") as sparse:
        sparse.truncate(10 << 30)
    os.mkfifo(folder / "fifo")
    (folder / "dir").mkdir()
    (folder / "readonly").mkdir(mode=0o500)
    (folder / "secret").chmod(0)
    (folder / "readonly.json").chmod(0o400)
    for link, target in {"loop": "loop", "dangling": "nothing.json", "here": ".", "soft.json": config}.items():
        (folder / link).symlink_to(target)
    (folder / "hard.json").hardlink_to(config)
    for extension in ("yaml", "onnx", "idx3-ubyte"):
        (folder / f"zero.{extension}").symlink_to("/dev/zero")
        for name in ("loop", "fifo", "sparse", "dir", "binary", "empty"):
            (folder / f"{name}.{extension}").symlink_to(name)


def state_of(folder):
    """Every file with what would tell that it was written to."""
    state = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        state[str(path)] = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode)
    return state


def placed(text, inputs, cwd):
    for placeholder, value in {"@in@": inputs, "@cwd@": cwd, "@c@": inputs / "configs/accelerators/edge-16x16.yaml",
                               "@w@": inputs / "traces/resnet8_fmnist/workload.yaml",
                               "@golden@": inputs / "tests/golden/golden.json"}.items():
        text = text.replace(placeholder, str(value))
    return text


def command_of(row, inputs, cwd):
    """The words of the call, and where standard output goes."""
    words, output = [], None
    for word in shlex.split(placed(row.call, inputs, cwd)):
        for name in re.findall(r"@(file\.\w+)@", word):
            content = row.file.encode().decode("unicode_escape").encode("latin-1")
            (cwd / name).write_bytes(os.fsencode(placed(os.fsdecode(content), inputs, cwd)))
            word = word.replace(f"@{name}@", name)
        for placeholder, character in SPECIAL.items():
            word = word.replace(placeholder, character)
        words.append(word)
    if ">" in words:
        output = words[words.index(">") + 1]
        words = words[:words.index(">")]
    return words, output


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))


def complaint(row, run, before, after):
    text = os.fsdecode(run.stderr)
    if run.returncode != row.exit:
        return f"exit code {run.returncode}, expected {row.exit}"
    if row.exit == 2 and not text.strip():
        return "no message"
    if row.exit == 2 and not re.search(row.says, text):
        return f"no message like {row.says!r}"
    shown = NEVER.search(text) or NEVER.search(os.fsdecode(run.stdout or b""))
    if shown:
        return f"shows {shown.group(0)!r}"
    if len(text) > LONGEST_MESSAGE:
        return f"a message of {len(text)} characters"
    if before != after:
        return f"writes {sorted(path for path in {**before, **after} if before.get(path) != after.get(path))[:3]}"
    return None


def make_call(systole, row, inputs, limit, seconds):
    """What is wrong with the outcome, or None."""
    with tempfile.TemporaryDirectory() as scratch:
        cwd = pathlib.Path(scratch)
        words, output = command_of(row, inputs, cwd)
        with open(output and cwd / output or os.devnull, "wb") as stream:
            before = state_of(cwd)
            try:
                run = subprocess.run([systole, *map(os.fsencode, words)], cwd=cwd, timeout=seconds, check=False,
                                     stdin=subprocess.DEVNULL, stdout=stream if output else subprocess.PIPE,
                                     stderr=subprocess.PIPE, preexec_fn=limit)
            except subprocess.TimeoutExpired:
                return f"does not end in {seconds} s", ""
            return complaint(row, run, before, state_of(cwd)), os.fsdecode(run.stderr)


def main():
    if len(sys.argv) not in (2, 3):
        print(__doc__)
        return 2
    systole = str(pathlib.Path(sys.argv[1]).resolve())
    part = sys.argv[2] if len(sys.argv) == 3 else ""
    # AddressSanitizer reserves more addresses than any limit, and takes ten times as long.
    is_sanitized = b"__asan_init" in pathlib.Path(systole).read_bytes()
    limit, seconds = (None, 10 * SECONDS) if is_sanitized else (limit_memory, SECONDS)
    rows = [row for row in read_rows() if part in row.call and not (row.remark == "not as root" and os.geteuid() == 0)]
    failures = 0
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(2) as pool:
        inputs = pathlib.Path(scratch).resolve()
        make_inputs(inputs)
        before = state_of(inputs)
        calls = pool.map(lambda row: make_call(systole, row, inputs, limit, seconds), rows)
        for row, (problem, text) in zip(rows, calls):
            if problem:
                failures += 1
                shown = text.strip().encode("unicode_escape").decode()[:300]
                print(f"FAIL {TABLE.name}:{row.number}: systole {row.call}: {problem}; it says: {shown}"
                      + (f" [{row.remark}]" if row.remark else ""))
        if state_of(inputs) != before:
            failures += 1
            print("FAIL some call wrote to its inputs: make the calls one by one to find it")
    print(f"{len(rows) - failures} passed, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
