# SPDX-License-Identifier: Apache-2.0
"""Follows docs/extending.md as it is printed.

    test_extending.py SYSTOLE BUILD_FOLDER

- A block whose first line names a file in a comment is written as that file.
- `console` blocks are run in one shell, from top to bottom. Their output must be what the page
  shows, their exit code 0 unless the page goes on with `echo $?`.
- A `diff` is applied to copies of the files it names, in a folder that comes first on the include
  path; with the `cpp` block behind it, which is its unit test, it is compiled, linked and run.
- `sh` blocks are for the reader: they rebuild the project.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from pages import Block, commands, fenced_blocks, file_name, matches, run_session

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/extending.md"
SYSTOLE = BUILD = None
LANGUAGES = {"yaml", "console", "diff", "cpp", "sh"}


def write_file(folder, block):
    file = folder / file_name(block)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(block.text, encoding="utf-8")
    return file


def cached(name):
    """A variable of the build's CMake cache."""
    cache = (BUILD / "CMakeCache.txt").read_text(encoding="utf-8")
    found = re.search(rf"^{name}:\w+=(.*)$", cache, re.MULTILINE)
    return found[1] if found else ""


def run(arguments, **options):
    done = subprocess.run([str(each) for each in arguments], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, arguments))}\n{done.stdout}")
    return done.stdout


class Page(unittest.TestCase):
    def setUp(self):
        self.blocks = fenced_blocks(PAGE.read_text(encoding="utf-8"))
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def of(self, language):
        return [block for block in self.blocks if block.language == language]

    def test_every_block_is_one_that_this_test_knows(self):
        for block in self.blocks:
            with self.subTest(line=block.line):
                self.assertIn(block.language, LANGUAGES)
        for block in self.of("yaml") + self.of("cpp"):
            with self.subTest(line=block.line):
                self.assertIsNotNone(file_name(block), "the first line names no file")

    def test_files_and_commands_do_what_the_page_shows(self):
        for name in ("configs", "traces"):
            (self.folder / name).symlink_to(ROOT / name)
        (self.folder / "bin").mkdir()
        (self.folder / "bin/systole").symlink_to(SYSTOLE)
        environment = {**os.environ, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}
        environment.pop("SYSTOLE_CONFIGS", None)
        for block in self.of("yaml"):
            write_file(self.folder, block)
        listed = [each for block in self.of("console") for each in commands(block)]
        self.assertGreater(len(listed), 10)
        ran = run_session([each.text for each in listed], self.folder, environment)
        following = [each.text for each in listed[1:]] + [""]
        for command, after, (output, code) in zip(listed, following, ran):
            with self.subTest(command=command.text, line=command.line):
                if after != "echo $?":
                    self.assertEqual(code, 0, "\n".join(output))
                if not matches(command.shown, output):
                    self.fail("shown:\n" + "\n".join(command.shown) + "\nprinted:\n" +
                              "\n".join(output))

    def changed(self, number):
        """The sources of the page's change of that number, applied to copies, and its test."""
        diffs, tests = self.of("diff"), self.of("cpp")
        self.assertEqual(len(diffs), len(tests))
        touched = re.findall(r"^\+\+\+ b/(\S+)$", diffs[number].text, re.MULTILINE)
        for name in touched:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.folder / name)
        (self.folder / "change.patch").write_text(diffs[number].text, encoding="utf-8")
        # Outside of any repository git applies to the folder, and without fuzz.
        run(["git", "apply", "change.patch"], cwd=self.folder,
            env={**os.environ, "GIT_CEILING_DIRECTORIES": str(self.folder.parent)})
        sources = [self.folder / name for name in touched if name.endswith(".cpp")]
        return touched, [*sources, write_file(self.folder, tests[number])], tests[number]

    def passes(self, sources, test, libraries, definitions=()):
        """Builds the sources before the libraries, whose objects of the same name are then not
        linked: the changed ones define all that those do. Runs the test."""
        sanitize = cached("SYSTOLE_SANITIZE")
        flags = ["-std=c++20", "-O0", f"-I{self.folder}", f"-I{ROOT}", *definitions]
        flags += [f"-fsanitize={sanitize}"] if sanitize else []
        program = self.folder / "changed_test"
        run([cached("CMAKE_CXX_COMPILER"), *flags, *sources, *libraries, "-o", program], cwd=BUILD)
        wanted = len(re.findall(r"^TEST(?:_F)?\(", test.text, re.MULTILINE))
        self.assertIn(f"[  PASSED  ] {wanted} test", run([program]))

    def test_the_operator_is_one_row_and_one_test(self):
        touched, sources, test = self.changed(0)
        self.assertEqual([pathlib.PurePath(name).parent.as_posix() for name in touched],
                         ["sim/operators"])
        link = run(["ninja", "-t", "commands", "unit_onnx"], cwd=BUILD).splitlines()[-1]
        libraries = link.split("-o tests/unit_onnx")[1].split("&&")[0].split()
        self.passes(sources, test, libraries, ["-DONNX_NAMESPACE=onnx", "-DONNX_ML=1"])

    def test_the_energy_component_compiles_and_has_its_value(self):
        touched, sources, test = self.changed(1)
        self.assertEqual(len(touched), 3)
        self.passes(sources, test, [BUILD / "models/libsystole_models.a", "-lgtest", "-lgtest_main",
                                    "-lfmt", "-lpthread"])


class Sessions(unittest.TestCase):
    def test_blocks_have_their_language_text_and_line(self):
        page = "a\n```sh\nls\n```\n\n~~~\n```\n~~~\n"
        self.assertEqual(fenced_blocks(page), [Block("sh", "ls\n", 3), Block("", "```\n", 7)])
        with self.assertRaises(ValueError):
            fenced_blocks("```sh\nls\n")

    def test_a_command_may_go_on_in_the_next_line(self):
        first, second = commands(Block("console", "$ a \\\n  b\nout\n$ c\n", 5))
        self.assertEqual((first.text, first.shown, first.line), ("a \\\n  b", ["out"], 5))
        self.assertEqual((second.text, second.shown, second.line), ("c", [], 8))

    def test_dots_stand_for_lines_left_out_and_nothing_else_differs(self):
        output = ["a", "b", "c", "d"]
        for shown in (output, ["..."], ["a", "..."], ["...", "d"], ["a", "...", "c", "..."],
                      ["...", "b", "...", "d"], ["a", "b", "...", "c", "d"]):
            with self.subTest(shown=shown):
                self.assertTrue(matches(shown, output))
        for shown in ([], ["a", "b", "c"], ["b", "..."], ["...", "c"], ["a", "...", "x", "..."],
                      ["...", "c", "...", "b", "..."], ["...", "d", "...", "d"]):
            with self.subTest(shown=shown):
                self.assertFalse(matches(shown, output))

    def test_a_session_keeps_variables_and_exit_codes(self):
        ran = run_session(["export A=3", "echo $A; false", "echo $?"], "/", dict(os.environ))
        self.assertEqual(ran, [([], 0), (["3"], 1), (["1"], 0)])


if __name__ == "__main__":
    SYSTOLE, BUILD = (pathlib.Path(each).resolve() for each in sys.argv[1:3])
    unittest.main(argv=sys.argv[:1])
