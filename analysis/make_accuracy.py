#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/accuracy.md: how far the cost models are from what they were fitted to.

    make_accuracy.py [--systole build/release/systole] [--output docs/accuracy.md]

Takes five to ten minutes: it fits both tables of synthesised circuits anew, once for every format
that is left out, and asks `systole pe` for the ratios. The same inputs give the same bytes."""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import numpy
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))
import fit_errors  # pylint: disable=wrong-import-position
import fit_logic  # pylint: disable=wrong-import-position
import make_technology  # pylint: disable=wrong-import-position
import memory_accuracy  # pylint: disable=wrong-import-position

ROOT = Path(__file__).resolve().parent.parent
TECHNOLOGIES = ROOT / "configs/technology"
SYNTHESIS = ROOT / "analysis/reference/pe-synthesis.csv"
OSU018 = ROOT / "analysis/characterization/osu018.csv"
OSU018_CELLS = ROOT / "analysis/characterization/osu018_cells.json"
AREA_LIMIT, OTHER_LIMIT = 0.10, 0.20
# Published, synthesised at 45 nm and 500 MHz: an element of 8 bits that 16 bricks of 2 make up,
# and one of 8 bits alone (Bit Fusion).
BIT_FUSION = (1733, 688)

TITLE = "# How far area, delay and energy are from synthesis"
INTRODUCTION = """\
This page says how far the predicted area, delay and energy of the logic are from what synthesis \
measured, and how far the memories are from CACTI. It is for readers who must know how large a \
difference between two designs has to be before it means something. \
[`analysis/make_accuracy.py`](../analysis/make_accuracy.py) writes the page; do not edit it by \
hand. [area.md](area.md) says how the models work, [claims.md](claims.md) what follows from \
them."""

HOW_TO_READ = """\
Errors of rows are predicted / measured - 1. `rms` and `largest` are of what the smaller of the two \
must be multiplied by to be the larger one, less 1, because bands are made of predictions: half of \
what was measured is off by 100 %, for it must be doubled. Each figure has two errors:

- `fitted`: the row is in the fit.
- `left out`: the coefficients are those of a fit without any row that has one of the row's \
formats, so the fit never saw the format. Which path is the longest is still that of the fit of \
all.

The rows come from two tables. Both were synthesised by Yosys, without wires and clock tree:

- nangate45: [`analysis/reference/pe-synthesis.csv`](../analysis/reference/pe-synthesis.csv), \
Nangate Open Cell Library, 45 nm, typical, 1.1 V.
- osu018: [`analysis/characterization/osu018.csv`](../analysis/characterization/osu018.csv), \
written by [`analysis/characterize`](../analysis/characterize), OSU cells of 180 nm, typical, \
1.8 V.

*For speed* is synthesis for the least delay. How much of a small circuit's figures is luck: \
`--spread` in [area.md](area.md#another-library).

The **stimulus** of energies is Gaussian operands, deviation a third of the range's end, or \
uniform ones. A new weight comes every 64 products. Gates have their delays, so that glitches \
count. The sums that an element of osu018 adds to are those of a column of 16; what those of \
nangate45 are is not known. The model is driven with operands of the same kind, in a column of \
16, not with the same ones."""

TECHNOLOGY_FILES = """\
This is what the files of [`configs/technology`](../configs/technology) state, and what reports \
print beside a figure of the same kind. Of every row it is the larger one of fitted and left out. For \
scaled technologies the doubt of the scaling is included. Delays here belong to the paths of the \
fit's last round but one; those above belong to the final paths.

- *Another recipe* is synthesis of the same circuits by other commands of Yosys, as a user's \
synthesis is: the rows of osu018 in [`analysis/reference/pe-synthesis.csv`]\
(../analysis/reference/pe-synthesis.csv). The bands of whole machines are the wider ones of both \
recipes. Of nangate45 there is one recipe only.
- Multipliers alone of nangate45 are of twelve formats. All other multipliers of osu018 (two \
widths, unsigned, without a mantissa, of two values, shifters) are counted as well: what the \
coefficients of nangate45 say of them over what was measured with osu018, where the formats that \
both have give the one factor between the libraries. So are those of the other recipe.
- Circuits outside of those in the tables have [wider bands](area.md#outside-of-the-fit-of-logic), \
which are estimates."""

