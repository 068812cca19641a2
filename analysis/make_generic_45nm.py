#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes configs/technology/generic_45nm.yaml from the reference tables.

    make_generic_45nm.py --reference DIR [--output FILE]

DIR holds pe-synthesis.csv, sram-cacti7.csv and energy-anchors.csv. The output equals the committed
file byte for byte as long as the tables and the choices below stay the same.

Choices
- Processing elements: Nangate45, synthesised for minimum area, Gaussian stimulus, 16 guard bits,
  subnormals, sign applied after the shift. intN accumulators take the row of that register width.
- SRAM: fit_sram.py's model of CACTI 7 at 45 nm, low-operating-power transistors (`itrs-lop`) at
  300 K, the temperature of the cell library: banks of up to 128 KiB reach 500 MHz with the shipped
  optimiser. High-performance transistors leak 20 times as much; low-standby-power ones need twice
  the energy a read.
- Register files: flip-flops of the INT8 element (clock and data of a cycle), multiplexers by area
  from its multiplier's energy a toggle and leakage. Delays are guesses: 0.15 ns and 0.08 ns.
- Vector lanes: Horowitz's 45 nm table.
"""

import argparse
import csv
import io
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import fit_sram  # pylint: disable=wrong-import-position

INTEGER_ROWS = [  # format, accumulator, variant
    ("INT2", "int20", "acc20b(2n+16)"),
    ("INT2", "int32", "acc32b(2n+28)"),
    ("INT2", "exact", "acc20b(2n+16)"),
    ("INT4", "int16", "acc16b(2n+8)"),
    ("INT4", "int24", "acc24b(2n+16)"),
    ("INT4", "int32", "acc32b(2n+24)"),
    ("INT4", "exact", "acc24b(2n+16)"),
    ("INT8", "int24", "acc24b(2n+8)"),
    ("INT8", "int32", "acc32b(2n+16)"),
    ("INT8", "exact", "acc32b(2n+16)"),
    ("INT16", "int48", "acc48b(2n+16)"),
    ("INT16", "exact", "acc48b(2n+16)"),
]
FLOAT_FORMATS = ["E2M1", "E3M2", "E4M3", "E5M2"]
EXACT_VARIANT = "(guard16) xor-after-shift"
FLOAT_ACCUMULATORS = [  # accumulator, variant
    ("fp32", "subn acc-fp32 RNE FTZ-sat"),
    ("fp16", "subn acc-fp16 RNE FTZ-sat"),
    ("bf16", "subn acc-bf16 RNE FTZ-sat"),
    ("dlfloat16", "subn acc-dlf169 RNE FTZ-sat"),
]
# 8 x 4 bits was not synthesised: between its neighbours of the same accumulator.
ESTIMATED = [(("int8", "int4", "int32"), ("int8", "int32"), ("int4", "int32"))]

OPERATORS = [("fp32_multiply", "fp32 mult"), ("fp32_add", "fp32 add"), ("int32_add", "int32 add")]

FLIP_FLOP_UM2 = 4.522  # Nangate45 DFF_X1
MULTIPLEXER_UM2 = 1.862  # Nangate45 MUX2_X1

PE_KEYS = ["area_um2", "multiplier_area_um2", "flip_flops", "delay_ns", "energy_pj_per_mac",
           "idle_clock_pj", "leakage_uw", "fast_area_um2", "fast_delay_ns"]


def read_table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class Synthesis:
    """The rows of pe-synthesis.csv for one library."""

    def __init__(self, rows):
        self.rows = [row for row in rows if row["library"] == "nangate45"]

    def find(self, unit, fmt, variant, mode, stimulus=None):
        found = [row for row in self.rows
                 if row["unit"] == unit and row["format"] == fmt and variant in row["variant"]
                 and row["synth_mode"] == mode
                 and (stimulus is None or row["stimulus"] == stimulus)]
        return found[0] if found else None

    def element(self, fmt, accumulator, variant, multiplier):
        row = self.find("PE_ws", fmt, variant, "area", "gauss")
        if row is None:
            return None
        fast = self.find("PE_ws", fmt, variant, "fast")
        name = fmt.lower()
        element = {
            "activation": name, "weight": name, "accumulator": accumulator,
            "area_um2": float(row["area_um2"]),
            "multiplier_area_um2": float(self.find("mult", fmt, multiplier, "area")["area_um2"]),
            "flip_flops": int(row["dffs"]),
            "delay_ns": float(row["delay_ns"]),
            "energy_pj_per_mac": float(row["pJ_per_op"]),
            "idle_clock_pj": float(row["pJ_clk"]),
            "leakage_uw": float(row["leak_uW"]),
            "source": "pe-synthesis.csv: PE_ws %s, %s, nangate45, area, gauss"
                      % (fmt, row["variant"]),
        }
        if fast is not None:
            element["fast_area_um2"] = float(fast["area_um2"])
            element["fast_delay_ns"] = float(fast["delay_ns"])
        return element


def processing_elements(synthesis):
    elements = [synthesis.element(fmt, accumulator, variant, "baugh-wooley")
                for fmt, accumulator, variant in INTEGER_ROWS]
    for fmt in FLOAT_FORMATS:
        for accumulator, variant in [("exact", EXACT_VARIANT)] + FLOAT_ACCUMULATORS:
            elements.append(synthesis.element(fmt, accumulator, variant, "subnormals"))
    elements = [element for element in elements if element is not None]
    for names, first, second in ESTIMATED:
        elements.append(estimate(elements, names, first, second))
    return elements


def estimate(elements, names, first, second):
    """The mean of two processing elements, for operands that lie between theirs."""
    def find(fmt, accumulator):
        return next(e for e in elements
                    if e["weight"] == fmt and e["accumulator"] == accumulator)
    one, other = find(*first), find(*second)
    mean = dict(zip(("activation", "weight", "accumulator"), names))
    for key in PE_KEYS:
        if key in one and key in other:
            mean[key] = (one[key] + other[key]) / 2
    mean["flip_flops"] = int(mean["flip_flops"])
    mean["source"] = ("estimate, not synthesised: mean of %s x %s and %s x %s"
                      % (first[0], first[0], second[0], second[0]))
    return mean


def number(value):
    return "%.10g" % value


def write_elements(out, elements):
    out.write("processing_elements:\n")
    for element in elements:
        out.write("  - activation: %s\n" % element["activation"])
        for key in ("weight", "accumulator"):
            out.write("    %s: %s\n" % (key, element[key]))
        for key in PE_KEYS:
            if key in element:
                value = element[key]
                out.write("    %s: %s\n" % (key, value if isinstance(value, int)
                                            else number(value)))
        out.write('    source: "%s"\n' % element["source"])


def write_register_file(out, synthesis):
    element = synthesis.find("PE_ws", "INT8", "acc24b(2n+8)", "area", "gauss")
    multiplier = synthesis.find("mult", "INT8", "baugh-wooley", "area", "gauss")
    leakage = float(element["leak_uW"]) / float(element["area_um2"])
    toggles = int(multiplier["cells"]) * float(multiplier["avg_toggle"])
    figures = {
        "flip_flop_um2": FLIP_FLOP_UM2,
        "multiplexer_um2": MULTIPLEXER_UM2,
        "flip_flop_pj": float(element["pJ_seq"]) / int(element["dffs"]),
        "multiplexer_pj": float(multiplier["pJ_per_op"]) / toggles,
        "flip_flop_leakage_uw": leakage * FLIP_FLOP_UM2,
        "multiplexer_leakage_uw": leakage * MULTIPLEXER_UM2,
        "flip_flop_ns": 0.15,
        "multiplexer_ns": 0.08,
        "error": 0.5,
    }
    out.write("  register_file:  # for small memories\n")
    for key, value in figures.items():
        out.write("    %s: %.4g\n" % (key, value))
    out.write('    source: "estimate: Nangate45 DFF_X1 and MUX2_X1, figures of the synthesised INT8 '
              'element by flip-flop, toggle and area"\n')


def write_operators(out, rows):
    out.write("# Of one lane: bias, scale, and the addition of a residual or a rounding constant. An element\n"
              "# that passes a lane pays for all three. Registers and wires of a lane are not modelled.\n")
    out.write("vector_lane:\n")
    for key, name in OPERATORS:
        row = next(row for row in rows if row["op"] == name)
        source = "energy-anchors.csv: %s, Horowitz ISSCC 2014, 45 nm, 0.9 V" % name
        out.write('  %s: {energy_pj: %s, area_um2: %s, source: "%s"}\n'
                  % (key, row["energy_45nm_0.9V_Horowitz2014"],
                     row["area_um2_45nm_Horowitz2014"], source))


def technology(reference):
    synthesis = Synthesis(read_table(reference / "pe-synthesis.csv"))
    out = io.StringIO()
    out.write("# SPDX-License-Identifier: Apache-2.0\n"
              "# A generic 45 nm process. Written by analysis/make_generic_45nm.py, which says what was\n"
              "# chosen and why; do not edit.\n"
              "name: generic_45nm\n"
              "node: 45 nm\n")
    out.write('flip_flop: {area_um2: %s, source: "Nangate45 DFF_X1, the flip-flop of the '
              'synthesised elements"}\n' % FLIP_FLOP_UM2)
    out.write("# Typical corner, 1.1 V, no wires and no clock tree. Energy with glitches: Gaussian activations,\n"
              "# weight changed every 64 cycles. fast_*: synthesised for speed instead of area.\n")
    write_elements(out, processing_elements(synthesis))
    out.write(fit_sram.section(fit_sram.read_tables(reference), "0.045", "itrs-lop"))
    write_register_file(out, synthesis)
    write_operators(out, read_table(reference / "energy-anchors.csv"))
    return out.getvalue()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reference", type=Path, required=True, help="folder of the tables")
    parser.add_argument("--output", type=Path, help="default: the committed file")
    arguments = parser.parse_args()
    default = Path(__file__).resolve().parent.parent / "configs/technology/generic_45nm.yaml"
    (arguments.output or default).write_text(technology(arguments.reference), encoding="utf-8")


if __name__ == "__main__":
    main()
