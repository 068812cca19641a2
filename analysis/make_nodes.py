#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/nodes.md: how logic is scaled from node to node, and how far that is known.

    make_nodes.py [--output docs/nodes.md]

Takes a second; the same inputs give the same bytes."""

import argparse
import sys
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import fit_logic  # pylint: disable=wrong-import-position
import node_evidence  # pylint: disable=wrong-import-position
import technology_scaling as rule  # pylint: disable=wrong-import-position
from node_evidence import EVIDENCE, QUANTITIES, SUPPLIES  # pylint: disable=wrong-import-position
from scaling import ROOT, apart, doubt_text, geometric_mean  # pylint: disable=wrong-import-position

FINER = sorted(node for node in SUPPLIES if node != node_evidence.BASE["nm"])[::-1]
SYNTHESIS = (ROOT / "analysis/reference/pe-synthesis.csv",
             ROOT / "analysis/characterization/osu018.csv")
OLD_NODE, OLD_VOLTS = 180, 1.8
UMC_180NM_NAND2_UM2, NANGATE45_NAND2_UM2 = 9.7, 0.798
WIDTH = 100

INTRODUCTION = """\
# From node to node

This page says how area, delay and energy of logic go from one process node to another, and how far
that is known. It is for readers who use a technology that was not synthesised, or who compare two
nodes. [area.md](area.md) says what a technology is, and how memories are scaled.
[`analysis/make_nodes.py`](../analysis/make_nodes.py) writes the page; do not edit it by hand.
"""

EXAMPLE = """\
## An example
The technology `generic_22nm` is an estimate, and every report that uses it says so:

```
$ systole pe --activation int8 --weight int8 --technology generic_22nm
...
{source}
```
So a processing element (PE) takes {energy:.3g} times the energy that it takes in `generic_45nm`.
The source that is farthest from this is {worst:.3g} times above or below. That is the error.
The step from 28 to 22 nm is known better, because both nodes share most of their doubt.

## The rule
It is one rule for all nodes and for area, delay and energy. Three kinds of evidence say how a
figure changes from 45 nm, where logic is fitted to synthesis:

- **devices**: the polynomials of Stillmaker and Baas for the delay and the energy of an inverter,
  within one family of devices (high-performance and low-power ones); for area, their table, and
  contacted poly pitch times metal pitch
  ([`node_scaling.yaml`](../configs/technology/node_scaling.yaml)).
- **foundries**: what a foundry says of its next node: gates an area, speed, power.
- **circuits**: eight operations whose energies Horowitz (45 nm) and Jouppi (7 nm) published; for
  area, the NAND gate of a library of the node.

The factor at a node is the geometric mean of the kinds that say something of it. Its error is how
far the farthest single estimate is, and at least {least:.0f} %, by which libraries of one node differ.
The error of a step is found in the same way, from the estimates of the step.

