# SPDX-License-Identifier: Apache-2.0
"""Memories of every node from one family: those of CACTI 7 at 45 nm, itrs-lop, times one factor a
quantity and node.

    memories(nm)  the section `sram` of a technology of 65, 45, 28, 22, 16 or 7 nm, as a dict

Where the factors come from, every one of them against 45 nm:
- 32 and 22 nm: CACTI's own figures of itrs-hp and itrs-lstp, the kinds of transistor that its table
  has at 45, 32 and 22 nm. Geometric mean over the shapes, then over the two kinds. Error: how far
  apart the two are; at 32 nm also how far the rule misses itrs-lop, which the table has there.
- 7 nm, reads and writes: Jouppi's 7 nm (2021) over Horowitz' 45 nm (2014) for a read of 1 MiB.
  Never their figures themselves: they are of other memories than CACTI's. Error: the ratio of 8 KiB,
  which fell least. The ratios of 8 and 32 KiB are above CACTI's of 22 nm: as nominal values they
  would say that a memory got dearer from 22 to 7 nm.
- 7 nm, area: bit cells. Times: the polynomials of node_scaling.yaml from 22 nm on. Leakage: as at
  22 nm, by area, a guess.
- Any other node: a power of the node between its neighbours; above 45 nm as from 45 to 22 nm.
Every factor falls from node to node, so every quantity of every shape does. CACTI's leakage does
not fall with every kind of transistor (itrs-lstp keeps it, itrs-lop raises it): the error says so.
"""

import csv
import math

import fit_sram
import technology_text
import yaml
from scaling import (BULK, HIGH, REFERENCE, Scaling, apart, between, delay, energy, geometric_mean,
                     spread, widened)

HOROWITZ, JOUPPI = "energy_45nm_0.9V_Horowitz2014", "energy_7nm_Jouppi2021"
READS = ("SRAM 8KB read per 64b", "SRAM 32KB read per 64b", "SRAM 1MB read per 64b")
BIT_CELL_7NM_UM2 = 0.027  # TSMC, high density, ISSCC 2017
BIT_CELL_F2 = 146  # CACTI's, in squares of the feature size
BIT_CELLS_DIFFER = 1 / 3  # those of one node: high density, high current, other foundries
LEAKAGE_GUESS = 9  # at 180 and 7 nm: within an order of magnitude
COMMON = ("itrs-hp", "itrs-lstp")  # at 45, 32 and 22 nm of the table
BASE = ("0.045", "itrs-lop")
NODES = (65, 45, 28, 22, 16, 7)
SRAM_QUANTITIES = [name for name, _, _ in fit_sram.QUANTITIES]


def scaled_sram(sram, by, wires, source):
    """By quantity; wires: energy and delay a millimetre, micron a wire, text of the source."""
    result = {**sram, "source": source}
    result.pop("register_file", None)
    for name in SRAM_QUANTITIES:
        quantity = sram[name]
        result[name] = {
            "margin": (1 + quantity["margin"]) * (1 + by[name].error) - 1,
            "error": {case: widened(error, by[name]) for case, error in quantity["error"].items()},
            **{curve: [{**term, "scale": term["scale"] * by[name].factor}
                       for term in quantity[curve]] for curve in fit_sram.CURVES}}
    picojoules, nanoseconds, micron, text = wires
    result["wires"] = {**sram["wires"],
                       "pj_per_bit_mm": sram["wires"]["pj_per_bit_mm"] * picojoules,
                       "ns_per_mm": sram["wires"]["ns_per_mm"] * nanoseconds,
                       "um_per_wire": 4 * micron, "source": text}
    return result


def scaled_register_file(file, by):
    suffixes = {"um2": by["area"].factor, "pj": by["energy"].factor, "ns": by["delay"].factor,
                "uw": by["area"].factor * by["leakage_density"].factor}
    result = {key: value * suffixes[key.rsplit("_", 1)[1]]
              for key, value in file.items() if key not in ("error", "source")}
    worst = max(each.error for each in by.values())
    return {**result, "error": (1 + file["error"]) * (1 + worst) - 1,
            "source": "estimate: scaled as logic from 45 nm"}


def ratio(tables, cell, name, coarse, fine):
    """Of one kind of transistor: the mean over all shapes and both optima."""
    large, small = tables[coarse, cell].bands[name], tables[fine, cell].bands[name]
    return geometric_mean([small[key][i] / large[key][i]
                           for key in large if key in small for i in (0, 1)])


def leakage_density(nm):
    """uW a square micron of CACTI's itrs-hp memories at 45, 32 or 22 nm."""
    bands = fit_sram.read_tables(REFERENCE)[f"{nm / 1000:.3f}", "itrs-hp"].bands
    return geometric_mean([bands["leakage_uw"][key][i] / bands["area_um2"][key][i]
                           for key in bands["area_um2"] for i in (0, 1)])


def published_reads():
    """Jouppi's 7 nm over Horowitz' 45 nm, of 8 KiB, 32 KiB and 1 MiB."""
    with open(REFERENCE / "energy-anchors.csv", newline="", encoding="utf-8") as file:
        rows = {row["op"]: row for row in csv.DictReader(file)}
    return [float(rows[name][JOUPPI]) / float(rows[name][HOROWITZ]) for name in READS]


