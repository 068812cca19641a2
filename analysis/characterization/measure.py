# SPDX-License-Identifier: Apache-2.0
"""One circuit from RTL to rows of the table."""

import tempfile
from pathlib import Path

from . import synthesis, timing
from .netlist import Netlist

# Netlists that are this close to the smallest count as equally small: the fastest of them is taken.
EQUALLY_SMALL = 1.02


def best(circuit, library, mode, folder):
    """(recipe, netlist, delay, area of the first recipe): the smallest one, or the fastest one."""
    names = synthesis.synthesise(circuit, library, mode, folder)
    netlists = {name: Netlist(folder / (name + ".json"), library) for name in names}
    limit = EQUALLY_SMALL * min(netlist.area for netlist in netlists.values())
    candidates = [name for name in names if mode == "fast" or netlists[name].area <= limit]
    delays = timing.delays(candidates, library, folder, circuit)
    name = min(candidates, key=lambda name: (round(delays[name], 6), netlists[name].area))
    return name, netlists[name], delays[name], netlists[names[0]].area


def row_of(circuit, library, mode, result):
    recipe, netlist, delay, default_area = result
    return {
        "unit": circuit.unit, "activation": circuit.activation.name,
        "weight": circuit.weight.name, "accumulator": circuit.accumulator_name,
        "sum_bits": circuit.parameters.get("SUM_BITS", ""), "multiplier": circuit.multiplier,
        "library": library.name, "mode": mode, "stimulus": "", "area_um2": netlist.area,
        "default_area_um2": default_area, "delay_ns": delay, "leak_uw": netlist.leakage_uw,
        "cells": len(netlist.instances), "dffs": netlist.flip_flops, "recipe": recipe,
    }


def measure(circuit, library, modes, stimuli, cycles):
    """Rows of one circuit; energies of its area-optimal netlist only."""
    rows = []
    for mode in modes:
        with tempfile.TemporaryDirectory(prefix="characterize-") as name:
            folder = Path(name)
            result = best(circuit, library, mode, folder)
            rows.append(row_of(circuit, library, mode, result))
    return rows