Why a mean, and not the best source? None is right alone. From 45 to 7 nm, the energy of inverters
without wires falls to {inverters:.2g}, that of published arithmetic to {arithmetic:.2g}, and
foundries say {foundries:.2g}. One source for some nodes and another one for the others would make a
PE dearer at 7 nm than at 22 nm.
[`analysis/technology_scaling.py`](../analysis/technology_scaling.py) is the rule,
[`analysis/node_evidence.py`](../analysis/node_evidence.py) the evidence.
"""

AFTER_TABLES = """\
A PE goes exactly with these factors, and so does the area of all other logic. The memories have a
family of their own ([area.md](area.md#memories)). A test holds that twenty PEs, five memories and a
whole machine fall in area, delay and energy from each node to the next.
"""

LIMITS = """\
## What a node does not say
- **The supply** is the typical one of the node, as in the table. Another one is not modelled: as a
  rule of thumb, energies go with its square. A 65 nm chip at 1.0 V takes 0.69 times the energy of
  `generic_65nm`.
- **Leakage** by area is CACTI's, of high-performance memories, at 45, 28 and 22 nm. At 65 nm it is
  as at 45 nm, at 16 and 7 nm as at 22 nm. No error of it is known. FinFETs leak less than planar
  devices; thresholds change it tenfold.
- **Kinds of devices**: a 28 nm process for least leakage is slower than one for speed. The band of
  delays spans both families of devices; a foundry's own library is one point in it.
- **Ratios between formats** within a node are those of 45 nm: every gate scales alike.
- **14, 12 and 10 nm** have no technology. What foundries call 14 and 12 nm is close to 16 nm.
- **180 nm** is a library of its own, `osu018`, fitted to synthesis.
"""


CHECK = f"""\
## A check at {OLD_NODE} nm
The rule is not used for `osu018`. Applied to it, at {OLD_VOLTS} V, it can be checked: these circuits
were synthesised with both libraries, for the least area. Beside the mean of their ratios stands how
many they are, and what the rule says over what was measured:

"""


def factor_text(value):
    return f"{value:.3g}" if value < 1 else f"{value:.2f}"


def cell(by):
    return f"{factor_text(by.factor)} {doubt_text(by.error)}"


def table(heads, rows):
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def nodes_table():
    rows = [[rule.BASE_NAME, f"{SUPPLIES[45]} V", "1", "1", "1"]]
    rows += [[f"generic_{nm}nm", f"{SUPPLIES[nm]} V",
              *(cell(rule.scaling_of(quantity, nm)) for quantity in QUANTITIES)] for nm in FINER]
    rows.sort(key=lambda row: -int(row[0].removeprefix("generic_").removesuffix("nm")))
    return "## The nodes\nFactors against 45 nm, and their errors:\n\n" + table(
        ["technology", "supply", *QUANTITIES], rows)


def steps_table():
    rows = [[f"{coarse} to {fine} nm",
             *(cell(rule.step_of(quantity, coarse, fine)) for quantity in QUANTITIES)]
            for coarse, fine in rule.steps()]
    return "Every step, and its error:\n\n" + table(["step", *QUANTITIES], rows)


def source_rows(quantity):
    """A row for each estimate; the operations are one, with their least and largest."""
    found = {nm: node_evidence.estimates(quantity, nm) for nm in FINER}
    names = dict.fromkeys((kind, name) for kind in node_evidence.KINDS for nm in FINER
                          for name in (lambda each: each if len(each) < 3 else ["operations"])(
                              found[nm].get(kind, {})))
    for kind, name in names:
        cells = []
        for nm in FINER:
            each = found[nm].get(kind, {})
            if name == "operations" and each:
                cells.append(f"{factor_text(min(each.values()))}-"
                             f"{factor_text(max(each.values()))}")
            else:
                cells.append(factor_text(each[name]) if name in each else "-")
        yield [quantity, f"{kind}: {name}", *cells]
    yield [quantity, "**ours**", *(f"**{factor_text(rule.scaling_of(quantity, nm).factor)}**"
                                   for nm in FINER)]


def sources_table():
    return "## What each source says\n" + table(
        ["", "against 45 nm", *(f"{nm} nm" for nm in FINER)],
        [row for quantity in QUANTITIES for row in source_rows(quantity)])


def bullets(lines):
    return "\n".join(textwrap.fill(line, WIDTH, initial_indent="- ", subsequent_indent="  ",
                                   break_long_words=False, break_on_hyphens=False)
                     for line in lines) + "\n"


def sources_list():
    lines = [f"{row['from']} to {row['to']} nm ({row['sure']}): {row['source']}."
             for row in EVIDENCE["foundries"]]
    lines += [f"NAND gate of {row['nm']} nm, {row['nand2_um2']} um2 ({row['sure']}): "
              f"{row['source']}." for row in EVIDENCE["cells"]]
    areas = EVIDENCE["device_areas"]
    lines += [f"Table of areas ({areas['sure']}): {areas['source']}.",
              "Pitches (recalled) and polynomials (read): "
              "[`node_scaling.yaml`](../configs/technology/node_scaling.yaml).",
              "Energies of operations: "
              "[`energy-anchors.csv`](../analysis/reference/energy-anchors.csv) says of each how "
              "sure it is. Those of 45 nm are at 0.9 V, ours at 1.1 V. The supply of those of 7 nm "
              "is not published; 0.7 V is assumed. The capacity that they switch, energy over the "
              "square of the supply, is taken as a power of the node."]
    return ("## Sources\n`read`: in the page that is named. `recalled`: widely quoted, but no page "
            "was found; do\nnot rely on it alone. All of them are in\n"
            "[`analysis/reference/node-evidence.yaml`](../analysis/reference/node-evidence.yaml)."
            "\n\n" + bullets(lines))


def measured_ratios():
    """{unit: {quantity: ratios}} of circuits that were synthesised with both libraries."""
    new = fit_logic.reference_rows(SYNTHESIS[0], "nangate45")
    old = fit_logic.characterised_rows(SYNTHESIS[1])

    def key(row):
        # An accumulator intN has the bits of an exact sum: only equal names are compared.
        return (row.unit, row.activation, row.weight, row.accumulator, row.guard, row.goal,
                row.stimulus)
    at_45nm = {key(row): row.figures for row in new}
    ratios = {}
    for row in old:
        figures = at_45nm.get(key(row))
        if figures is None or row.goal != "area" or row.multiplier == "sign_magnitude":
            continue
        for quantity in QUANTITIES:
            if figures.get(quantity) and row.figures.get(quantity):
                ratios.setdefault(row.unit, {}).setdefault(quantity, []).append(
                    row.figures[quantity] / figures[quantity])
    return ratios


def check_rows(ratios):
    for quantity in QUANTITIES:
        ours = rule.scaling_of(quantity, OLD_NODE, OLD_VOLTS).factor
        cells = [quantity, factor_text(ours)]
        for unit in ("pe", "multiplier"):
            values = ratios[unit][quantity]
            cells += [f"{geometric_mean(values):.1f} ({len(values)})",
                      f"{ours / geometric_mean(values):.2f}"]
        yield cells


def check_text():
    ratios = measured_ratios()
    ours = {quantity: rule.scaling_of(quantity, OLD_NODE, OLD_VOLTS).factor
            for quantity in QUANTITIES}
    missed = {quantity: 1 + apart(ours[quantity], geometric_mean(ratios["pe"][quantity]))
              for quantity in QUANTITIES}
    other = 100 * apart(ours["area"], UMC_180NM_NAND2_UM2 / NANGATE45_NAND2_UM2)
    found = (f"The rule misses the area of PEs by a factor of {missed['area']:.1f}. OSU's cells are "
             f"drawn with scalable rules for teaching, and are larger than a foundry's: its NAND gate "
             f"has 24 um2. UMC's of {OLD_NODE} nm has {UMC_180NM_NAND2_UM2} um2 (recalled), which the "
             f"rule misses by {other:.0f} %. Delays of PEs are missed by a factor of "
             f"{missed['delay']:.1f}, energies by {100 * missed['energy'] - 100:.0f} %. Only devices "
             f"say something of {OLD_NODE} nm.")
    return (CHECK + table([f"{OLD_NODE} nm / 45 nm", "rule", "PEs", "rule / PEs", "multipliers",
                           "rule / multipliers"], check_rows(ratios))
            + "\n" + textwrap.fill(found, WIDTH, break_on_hyphens=False) + "\n")


def page():
    by = rule.logic_scaling(22)
    energies = {kind: geometric_mean(list(each.values()))
                for kind, each in node_evidence.estimates("energy", 7).items()}
    wrapped = textwrap.fill("Error: [..]; " + rule.source_of(22, by) + ".", WIDTH,
                            break_on_hyphens=False)
    example = EXAMPLE.format(
        source=wrapped, energy=by["energy"].factor,
        worst=1 + by["energy"].error, least=100 * rule.LIBRARIES_DIFFER,
        inverters=energies["devices"], arithmetic=energies["circuits"],
        foundries=energies["foundries"])
    return "\n".join([INTRODUCTION, example, nodes_table(), steps_table(), AFTER_TABLES,
                      sources_table(), sources_list(), LIMITS, check_text()])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "docs/nodes.md")
    arguments = parser.parse_args()
    arguments.output.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
