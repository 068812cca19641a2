#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the table of docs/silicon.md: published figures of chips beside what Systole says of them.

    scripts/silicon_page.py            write it
    scripts/silicon_page.py --check    exit 1, with the difference, where the page is another, or
                                       where fewer chips than REQUIRED lie in their band

    --systole PATH                     the program (build/release/systole)

The published figures are the rows of analysis/reference/silicon.csv: what `ours` names is a sum of
components of `systole area CHIP`, `gemm M K N` (energy a product) or `pe FORMAT`.
"""
import argparse
import csv
import difflib
import json
import pathlib
import re
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/silicon.md"
PUBLISHED = ROOT / "analysis/reference/silicon.csv"
TABLE = re.compile(r"(<!-- chips -->\n).*?(<!-- end of chips -->)", re.DOTALL)
WIDTH = 100
REQUIRED = 5 / 6  # of the chips, by their last row
ELEMENT = ("--accumulator", "exact", "--guard-bits", "8")


class Systole:
    def __init__(self, path):
        self.path = path
        self.known = {}

    def json(self, *words):
        if words not in self.known:
            run = subprocess.run([self.path, *words, "--json", "-"], check=True, cwd=ROOT,
                                 stdout=subprocess.PIPE, encoding="utf-8")
            self.known[words] = json.loads(run.stdout[run.stdout.index("{"):])
        return self.known[words]


def area_band(systole, chip, names):
    """(nominal, low, high) in mm2 of components in silicon; `total` is all of them."""
    area = systole.json("area", chip)["area"]
    parts = [area] if names == "total" else [area["parts"][name] for name in names.split("+")]
    return tuple(sum(part["silicon"][key] for part in parts) / 1e6
                 for key in ("area_um2", "low_um2", "high_um2"))


def product_band(systole, chip, shape):
    """Energy a product on the chip, in pJ: without DRAM, whose energy is not the chip's."""
    result = systole.json("gemm", chip, *shape, "--timing-only", "--quiet")
    energy = result["energy"]
    products = int(shape[0]) * int(shape[1]) * int(shape[2])
    dram = energy["breakdown"]["dram_joules"] + energy["breakdown"]["dram_io_joules"]
    return tuple((energy[key] - dram) / products * 1e12
                 for key in ("total_joules", "low_joules", "high_joules"))


def element_band(systole, name):
    element = systole.json("pe", "--activation", name, "--weight", name, *ELEMENT)
    area, error = element["area_um2"], element["error"]["area"]["largest"]
    return area, area * (1 - error), area * (1 + error)


def band_of(systole, row):
    kind, *words = row["ours"].split()
    if kind == "gemm":
        return product_band(systole, row["chip"], words)
    if kind == "pe":
        return element_band(systole, words[0])
    return area_band(systole, row["chip"], row["ours"])


def number(value):
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def compared(systole):
    with open(PUBLISHED, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
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
        lines.append(f'| {row["figure"]} | {number(value)} {unit} | {number(nominal)} {unit} '
                     f'| {number(low)} .. {number(high)} | {verdict(value, nominal, low, high)} | {row["sure"]} |')
    lines.append("")
    for row, *_ in rows:
        remark = f' ({row["remark"]})' if row["remark"] else ""
        lines.append(wrapped(f'{row["figure"]}: {row["source"]}{remark}; ours: `{row["ours"]}`.'))
    return lines + [""]


def table(rows):
    chips = {row["chip"]: inside for row, *_, inside in rows}
    lines = [wrapped(f"{sum(chips.values())} of {len(chips)} chips lie in our band by their last figure, "
                     f"{sum(inside for *_, inside in rows)} of {len(rows)} figures do.")[2:], ""]
    for chip in chips:
        lines += section(chip, [each for each in rows if each[0]["chip"] == chip])
    return "\n".join(lines), sum(chips.values()) / len(chips)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--systole", default=str(ROOT / "build/release/systole"))
    arguments = parser.parse_args()
    text, share = table(list(compared(Systole(arguments.systole))))
    old = PAGE.read_text(encoding="utf-8")
    new = TABLE.sub(lambda match: match.group(1) + text + match.group(2), old)
    if not arguments.check:
        PAGE.write_text(new, encoding="utf-8")
        return 0
    sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True), "docs/silicon.md", "now"))
    if share < REQUIRED:
        print(f"{share:.0%} of the chips lie in their band, expected {REQUIRED:.0%}")
    return 1 if old != new or share < REQUIRED else 0


if __name__ == "__main__":
    sys.exit(main())
