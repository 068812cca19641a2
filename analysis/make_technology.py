#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes technology files of configs/technology, the same bytes every time.

    make_technology.py NAME... [--systole PATH] [--output-dir DIR]

generic_45nm  logic fitted to synthesis with Nangate45, memories to CACTI 7
osu018        logic fitted to synthesis with OSU's 180 nm cells, memories scaled from 45 nm
generic_65nm, generic_28nm, generic_22nm, generic_16nm, generic_7nm
              scaled from the generic_45nm.yaml that is there (technology_scaling.py says how);
              these need no --systole

Choices of generic_45nm
- Memories: CACTI 7 at 45 nm, low-operating-power transistors (`itrs-lop`). High-performance
  transistors leak 70 times as much; low-standby-power ones need twice the energy a read.
- From cells to silicon: analysis/layout.yaml, the same for all (layout_section.py).
- Register files: flip-flops of the INT8 element (clock and data of a cycle), multiplexers by area
  from its multiplier's energy a toggle and leakage. Delays are guesses: 0.15 ns and 0.08 ns.
"""

import argparse
import csv
import functools
import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import fit_logic  # pylint: disable=wrong-import-position
import fit_quantities  # pylint: disable=wrong-import-position
import fit_sram  # pylint: disable=wrong-import-position
import layout_section  # pylint: disable=wrong-import-position
import memory_scaling  # pylint: disable=wrong-import-position
import scaling  # pylint: disable=wrong-import-position
import technology_scaling  # pylint: disable=wrong-import-position
import technology_text  # pylint: disable=wrong-import-position

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "analysis/reference"
SYNTHESIS = REFERENCE / "pe-synthesis.csv"
CHARACTERIZATION = ROOT / "analysis/characterization"
OSU018 = CHARACTERIZATION / "osu018.csv"
OSU018_CELLS = CHARACTERIZATION / "osu018_cells.json"


def read_table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def row_of(rows, **wanted):
    """The first row that has these values."""
    return next(row for row in rows if all(row[key] == value for key, value in wanted.items()))


def register_file(figures, error, source):
    lines = ["  register_file:  # for small memories"]
    lines += [f"    {key}: {value:.4g}" for key, value in figures.items()]
    return "\n".join(lines + [f"    error: {error:.3g}", f'    source: "{source}"']) + "\n"


def nangate45_register_file():
    rows = [row for row in read_table(SYNTHESIS) if row["library"] == "nangate45"]
    element = row_of(rows, unit="PE_ws", format="INT8", synth_mode="area", stimulus="gauss",
                     variant="acc24b(2n+8) baugh-wooley fused")
    multiplier = next(row for row in rows if row["unit"] == "mult" and row["format"] == "INT8"
                      and "baugh-wooley" in row["variant"] and row["synth_mode"] == "area"
                      and row["stimulus"] == "gauss")
    cells = fit_quantities.NANGATE45
    leakage = float(element["leak_uW"]) / float(element["area_um2"])
    return register_file({
        "flip_flop_um2": cells["DFF"],
        "multiplexer_um2": cells["MUX2"],
        "flip_flop_pj": float(element["pJ_seq"]) / int(element["dffs"]),
        "multiplexer_pj": float(multiplier["pJ_per_op"])
                          / (int(multiplier["cells"]) * float(multiplier["avg_toggle"])),
        "flip_flop_leakage_uw": leakage * cells["DFF"],
        "multiplexer_leakage_uw": leakage * cells["MUX2"],
        "flip_flop_ns": 0.15,
        "multiplexer_ns": 0.08,
    }, 0.5, "estimate: Nangate45 DFF_X1 and MUX2_X1, figures of the synthesised INT8 element by "
            "flip-flop, toggle and area")


def osu018_register_file():
    element = row_of(read_table(OSU018), unit="pe", activation="int8", weight="int8",
                     accumulator="exact+8", multiplier="integer", mode="area", stimulus="gauss")
    cells = json.loads(OSU018_CELLS.read_text(encoding="utf-8"))["cells"]
    flip_flop, multiplexer = cells["DFFPOSX1"], cells["MUX2X1"]
    return register_file({
        "flip_flop_um2": flip_flop["area_um2"],
        "multiplexer_um2": multiplexer["area_um2"],
        "flip_flop_pj": float(element["pj_seq"]) / int(element["dffs"]),
        "multiplexer_pj": multiplexer["outputs"]["Y"]["transition_pj"],
        "flip_flop_leakage_uw": flip_flop["leakage_uw"],
        "multiplexer_leakage_uw": multiplexer["leakage_uw"],
        "flip_flop_ns": flip_flop["outputs"]["Q"]["delay_ns"],
        "multiplexer_ns": multiplexer["outputs"]["Y"]["delay_ns"],
    }, 0.5, "estimate: DFFPOSX1 and MUX2X1 of the library, the flip-flop's energy that of the "
            "synthesised INT8 element")


@functools.cache
def nangate45_fit(systole):
    options = argparse.Namespace(table=str(SYNTHESIS), library="nangate45", cells=None)
    return fit_logic.Fit(fit_logic.read_rows(options), fit_logic.Bench(systole),
                         fit_logic.cell_prior(options))


@functools.cache
def osu018_fit(systole):
    """Another recipe of Yosys synthesised some of its circuits before (pe-synthesis.csv)."""
    options = argparse.Namespace(table=str(OSU018), library=None, cells=str(OSU018_CELLS))
    return fit_logic.Fit(fit_logic.read_rows(options), fit_logic.Bench(systole),
                         fit_logic.cell_prior(options),
                         fit_logic.reference_rows(str(SYNTHESIS), "osu018"))


def generic_45nm(arguments):
    logic = nangate45_fit(arguments.systole).logic_yaml(
        "fit of pe-synthesis.csv: Nangate45, typical, 1.1 V, Yosys; analysis/fit_logic.py",
        shapes=osu018_fit(arguments.systole))
    return (technology_text.header("generic_45nm", "45 nm",
                   "A generic 45 nm process: typical corner, 1.1 V, no wires and no clock tree.")
            + logic + fit_sram.section(fit_sram.read_tables(REFERENCE), "0.045", "itrs-lop")
            + nangate45_register_file())


def osu018(arguments):
    logic = osu018_fit(arguments.systole).logic_yaml(
        "fit of osu018.csv: OSU standard cells of 180 nm, typical, 1.8 V, Yosys; "
        "analysis/fit_logic.py")
    return (technology_text.header("osu018", "180 nm",
                   "OSU's free cells of TSMC's 180 nm process: typical corner, 1.8 V, no wires and",
                   "no clock tree. Memories are scaled from 45 nm.")
            + logic + memory_scaling.osu018_sram(logic, committed(arguments))
            + osu018_register_file())


def committed(arguments):
    """The 45 nm technology to scale from."""
    return scaling.load(arguments.output_dir / "generic_45nm.yaml")


def from_45nm(make):
    return lambda arguments: make(committed(arguments))


TECHNOLOGIES = {"generic_45nm": generic_45nm, "osu018": osu018,
                **{name: from_45nm(make) for name, make in technology_scaling.SCALED.items()}}


def write(path, text):
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False,
                                     prefix="." + path.name) as file:
        file.write(text)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", metavar="NAME", choices=sorted(TECHNOLOGIES),
                        help=", ".join(TECHNOLOGIES))
    parser.add_argument("--systole", default=str(ROOT / "build/release/systole"))
    parser.add_argument("--output-dir", type=Path, default=ROOT / "configs/technology")
    arguments = parser.parse_args()
    for name in TECHNOLOGIES:  # 45 nm first: the others are scaled from it
        if name in arguments.names:
            write(arguments.output_dir / (name + ".yaml"),
                  TECHNOLOGIES[name](arguments) + layout_section.section(name))


if __name__ == "__main__":
    main()
