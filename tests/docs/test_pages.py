# SPDX-License-Identifier: Apache-2.0
"""Every page of the repository: links, paths, commands and options exist, lines fit a screen.

    test_pages.py SOURCE_FOLDER [SYSTOLE]

Without SYSTOLE, commands and options are not checked.
"""

import pathlib
import sys
import tempfile
import unittest

import page_checks as checks

ROOT = pathlib.Path(__file__).resolve().parents[2]
SYSTOLE = None
MOST_README_LINES = 150


def pages():
    files = list(ROOT.glob("*.md"))
    for folder in checks.FOLDERS:
        files += (ROOT / folder).rglob("*.md")
    return [checks.read_page(file) for file in sorted(files)]


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pages = pages()

    def expect_nothing(self, check):
        """`check` of a page; all complaints of all pages are shown together."""
        found = [f"{page.file.relative_to(ROOT)}:{complaint}"
                 for page in self.pages for complaint in check(page)]
        if found:
            self.fail(f"{len(found)} found:\n" + "\n".join(found))

    def test_there_are_pages(self):
        self.assertIn(ROOT / "docs/arithmetic.md", [page.file for page in self.pages])

    def test_links_resolve(self):
        self.expect_nothing(lambda page: checks.broken_links(page, ROOT))

    def test_lines_have_at_most_100_columns(self):
        self.expect_nothing(checks.long_lines)

    def test_the_readme_fits_its_length(self):
        page = checks.read_page(ROOT / "README.md")
        self.assertEqual(list(checks.too_many_lines(page, MOST_README_LINES)), [])

    def test_paths_exist(self):
        self.expect_nothing(lambda page: checks.missing_paths(page, ROOT))

    def test_commands_and_options_exist(self):
        if SYSTOLE is None:
            self.skipTest("no executable was given")
        program, commands = checks.commands_of(SYSTOLE)
        others = checks.script_options(ROOT) | checks.FOREIGN_OPTIONS
        self.expect_nothing(
            lambda page: checks.unknown_options(page, program, commands, others))


class Checks(unittest.TestCase):
    """The checks themselves, on small pages: what is right passes, what is wrong does not."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = pathlib.Path(temporary.name).resolve()
        (self.root / "docs").mkdir()
        (self.root / "models/memory").mkdir(parents=True)
        (self.root / "models/memory/dram.hpp").touch()
        (self.root / "docs/other.md").write_text("# One\n## Two `x_y`, three!\n## Two x_y three\n")

    def page(self, text):
        return checks.page_of(self.root / "docs/page.md", text)

    def broken(self, text):
        return list(checks.broken_links(self.page(text), self.root))

    def test_good_links_pass(self):
        good = ("# Here\n[a](other.md) [b](other.md#two-x_y-three) [c](#here)\n"
                "[d](../models/memory/dram.hpp) [e](https://a.b/c#d) [f](..)\n"
                "[g](other.md#two-x_y-three-1) [h][r]\n\n[r]: other.md#one\n")
        self.assertEqual(self.broken(good), [])

    def test_bad_links_are_named_with_their_line(self):
        self.assertEqual(self.broken("[a](none.md)\n[b](other.md#four)\n[c](#five)\n"
                                     "[d](/etc/passwd) [e](../../x)\n[f][g]\n\n[h]: none.md\n"),
                         ["5: the reference [g] is defined nowhere",
                          "1: the link none.md leads nowhere",
                          "2: the link other.md#four: no heading is called #four",
                          "3: the link #five: no heading is called #five",
                          "4: the link /etc/passwd leaves the repository",
                          "4: the link ../../x leaves the repository",
                          "7: the link none.md leads nowhere"])

    def test_code_has_no_links_and_no_headings(self):
        code = "`[a](none.md)`\n```\n[b](none.md)\n```\n\n    [c](none.md)\n"
        self.assertEqual(self.broken(code), [])
        self.assertEqual(checks.anchors(self.page("```\n# no\n```\n# yes\n")), {"yes"})

    def test_a_line_of_a_list_is_no_code(self):
        self.assertEqual(len(self.broken("- a\n\n    [b](none.md)\n")), 1)

    def test_lines_are_measured_in_characters_wherever_they_are(self):
        fits = "\u00b5" * 100
        self.assertEqual(list(checks.long_lines(self.page(f"{fits}\n```\n{fits}\n```\n"))), [])
        self.assertEqual(list(checks.long_lines(self.page(f"{fits}\n```\n{fits}x\n```\n"))),
                         ["3: 101 columns, expected at most 100"])

    def test_a_page_may_have_too_many_lines(self):
        self.assertEqual(list(checks.too_many_lines(self.page("a\n" * 3), 3)), [])
        self.assertEqual(list(checks.too_many_lines(self.page("a\n" * 4), 3)),
                         ["4: 4 lines, expected at most 3"])

    def missing(self, text):
        return list(checks.missing_paths(self.page(text), self.root))

    def test_paths_that_exist_pass_with_their_patterns(self):
        for text in ("models/", "models/memory/dram.hpp", "models/memory/dram", "models/mem*",
                     "models/memory/dram.{hpp,h*}", "models/<part>/dram.hpp",
                     "models/memory/NAME.hpp", "models/memory/dram.hpp:12",
                     "models/memory/dram.hpp --option", "docs/other.md#one", "build/none", "none"):
            with self.subTest(text=text):
                self.assertEqual(self.missing(f"`{text}`\n"), [])

    def test_paths_that_do_not_exist_are_named(self):
        for text in ("models/none", "models/dram", "models/x*", "models/memory/dram.{hpp,cpp}",
                     "docs/<name>.yaml", "sim/NAME.yaml"):
            with self.subTest(text=text):
                self.assertEqual(len(self.missing(f"a\n`{text}`\n")), 1)
        self.assertEqual(self.missing("a `b\nc` `docs/none.md x`"),
                         ["2: docs/none.md does not exist"])

    def unknown(self, text):
        return list(checks.unknown_options(self.page(text), {"--help"}, {"run": {"--set", "-o"}},
                                           {"--spread"}))

    def test_commands_and_options_that_exist_pass(self):
        good = ("`systole run A --set x=y` `systole run -o f --help` `--spread`\n"
                "`systole COMMAND` systole walk --no\n```\nsystole run a \\\n"
                "  --set b='--no'; other --no\nnamespace systole::sim\n```\n")
        self.assertEqual(self.unknown(good), [])

    def test_commands_and_options_that_do_not_exist_are_named(self):
        self.assertEqual(self.unknown("`systole walk` `--never`\n```\nsystole run a \\\n"
                                      "  --spread\nbuild/systole run -x\n```\n"),
                         ["3: systole run has no option --spread",
                          "5: systole run has no option -x",
                          "1: systole has no command walk",
                          "1: no command has an option --never"])

    def test_a_help_text_lists_options_and_commands(self):
        text = ("About.\nOptions:\n  -h,--help        Print, see --not\n"
                "  --json FILE      Write\n\nSubcommands:\n  run      Replay\n"
                "  pe       One\n\nExample: --neither\n")
        self.assertEqual(checks.options_in(text), {"-h", "--help", "--json"})
        self.assertEqual(checks.subcommands_in(text), ["run", "pe"])


if __name__ == "__main__":
    ROOT = pathlib.Path(sys.argv[1]).resolve()
    SYSTOLE = sys.argv[2] if len(sys.argv) > 2 else None
    unittest.main(argv=sys.argv[:1])
