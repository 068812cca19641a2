# SPDX-License-Identifier: Apache-2.0
"""One circuit from RTL to rows of the table."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import energy, synthesis, timing
from .netlist import Netlist
from .stimulus import STIMULI

# Not $TMPDIR: what ABC finds depends even on the length of the paths that it is given.
WORK = "/tmp"
# Circuits of up to so many gates are synthesised in several orders.
SMALL_CIRCUIT = 175
# Netlists that are this close to the smallest count as equally small: the fastest of them is taken.
EQUALLY_SMALL = 1.02


@dataclass(frozen=True)
class Request:
    """What to measure: modes, names of stimuli, cycles of each, a folder for streams or None."""

    modes: tuple = ("area", "fast")
    stimuli: tuple = tuple(STIMULI)
    cycles: int = 1032
    streams: object = None


def best(circuit, library, mode, folder):
    """(recipe, netlist, delay, area of the first recipe): the smallest one, or the fastest one."""
    names = synthesis.synthesise(circuit, library, mode, folder)
    netlists = {name: Netlist(folder / (name + ".json"), library) for name in names}
    smallest = min(netlists.values(), key=lambda netlist: netlist.area)
    if mode == "area" and len(smallest.instances) - smallest.flip_flops <= SMALL_CIRCUIT:
        more = synthesis.synthesise(circuit, library, mode, folder, synthesis.ORDERED_RECIPES)
        netlists.update((name, Netlist(folder / (name + ".json"), library)) for name in more)
        names += more
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


def stimuli_of(circuit, mode, request):
    """The energy of several cycles an operation is not measured, nor that of fast netlists; a
    multiplier has no sum that could come from a column."""
    if mode != "area" or circuit.multiplier == "bit_serial":
        return []
    return [STIMULI[name] for name in request.stimuli
            if circuit.accumulator is not None or STIMULI[name].rows is None]


def measure(circuit, library, request):
    """Rows of one circuit: one a mode and stimulus."""
    rows = []
    for mode in request.modes:
        with tempfile.TemporaryDirectory(prefix="characterize-", dir=WORK) as name:
            folder = Path(name)
            result = best(circuit, library, mode, folder)
            row = row_of(circuit, library, mode, result)
            energies = [energy.measure(circuit, result[1], stimulus, request.cycles, result[2],
                                       folder, request.streams)
                        for stimulus in stimuli_of(circuit, mode, request)]
            rows += [{**row, **columns} for columns in energies] or [row]
    return rows
