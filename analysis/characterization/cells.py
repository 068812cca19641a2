# SPDX-License-Identifier: Apache-2.0
"""The library's own facts about its cells, at one load and slew."""

import json

LOAD_INVERTERS = 2


def smallest_inverter(library):
    def inverts(cell):
        function = cell.outputs[0].function if len(cell.outputs) == 1 else ""
        return len(cell.inputs) == 1 and cell.usable and ("!" in function or "'" in function)
    return min(filter(inverts, library.cells.values()), key=lambda cell: (cell.area, cell.name))


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else 0.0


def energy(pin, load, slew):
    """pJ of a transition, mean of rises and falls, inputs and conditions."""
    return mean(table.at(load, slew) for _, *tables in pin.power for table in tables if table)


def output_facts(pin, load, slew, voltage):
    return {
        "function": pin.function,
        "delay_ns": round(mean(arc.tables[kind].at(load, slew) for arc in pin.arcs
                               for kind in ("cell_rise", "cell_fall") if kind in arc.tables), 5),
        "transition_pj": round(energy(pin, load, slew) + 0.5 * load * voltage ** 2, 6),
    }


def facts(library):
    """JSON text. Cells that synthesis cannot use (scan, reset, latches) are not in it."""
    inverter = smallest_inverter(library).inputs[0].capacitance
    load = LOAD_INVERTERS * inverter
    flip_flop = next(cell for cell in library.cells.values() if cell.flip_flop)
    slews = flip_flop.outputs[0].arcs[0].tables["cell_rise"].slews
    slew = slews[min(1, len(slews) - 1)]
    cells = {}
    for name, cell in sorted(library.cells.items()):
        if not cell.usable:
            continue
        entry = {
            "area_um2": cell.area, "leakage_uw": float("%.5g" % cell.leakage_uw),
            "input_pf": {pin.name: round(pin.capacitance, 7) for pin in cell.inputs},
            "outputs": {pin.name: output_facts(pin, load, slew, library.voltage)
                        for pin in cell.outputs},
        }
        if cell.flip_flop:
            clock = cell.pins[cell.flip_flop[1]]
            entry["clock_cycle_pj"] = round(2 * energy(clock, 0, slew) +
                                            clock.capacitance * library.voltage ** 2, 6)
            data = cell.pins[cell.flip_flop[0]]
            entry["data_transition_pj"] = round(energy(data, 0, slew), 6)
        cells[name] = entry
    return json.dumps({"library": library.name, "voltage_v": library.voltage,
                       "load_pf": round(load, 7), "slew_ns": slew, "cells": cells},
                      indent=1) + "\n"
