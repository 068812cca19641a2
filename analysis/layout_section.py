# SPDX-License-Identifier: Apache-2.0
"""The section `layout` of a technology: from cells to silicon.

`section(name)` is the text. The shares of analysis/layout.yaml are the same for every technology;
the energy of wires between blocks goes with the square of the supply, because the capacity of a
millimetre hardly changes from node to node. Where a node lies outside of those that the shares come
from, the section says so in a note, which reports print."""

from pathlib import Path

import technology_text
import yaml

LAYOUT = Path(__file__).resolve().parent / "layout.yaml"
VOLTS = 1.1  # of the file's wire_pj_per_bit_mm
FIRST_NM, LAST_NM = 28, 65  # of the chips and flows that the shares come from

# By name: node in nm, and supply.
SUPPLIES = {"osu018": (180, 1.8), "generic_65nm": (65, 1.2), "generic_45nm": (45, 1.1),
            "generic_28nm": (28, 0.9), "generic_22nm": (22, 0.8), "generic_16nm": (16, 0.8),
            "generic_14nm": (14, 0.8), "generic_7nm": (7, 0.7)}


def layout(name):
    nanometres, volts = SUPPLIES[name]
    content = yaml.safe_load(LAYOUT.read_text(encoding="utf-8"))
    wire = content["wire_pj_per_bit_mm"]
    for key in ("value", "low", "high"):
        wire[key] *= (volts / VOLTS) ** 2
    if not FIRST_NM <= nanometres <= LAST_NM:
        content["note"] = (f"its shares come from flows and chips of {FIRST_NM} to {LAST_NM} nm and "
                           f"were not checked at {nanometres} nm")
    return content


def section(name):
    return technology_text.section("layout", layout(name))