def anchors(tables, name):
    """{nm: Scaling from 45 nm} of a quantity."""
    found = {45: Scaling(1, 0)}
    for nm, micron in ((32, "0.032"), (22, "0.022")):
        ratios = [ratio(tables, cell, name, BASE[0], micron) for cell in COMMON]
        found[nm] = Scaling(geometric_mean(ratios), *spread(ratios))
    missed = apart(found[32].factor, ratio(tables, BASE[1], name, BASE[0], "0.032"))
    for nm in (32, 22):
        found[nm].error = max(found[nm].error, missed)
    found[7] = at_7nm(name, found[22])
    return found


def at_7nm(name, at_22nm):
    if name in ("read_pj", "write_pj"):
        reads = published_reads()
        return Scaling(reads[-1], apart(reads[-1], max(reads)))
    if name in ("area_um2", "leakage_uw"):
        step = Scaling(BIT_CELL_7NM_UM2 / (BIT_CELL_F2 * 0.022 ** 2),
                       BIT_CELLS_DIFFER if name == "area_um2" else LEAKAGE_GUESS)
    else:
        step = Scaling(delay(7, HIGH, 0.7) / between(22, 32, 20, lambda nm: delay(nm, HIGH, 0.8)),
                       BIT_CELLS_DIFFER)
    return Scaling(at_22nm.factor * step.factor, (1 + at_22nm.error) * (1 + step.error) - 1)


def factor(found, nm):
    """At any node, from the anchors: powers of the node between two of them."""
    nodes = sorted(found, reverse=True)
    if nm in found:
        return found[nm]
    coarse, fine = ((45, 22) if nm > 45 else
                    next((large, small) for large, small in zip(nodes, nodes[1:])
                         if large > nm > small))
    # Beyond 45 nm the error grows again.
    errors = [abs(math.log(coarse / nm) / math.log(coarse / fine))
              * math.log(1 + found[22].error)] if nm > 45 else [math.log(between(
                  nm, coarse, fine, lambda node: 1 + found[node].error))]
    return Scaling(between(nm, coarse, fine, lambda node: found[node].factor),
                   math.exp(errors[0]) - 1)


def wire_ratio(tables, nm):
    """Of energy and of delay a millimetre from 45 nm; below 22 nm as there."""
    def figures(tech, cell):
        return [fit_sram.geometric_mean(each) for each in fit_sram.wires(tables[tech, cell])]
    at_22nm = [geometric_mean([figures("0.022", cell)[i] / figures("0.045", cell)[i]
                               for cell in COMMON]) for i in (0, 1)]
    share = min(1, math.log(45 / nm) / math.log(45 / 22))
    return [each ** share for each in at_22nm]


def memories(nm):
    """The section `sram` of a technology, without register_file."""
    tables = fit_sram.read_tables(REFERENCE)
    sram = yaml.safe_load(fit_sram.section(tables, *BASE))["sram"]
    if nm == 45:
        return sram
    by = {name: factor(anchors(tables, name), nm) for name in SRAM_QUANTITIES}
    picojoules, nanoseconds = wire_ratio(tables, nm)
    factors = ", ".join(f"{name} x {by[name].factor:.3g}" for name in SRAM_QUANTITIES)
    errors = ", ".join(f"{name} {100 * by[name].error:.0f} %" for name in SRAM_QUANTITIES)
    return scaled_sram(
        sram, by, (picojoules, nanoseconds, nm / 1000,
                   "estimate: as of 45 nm, scaled as the memories; pitch of 4 F"),
        f"estimate: CACTI 7, 45 nm, itrs-lop, scaled by {factors}; error of that: {errors}; "
        "analysis/memory_scaling.py")


def osu018_sram(logic_text, logic_45nm):
    """Text. Leakage goes with that of the two libraries' logic, by area."""
    logic = yaml.safe_load(logic_text)["logic"]
    feature = 180 / 45
    squared = feature * 1.8 ** 2 / 1.0 ** 2  # C V^2, capacity with the feature
    energies = energy(180, BULK, 1.8) / energy(45, HIGH, 1.0)
    times = delay(180, BULK, 1.8) / delay(45, HIGH, 1.0)
    leakage = (feature ** 2 * logic["leakage"]["uw_per_um2"]
               / logic_45nm["leakage"]["uw_per_um2"])
    times = Scaling(times, apart(times, feature))
    by = {"read_pj": Scaling(energies, apart(energies, squared)),
          "write_pj": Scaling(energies, apart(energies, squared)),
          "area_um2": Scaling(feature ** 2, BIT_CELLS_DIFFER),
          "leakage_uw": Scaling(leakage, LEAKAGE_GUESS),
          "access_ns": times, "cycle_ns": times}
    sram = yaml.safe_load(fit_sram.section(fit_sram.read_tables(REFERENCE), "0.045",
                                           "itrs-hp"))["sram"]
    source = ("estimate: fit_sram.py: CACTI 7, 45 nm, itrs-hp, the oldest of its table, scaled to "
              f"180 nm: energy x {energies:.3g} and time x {times.factor:.3g} by node_scaling.yaml "
              f"(against {squared:.3g} and {feature:.3g} by feature size and supply), area by the "
              f"square, leakage with the logic's, within a factor of {1 + LEAKAGE_GUESS}")
    return technology_text.section("sram", scaled_sram(
        sram, by, (1.8 ** 2, 1, 0.18, "estimate: as of 45 nm, energy by the square of the supply; "
                                      "pitch of 4 F"), source))
