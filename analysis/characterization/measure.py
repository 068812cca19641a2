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
# Of `spread`: netlists that a table could as well have had.
NEARLY_SMALL = 1.05


@dataclass(frozen=True)
class Request:
    """What to measure: modes, names of stimuli, cycles of each, a folder for streams or None."""

    modes: tuple = ("area", "fast")
    stimuli: tuple = tuple(STIMULI)
    cycles: int = 1032
    streams: object = None


def netlists_of(circuit, library, mode, folder):
    """Of all recipes, by name; the default one comes first."""
    def synthesised(recipes):
        names = synthesis.synthesise(circuit, library, mode, folder, recipes)
        return {name: Netlist(folder / (name + ".json"), library) for name in names}
    netlists = synthesised(synthesis.RECIPES[mode])
    smallest = min(netlists.values(), key=lambda netlist: netlist.area)
    if mode == "area" and len(smallest.instances) - smallest.flip_flops <= SMALL_CIRCUIT:
        netlists.update(synthesised(synthesis.ORDERED_RECIPES))
    return netlists


def small_ones(netlists, limit):
    least = min(netlist.area for netlist in netlists.values())
    return [name for name, netlist in netlists.items() if netlist.area <= limit * least]


def best(circuit, library, mode, folder):
    """(recipe, netlist, delay, area of the first recipe): the smallest one, or the fastest one."""
    netlists = netlists_of(circuit, library, mode, folder)
    candidates = list(netlists) if mode == "fast" else small_ones(netlists, EQUALLY_SMALL)
    delays = timing.delays(candidates, library, folder, circuit)
    name = min(candidates, key=lambda name: (round(delays[name], 6), netlists[name].area))
    return name, netlists[name], delays[name], next(iter(netlists.values())).area


def spread(circuit, library):
    """How much of the figures is luck: one circuit, as many netlists as there are recipes."""
    with tempfile.TemporaryDirectory(prefix="characterize-", dir=WORK) as name:
        netlists = netlists_of(circuit, library, "area", Path(name))
        near = small_ones(netlists, NEARLY_SMALL)
        delays = timing.delays(near, library, Path(name), circuit).values()
    areas = [netlist.area for netlist in netlists.values()]
    return {
        "unit": circuit.unit, "activation": circuit.activation.name,
        "weight": circuit.weight.name, "accumulator": circuit.accumulator_name,
        "multiplier": circuit.multiplier, "netlists": len(areas), "least_um2": min(areas),
        "largest_um2": max(areas), "near": len(near), "near_least_ns": min(delays),
        "near_largest_ns": max(delays),
    }


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
    """The energy of several cycles an operation is not measured; that of fast netlists only where
    the list of circuits asks for it, with Gaussian operands. A multiplier has no sum that could come
    from a column."""
    if circuit.multiplier == "bit_serial" or (mode != "area" and not circuit.fast_energy):
        return []
    chosen = [STIMULI[name] for name in request.stimuli]
    return [stimulus for stimulus in chosen
            if (mode == "area" or stimulus.sigma is not None)
            and (circuit.accumulator is not None or stimulus.rows is None)]


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