FOOTER = """\
- Wires, the clock tree, test logic and room between cells are shares that \
[area.md](area.md#from-cells-to-silicon) states; no row here checks them.
- Buffers of large fan-out beyond one figure a doubling, and voltage and temperature corners of \
logic are not modelled. Leakage does follow the temperature.
- Few rows measure energies of synthesis for speed. Their coefficients are drawn to those of the \
least area. Where a library has no such row, they are those, with the toggles of the faster circuit.
- The vector unit, the DMA engine, the sequencer, the memory controller and the control and edge \
of the array were not synthesised with the elements. They are counts of registers and gates, \
within 1.5 times up and down, and the technology's own error on top.
- 65, 28, 22, 16 and 7 nm are scaled, not synthesised ([nodes.md](nodes.md))."""

WIDTH = 98


def wrapped(text):
    """Lines of a page; a list item's go on below its first word."""
    def lines(line):
        indent = "  " if line.startswith("- ") else ""
        return textwrap.fill(line, WIDTH, subsequent_indent=indent, break_long_words=False,
                             break_on_hyphens=False)
    return "\n".join(lines(line) for line in text.splitlines()) + "\n"


class Column:
    """Rows of a quantity that belong together."""

    def __init__(self, quantity, unit):
        picked = [i for i, row in enumerate(quantity.rows) if unit in (None, row.unit)]
        self.rows = [quantity.rows[i] for i in picked]
        self.fitted = quantity.errors(quantity.fitted)[picked]
        self.left_out = quantity.errors(quantity.left_out)[picked]


def percent(value):
    return f"{100 * value:.1f} %"


def cell(errors):
    if not len(errors):
        return "-"
    spread = fit_errors.spread(errors)
    return f"{percent(spread['rms'])}, {percent(spread['largest'])}"


def limit_of(name):
    return AREA_LIMIT if name.startswith("area") else OTHER_LIMIT


def outside(errors, name):
    return int((numpy.abs(errors) > limit_of(name)).sum())


def summary(fit):
    lines = ["| rms, largest | rows | fitted | left out | limit | beyond, fitted | left out |",
             "|---|---|---|---|---|---|---|"]
    for name, quantity in fit.quantities():
        for unit, title in ((None, "all"), ("pe", "processing elements"),
                            ("multiplier", "multipliers alone")):
            column = Column(quantity, unit)
            lines.append(f"| {name}, {title} | {len(column.rows)} | {cell(column.fitted)} | "
                         f"{cell(column.left_out)} | {percent(limit_of(name))} | "
                         f"{outside(column.fitted, name)} | {outside(column.left_out, name)} |")
    return "\n".join(lines) + "\n"


def name_of(row):
    formats = row.activation.replace("_none", "")
    if row.weight != row.activation:
        formats += " x " + row.weight.replace("_none", "")
    formats = formats.replace("{codebook: [-1, 1]}", "binary")
    text = formats + ("" if row.multiplier in ("auto", "parallel_integer")
                      else " " + row.multiplier)
    if row.unit == "multiplier":
        return text + ", multiplier"
    accumulator = (f"exact, {row.guard} guard bits" if row.accumulator == "exact"
                   else row.accumulator)
    # Only these have subnormals and infinities in the sum; all others flush and saturate.
    gradual = row.adder == "gradual" and not row.accumulator.startswith(("exact", "int"))
    return f"{text} + {accumulator}" + (" gradual" if gradual else "")


def worst(fit):
    """Rows beyond the limit when left out."""
    lines = []
    for name, quantity in fit.quantities():
        errors = quantity.errors(quantity.left_out)
        rows = [i for i in range(len(errors)) if abs(errors[i]) > limit_of(name)]
        if not rows:
            lines.append(f"- {name}: none")
            continue
        rows.sort(key=lambda i: -abs(errors[i]))
        named = "; ".join(
            f"{name_of(quantity.rows[i])}{stimulus_of(quantity.rows[i], name)} "
            f"({quantity.measured[i]:.3g}{unit_of(name)}, {100 * errors[i]:+.0f} %)" for i in rows)
        lines.append(f"- {name}: {len(rows)} of {len(errors)}: {named}")
    return wrapped("\n".join(lines))


def stimulus_of(row, name):
    return f", {row.stimulus}" if name == "energy" else ""


def unit_of(name):
    return {"area": " um2", "delay": " ns", "energy": " pJ"}[name.split(",")[0]]


def area_table(fit):
    quantity = fit.area
    fitted, left_out = (quantity.errors(each) for each in (quantity.fitted, quantity.left_out))
    lines = [f"{'um2':50} {'measured':>9} {'predicted':>9} {'error':>8} {'left out':>8}"]
    order = sorted(range(len(quantity.rows)), key=lambda i: (quantity.rows[i].unit == "pe",
                                                            name_of(quantity.rows[i])))
    for i in order:
        lines.append(f"{name_of(quantity.rows[i]):50} {quantity.measured[i]:9.1f} "
                     f"{quantity.fitted[i]:9.1f} {100 * fitted[i]:+6.1f} % "
                     f"{100 * left_out[i]:+6.1f} %")
    return "```\n" + "\n".join(lines) + "\n```\n"


