# SPDX-License-Identifier: Apache-2.0
"""The #include lines of models, arch and sim keep to the arrow and run in no circle.

    test_includes.py SOURCE_FOLDER
"""

import pathlib
import sys
import tempfile
import unittest

import include_checks as checks

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Sources(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.includes = checks.includes_below(ROOT)

    def expect_nothing(self, found):
        found = list(found)
        if found:
            self.fail(f"{len(found)} found:\n" + "\n".join(found))

    def test_there_are_includes(self):
        self.assertGreater(len(self.includes), 1000)

    def test_includes_follow_the_arrow(self):
        self.expect_nothing(checks.against_the_arrow(self.includes))

    def test_yaml_systemc_files_and_terminal_stay_where_they_belong(self):
        self.expect_nothing(checks.forbidden(self.includes))

    def test_included_files_exist(self):
        self.expect_nothing(checks.missing(self.includes, ROOT))

    def test_folders_include_each_other_in_no_circle(self):
        self.expect_nothing(checks.circles(self.includes))


def includes(**files):
    """`a__b="c d"`: models/a/b.hpp includes models/c.hpp and models/d.hpp."""
    return [each for name, targets in files.items()
            for each in checks.includes_of(
                f"models/{name.replace('__', '/')}.hpp",
                "".join(f'#include "models/{target}.hpp"\n' for target in targets.split()))]


class Checks(unittest.TestCase):
    """The checks themselves: what is right passes, what is wrong does not."""

    def complaints(self, check, file, line):
        return list(check(checks.includes_of(file, "// why\n" + line + "\n")))

    def test_include_lines_are_found_and_nothing_else(self):
        text = ('#pragma once\n#include <vector>\n  # include "models/a.hpp"  // why\n'
                '// #include "b"\n')
        self.assertEqual(checks.includes_of("sim/x.cpp", text),
                         [checks.Include("sim/x.cpp", 2, "vector", False),
                          checks.Include("sim/x.cpp", 3, "models/a.hpp", True)])

    def test_headers_of_the_project_in_angle_brackets_are_its_own(self):
        self.assertEqual(checks.includes_of("sim/x.cpp", "#include <arch/a.hpp>\n"),
                         [checks.Include("sim/x.cpp", 1, "arch/a.hpp", True)])

    def test_an_include_that_cannot_be_read_is_an_error(self):
        for line in ('/* why */ #include "models/a.hpp"', "#import <vector>", "#include HEADER"):
            with self.subTest(line), self.assertRaisesRegex(ValueError, "sim/x.cpp:1: "):
                checks.includes_of("sim/x.cpp", line + "\n")

    def test_includes_along_the_arrow_pass(self):
        for file, target in (("models/a.hpp", "models/b.hpp"), ("arch/a/b.cpp", "models/b.hpp"),
                             ("arch/a.cpp", "arch/b/c.hpp"), ("sim/a.cpp", "models/b.hpp"),
                             ("sim/a.cpp", "arch/b.hpp"), ("sim/a.cpp", "sim/b.hpp")):
            with self.subTest(file=file, target=target):
                self.assertEqual(
                    self.complaints(checks.against_the_arrow, file, f'#include "{target}"'), [])

    def test_includes_against_the_arrow_are_named(self):
        for file, target in (("models/a.hpp", "arch/b.hpp"), ("models/a.cpp", "sim/b.hpp"),
                             ("arch/a/b.cpp", "sim/b.hpp"), ("models/a.cpp", "tests/b.hpp"),
                             ("sim/a.cpp", "tests/b.hpp"), ("models/a.cpp", "b.hpp")):
            with self.subTest(file=file, target=target):
                found = self.complaints(checks.against_the_arrow, file, f'#include "{target}"')
                self.assertEqual(len(found), 1)
                self.assertIn(f'{file}:2: #include "{target}": ', found[0])

    def test_headers_where_they_belong_pass(self):
        for file, header in (("arch/a.cpp", "systemc"), ("arch/a.cpp", "tlm"),
                             ("sim/a.cpp", "yaml-cpp/parser.h"), ("sim/a.cpp", "fstream"),
                             ("models/a.cpp", "cstdint"), ("models/a.cpp", "tlmatch")):
            with self.subTest(file=file, header=header):
                found = self.complaints(checks.forbidden, file, f"#include <{header}>")
                self.assertEqual(found, [])

    def test_headers_where_they_do_not_belong_are_named(self):
        for file, header in (("models/a.cpp", "systemc"), ("models/a.cpp", "systemc.h"),
                             ("models/a.cpp", "sysc/kernel/sc_time.h"), ("models/a.cpp", "tlm"),
                             ("models/a.cpp", "yaml-cpp/yaml.h"), ("models/a.cpp", "fstream"),
                             ("models/a.cpp", "filesystem"), ("models/a.cpp", "iostream"),
                             ("models/a.cpp", "nlohmann/json.hpp"), ("arch/a.cpp", "fstream"),
                             ("arch/a.cpp", "yaml-cpp/yaml.h"), ("arch/a.cpp", "filesystem"),
                             ("sim/a.cpp", "systemc")):
            with self.subTest(file=file, header=header):
                found = self.complaints(checks.forbidden, file, f"#include <{header}>")
                self.assertEqual(len(found), 1)

    def test_files_that_do_not_exist_are_named(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "models").mkdir()
            (root / "models/a.hpp").write_text('#include "models/b.hpp"\n#include <none>\n')
            (root / "models/b.hpp").write_text('#include "models/c.hpp"\n')
            self.assertEqual(list(checks.missing(checks.includes_below(root), root)),
                             ['models/b.hpp:1: #include "models/c.hpp": no such file'])

    def test_a_folder_is_a_directory_or_a_file_of_the_top(self):
        self.assertEqual(checks.folder_of("arch/config.hpp"), "arch/config")
        self.assertEqual(checks.folder_of("arch/accelerator.cpp"), "arch/accelerator")
        self.assertEqual(checks.folder_of("models/memory/dram/a.hpp"), "models/memory/dram")

    def test_folders_in_one_direction_pass(self):
        good = includes(a__x="b/x c/x a/y", a__y="a/x", b__x="c/x base", c__x="base", top="a/x b/x")
        self.assertEqual(list(checks.circles(good)), [])

    def test_two_folders_that_include_each_other_are_a_circle(self):
        found = list(checks.circles(includes(a__x="b/x", b__y="a/z", c__x="a/x b/x")))
        self.assertEqual(found, ["circle: models/a -> models/b -> models/a\n"
                                 '    models/a/x.hpp:1: #include "models/b/x.hpp"\n'
                                 '    models/b/y.hpp:1: #include "models/a/z.hpp"'])

    def test_a_circle_may_be_longer_and_go_through_a_file_of_the_top(self):
        found = list(checks.circles(includes(a__x="b/x", b__x="top", top="a/x", c__x="top")))
        self.assertEqual([each.split("\n")[0] for each in found],
                         ["circle: models/a -> models/b -> models/top -> models/a"])

    def test_every_circle_is_named(self):
        found = list(checks.circles(includes(a__x="b/x", b__x="a/x", c__x="d/x a/x", d__x="c/x")))
        self.assertEqual([each.split("\n")[0] for each in found],
                         ["circle: models/a -> models/b -> models/a",
                          "circle: models/c -> models/d -> models/c"])


if __name__ == "__main__":
    ROOT = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=sys.argv[:1])
