#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the table of docs/silicon.md: published figures of chips beside what Systole says of them.

    scripts/silicon_page.py            write it
    scripts/silicon_page.py --check    exit 1, with the difference, where the page is another, or
                                       where fewer chips than REQUIRED lie in their band

    --systole PATH                     the program (build/release/systole)

The published figures are the rows of analysis/reference/silicon.csv: what `ours` names is a sum of
components of `systole area CHIP`, `gemm M K N` (energy a product) or `pe FORMAT`.

One coefficient of layout comes from these chips: `macro_overhead` of analysis/layout.yaml, what
their memories have beyond CACTI's macros. It is the geometric mean of the rows that are memories
alone; its band is where one more memory would lie with a probability of 80 %, if logarithms of such
ratios are normal (Student's t); --check compares. A chip is held against the coefficient that the
other chips give: its own rows are left out.
"""
import argparse
import csv
import difflib
import json
import math
import pathlib
import re
import statistics
import subprocess
import sys
import textwrap

import scipy.stats
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/silicon.md"
PUBLISHED = ROOT / "analysis/reference/silicon.csv"
TABLE = re.compile(r"(<!-- chips -->\n).*?(<!-- end of chips -->)", re.DOTALL)
WIDTH = 100
PROBABILITY = 0.8  # of the band of an overhead
REQUIRED = 5 / 6  # of the chips, by their headline
MEMORIES = {"activation_scratchpad", "weight_scratchpad", "accumulator_buffer"}
ELEMENT = ("--accumulator", "exact", "--guard-bits", "8")


class Systole:
    def __init__(self, path):
        self.path = path
        self.known = {}

    def json(self, *words):
        if words not in self.known:
            run = subprocess.run([self.path, *words, "--json", "-"], check=False, cwd=ROOT,
                                 capture_output=True, encoding="utf-8")
            if run.returncode:
                sys.exit(f"systole {' '.join(words)}: {run.stderr}")
            self.known[words] = json.loads(run.stdout[run.stdout.index("{"):])
        return self.known[words]


def published():
    with open(PUBLISHED, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def is_memory(row):
    return set(row["ours"].split("+")) <= MEMORIES


def overhead(systole, rows):
    """(value, low, high) of what the memories of these chips have beyond our macros, as shares."""
    ratios = []
    for row in filter(is_memory, rows):
        parts = systole.json("area", row["chip"])["area"]["parts"]
        ratios.append(float(row["value"]) * 1e6 / sum(parts[name]["area_um2"]
                                                      for name in row["ours"].split("+")))
    logs = [math.log(ratio) for ratio in ratios]
    mean, count = statistics.fmean(logs), len(logs)
    width = (scipy.stats.t.ppf((1 + PROBABILITY) / 2, count - 1) * statistics.stdev(logs)
             * math.sqrt(1 + 1 / count))
    return [max(0.0, round(math.exp(at) - 1, 2)) for at in (mean, mean - width, mean + width)]


def overhead_without(systole, chip):
    return overhead(systole, [row for row in published() if row["chip"] != chip])


def without(systole, chip):
    """The options that leave this chip's memories out of the coefficient."""
    if chip not in {row["chip"] for row in published() if is_memory(row)}:
        return ()
    values = zip(("value", "low", "high"), overhead_without(systole, chip))
    return tuple(word for key, value in values
                 for word in ("--set", f"technology.layout.macro_overhead.{key}={value}"))


def area_band(systole, chip, names, options):
    """(nominal, low, high) in mm2 of components in silicon; `total` is all of them."""
    area = systole.json("area", chip, *options)["area"]
    parts = [area] if names == "total" else [area["parts"][name] for name in names.split("+")]
    return tuple(sum(part["silicon"][key] for part in parts) / 1e6
                 for key in ("area_um2", "low_um2", "high_um2"))


def product_band(systole, chip, shape):
    """Energy a product on the chip, in pJ: without DRAM, whose energy is not the chip's."""
    totals = systole.json("gemm", chip, *shape, "--timing-only", "--quiet")["totals"]
    by_component = totals["energy_by_component_joules"]
    elsewhere = by_component["dram"] + by_component["dram_io"]
    products = int(shape[0]) * int(shape[1]) * int(shape[2])
    return tuple((totals[key] - elsewhere) / products * 1e12
                 for key in ("energy_joules", "energy_low_joules", "energy_high_joules"))


def element_band(systole, name):
    element = systole.json("pe", "--activation", name, "--weight", name, *ELEMENT)
    area, error = element["area_um2"], element["error"]["area"]["largest"]
    return area, area / (1 + error), area * (1 + error)


def band_of(systole, row):
    kind, *words = row["ours"].split()
    if kind == "gemm":
        return product_band(systole, row["chip"], words)
    if kind == "pe":
        return element_band(systole, words[0])
    return area_band(systole, row["chip"], row["ours"], without(systole, row["chip"]))


def number(value):
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def compared(systole):
    for row in published():
        nominal, low, high = band_of(systole, row)
        yield row, nominal, low, high, low <= float(row["value"]) <= high


def verdict(value, nominal, low, high):
    return "inside" if low <= value <= high else f"outside, x {nominal / value:.2f}"


def wrapped(text):
    return textwrap.fill(text, WIDTH, initial_indent="- ", subsequent_indent="  ",
                         break_long_words=False, break_on_hyphens=False)


def section(chip, rows):
    """A chip: its table, and where each figure is from."""
    lines = [f"### {chip}", "", "| figure | published | ours | band | verdict | how sure |",
             "|---|---|---|---|---|---|"]
    for row, nominal, low, high, _ in rows:
        value, unit = float(row["value"]), row["unit"]
        mark = "**" if row["headline"] == "yes" else ""
        lines.append(f'| {mark}{row["figure"]}{mark} | {number(value)} {unit} | {number(nominal)} {unit} '
                     f'| {number(low)} .. {number(high)} | {verdict(value, nominal, low, high)} | {row["sure"]} |')
    lines.append("")
    for row, *_ in rows:
        remark = f' ({row["remark"]})' if row["remark"] else ""
        lines.append(wrapped(f'{row["figure"]}: {row["source"]}{remark}; ours: `{row["ours"]}`.'))
    return lines + [""]


def spread(rows):
    """How far our nominal figures for whole chips are from the published ones."""
    ratios = [nominal / float(row["value"]) for row, nominal, *_ in rows if row["headline"] == "yes"]
    mean = math.exp(statistics.fmean(map(math.log, ratios)))
    return (f"Our nominal figure for a chip is {min(ratios):.2f} to {max(ratios):.2f} times the published one, "
            f"{mean:.2f} times in the geometric mean.")


def band_text(nominal, low, high):
    return f"{number(nominal)} mm2 ({number(low)} .. {number(high)})"


def example(systole, chip="gemmini-16x16"):
    """Why a band here is another one than that of `systole area`."""
    printed = area_band(systole, chip, "total", ())
    here = area_band(systole, chip, "total", without(systole, chip))
    of_all, of_others = ("{} (band {} to {})".format(*values)
                         for values in (stated_overhead(), overhead_without(systole, chip)))
    return (f"For example, `systole area {chip}` prints {band_text(*printed)} of silicon. The table below has "
            f"{band_text(*here)}: without this chip's own memories, `macro_overhead` is {of_others} instead of "
            f"{of_all}.")


def table(systole, rows):
    chips = {row["chip"]: inside for row, *_, inside in rows if row["headline"] == "yes"}
    lines = [textwrap.fill(f"{sum(chips.values())} of {len(chips)} chips lie in our band by the figure in bold, and "
                     f"{sum(inside for *_, inside in rows)} of all {len(rows)} figures. {spread(rows)}", WIDTH), "",
             textwrap.fill(example(systole), WIDTH, break_on_hyphens=False), ""]
    for chip in chips:
        lines += section(chip, [each for each in rows if each[0]["chip"] == chip])
    return "\n".join(lines), sum(chips.values()) / len(chips)


def stated_overhead():
    layout = yaml.safe_load((ROOT / "analysis/layout.yaml").read_text(encoding="utf-8"))
    return [layout["macro_overhead"][key] for key in ("value", "low", "high")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--systole", default=str(ROOT / "build/release/systole"))
    arguments = parser.parse_args()
    systole = Systole(arguments.systole)
    problems = []
    found, stated = overhead(systole, published()), stated_overhead()
    if found != stated:
        problems.append(f"analysis/layout.yaml: macro_overhead is {stated}, expected {found} (value, low, high)")
    text, share = table(systole, list(compared(systole)))
    if share < REQUIRED:
        problems.append(f"{share:.0%} of the chips lie in their band, expected {REQUIRED:.0%}")
    old = PAGE.read_text(encoding="utf-8")
    new = TABLE.sub(lambda match: match.group(1) + text + match.group(2), old)
    if arguments.check:
        sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True),
                                                   "docs/silicon.md", "now"))
    else:
        PAGE.write_text(new, encoding="utf-8")
    print("".join(problem + "\n" for problem in problems), end="")
    return 1 if problems or (arguments.check and old != new) else 0


if __name__ == "__main__":
    sys.exit(main())