def library_section(title, fit):
    return (f"## {title}\n{summary(fit)}\nRows beyond the limit when left out:\n\n{worst(fit)}\n"
            f"Every area of synthesis for the least area:\n\n{area_table(fit)}")


EXAMPLE = "e4m3 + exact, 16 guard bits"


def example(fit):
    """One row in words."""
    area = fit.area
    i = next(i for i, row in enumerate(area.rows) if name_of(row) == EXAMPLE)
    return wrapped(
        f"For example, synthesis of the processing element `{EXAMPLE}` with nangate45 gave "
        f"{area.measured[i]:.1f} um2. The model predicts {area.fitted[i]:.1f} um2, an error of "
        f"{100 * area.errors(area.fitted)[i]:+.1f} %. A fit that never saw E4M3 is "
        f"{100 * area.errors(area.left_out)[i]:+.1f} % off.")


class Elements:
    """Answers of `systole pe`."""

    def __init__(self, program):
        self.program = program

    def area(self, technology, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "pe.json"
            subprocess.run([self.program, "pe", *arguments, "--stimulus", "none", "--technology",
                            str(TECHNOLOGIES / f"{technology}.yaml"), "--json", str(out)],
                           check=True, capture_output=True)
            return json.loads(out.read_text(encoding="utf-8"))["area_um2"]


def element(name, accumulator="exact", guard=16, *more):
    """`guard` is of exact sums; others have none."""
    guard_bits = ("--guard-bits", str(guard)) if accumulator == "exact" else ()
    return ("--activation", name, "--weight", name, "--accumulator", accumulator,
            *guard_bits, *more)


ALONE = "--multiplier-alone"
# Name, circuit, its baseline, the range that the ratio is wanted in (None: any).
RATIOS = [
    ("E4M3 / INT8, exact", element("e4m3"), element("int8"), "1.11 +- 0.06"),
    ("E4M3 + FP32 / INT8", element("e4m3", "fp32"), element("int8"), "1.83 +- 0.1"),
    ("E2M1 / INT4, exact", element("e2m1"), element("int4"), "0.95 +- 0.05"),
    ("E5M2 without specials / INT8, exact", element("e5m2_none"), element("int8"), None),
    ("E5M2 + FP32 / INT8", element("e5m2", "fp32"), element("int8"), None),
    ("E4M3 + FP16 / INT8", element("e4m3", "fp16"), element("int8"), None),
    ("E4M3 + BF16 / INT8", element("e4m3", "bf16"), element("int8"), None),
    ("E4M3 without subnormals / INT16, exact, 8 guard bits", element("short_e4m3", guard=8),
     element("int16", guard=8), "at most 0.40"),
    ("E4M3 without subnormals / INT8, exact, 8 guard bits", element("short_e4m3", guard=8),
     element("int8", guard=8), "above 1"),
    ("E4M3 / INT8, multiplier alone", element("e4m3", "exact", 16, ALONE),
     element("int8", "exact", 16, ALONE), None),
    ("E2M1 / INT4, multiplier alone", element("e2m1", "exact", 16, ALONE),
     element("int4", "exact", 16, ALONE), None),
]


def measured_areas():
    """Of elements and multipliers of nangate45, by the arguments of `systole pe`."""
    rows = fit_logic.unique(fit_logic.reference_rows(SYNTHESIS, "nangate45"))
    return {(row.unit, row.activation.replace("_none", ""), row.accumulator, row.guard):
            row.figures["area"] for row in rows if row.goal == "area" and row.figures["area"]}


def measured_area(areas, arguments):
    unit = "multiplier" if ALONE in arguments else "pe"
    name, accumulator = arguments[1].replace("_none", ""), arguments[5]
    guard = int(arguments[7]) if accumulator == "exact" else 16
    same_width = {"int8": 16, "int16": 32, "int4": 8}.get(name, 0) + guard
    keys = [(unit, name, accumulator, guard), (unit, name, f"int{same_width}", 16),
            (unit, name, accumulator, 16)]
    return next(areas[key] for key in keys if key in areas)


def ratio_lines(elements):
    areas = measured_areas()
    lines = ["| area, least | predicted | synthesised | wanted |", "|---|---|---|---|"]
    for name, circuit, baseline, wanted in RATIOS:
        predicted = (elements.area("generic_45nm", *circuit)
                     / elements.area("generic_45nm", *baseline))
        measured = measured_area(areas, circuit) / measured_area(areas, baseline)
        lines.append(f"| {name} | {predicted:.3f} | {measured:.3f} | {wanted or '-'} |")
    composable = element("int8", "exact", 16, "--multiplier", "composable")
    predicted = elements.area("generic_45nm", *composable) / elements.area("generic_45nm",
                                                                           *element("int8"))
    lines.append(f"| composable 8 -> 2 bits / INT8 | {predicted:.3f} | "
                 f"{BIT_FUSION[0] / BIT_FUSION[1]:.3f} (Bit Fusion, published) | 2.5 +- 0.3 |")
    return "\n".join(lines) + "\n"


def composable_lines(elements):
    """Composable circuits of osu018, which are in no fit; of 16 bricks, as `systole pe` has."""
    with open(OSU018, newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file)
                if row["activation"] == "int8" and row["mode"] == "area"
                and row["weight"] == "int8"]

    def measured(unit, multiplier, accumulator):
        return next(float(row["area_um2"]) for row in rows
                    if (row["unit"], row["multiplier"], row["accumulator"])
                    == (unit, multiplier, accumulator))

    def line(name, found, wanted, form):
        return (f"| {name} | {wanted:{form}} | {found:{form}} | "
                f"{100 * (found / wanted - 1):+.1f} % |")
    more = ("--multiplier", "composable")
    alone = elements.area("osu018", *element("int8", "exact", 16, ALONE, *more))
    whole = elements.area("osu018", *element("int8", "exact", 16, *more))
    fixed = elements.area("osu018", *element("int8"))
    bricks = measured("pe", "composable", "exact+16")
    return "\n".join([
        "| osu018 | measured | predicted | error |", "|---|---|---|---|",
        line("multiplier, um2", alone, measured("multiplier", "composable", ""), ".0f"),
        line("processing element, um2", whole, bricks, ".0f"),
        line("processing element / that of INT8", whole / fixed,
             bricks / measured("pe", "integer", "exact+16"), ".3f")]) + "\n"


def error_cell(errors, name):
    if name not in errors:
        return "-"
    return f"{percent(errors[name]['rms'])}, {percent(errors[name]['largest'])}"


def error_lines(technology, errors, kind):
    """A line for each kind of circuit that the technology states errors of."""
    cells = " | ".join(error_cell(errors, name) for name in fit_errors.QUANTITIES)
    lines = [f"| {technology}, {kind} | {cells} |"] if "area" in errors else []
    for key, name in (("speed", "for speed"), ("multiplier_alone", "multipliers alone"),
                      ("other_recipe", "another recipe")):
        if key in errors:
            lines += error_lines(technology, errors[key],
                                 name if kind == "elements" else f"{kind}, {name}")
    return lines


def technology_lines():
    logic = ["| logic, rms and largest | area | delay | energy |", "|---|---|---|---|"]
    sources = []
    for file in sorted(TECHNOLOGIES.glob("*.yaml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        if "logic" not in content:
            continue
        errors = content["logic"]["error"]
        logic += error_lines(file.stem, errors, "elements")
        sources.append(f"- {file.stem}: {content['logic']['source']}")
    return "\n".join(logic) + "\n\nSources:\n\n" + wrapped("\n".join(sources))


def page(program):
    elements = Elements(program)
    nangate45 = make_technology.nangate45_fit(program)
    osu018 = make_technology.osu018_fit(program)
    return "\n".join([
        TITLE, "", wrapped(INTRODUCTION), "## How to read the figures", example(nangate45),
        wrapped(HOW_TO_READ), "## Ratios",
        "`systole pe --technology generic_45nm` predicts these.\n", ratio_lines(elements),
        "Composable multipliers are in no fit:\n", composable_lines(elements),
        library_section("nangate45", nangate45), library_section("osu018", osu018),
        "## Technology files", wrapped(TECHNOLOGY_FILES), technology_lines(),
        memory_accuracy.section(wrapped),
        "## What is not modelled", wrapped(FOOTER)]).rstrip("\n") + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systole", default=str(ROOT / "build/release/systole"))
    parser.add_argument("--output", default=str(ROOT / "docs/accuracy.md"))
    arguments = parser.parse_args()
    output = Path(arguments.output)
    text = page(arguments.systole)
    draft = output.with_name(output.name + ".draft")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, output)


if __name__ == "__main__":
    main()
