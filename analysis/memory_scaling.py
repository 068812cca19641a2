# SPDX-License-Identifier: Apache-2.0
"""Memories of every node from one family: those of CACTI 7 at 45 nm, itrs-lop, times one factor a
quantity and node.

    memories(nm)  the section `sram` of a technology of 65, 45, 28, 22, 16 or 7 nm, as a dict,
                  scaled from that of the generic_45nm.yaml that is there

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
- Areas of every node but 45 nm: an error of a third at least, as bit cells of one node differ.
- Any other node: a power of the node between its neighbours; above 45 nm as from 45 to 22 nm.
Every factor falls from node to node, so every quantity of every shape does. CACTI's own leakage
falls with itrs-hp, stays with itrs-lstp, and rises eightfold from 45 to 32 nm with itrs-lop, for which
a lower threshold was foreseen: how a real process leaks is known within an order of magnitude only.

Memories of 180 nm (osu018): the same at 45 nm as itrs-hp has them, the kind that stands at 180 nm, by
polynomials and the square of the feature size.
"""

import csv
import math

import cacti_table
import technology_text
import yaml
from cacti_table import COOL, HOT
from scaling import (BULK, HIGH, REFERENCE, ROOT, Scaling, apart, between, delay, doubt_text, energy,
                     geometric_mean, load, spread, widened)

HOROWITZ, JOUPPI = "energy_45nm_0.9V_Horowitz2014", "energy_7nm_Jouppi2021"
READS = ("SRAM 8KB read per 64b", "SRAM 32KB read per 64b", "SRAM 1MB read per 64b")
BIT_CELL_7NM_UM2 = 0.027  # TSMC, high density, ISSCC 2017
BIT_CELL_F2 = 146  # CACTI's, in squares of the feature size
BIT_CELLS_DIFFER = 1 / 3  # those of one node: high density, high current, other foundries
LEAKAGE_GUESS = 9  # at any node but 45 nm: within an order of magnitude
COMMON = ("itrs-hp", "itrs-lstp")  # at 45, 32 and 22 nm of the table
BASE = ("0.045", "itrs-lop")
HIGH_45NM = ("0.045", "itrs-hp")
NODES = (65, 45, 28, 22, 16, 7)
SRAM_QUANTITIES = cacti_table.NAMES
CURVES = ("nominal", "low", "high")


def scaled_sram(sram, by, wires, source):
    """By quantity; wires: energy and delay a millimetre, micron a wire, text of the source."""
    result = {**sram, "source": source}
    result.pop("register_file", None)
    for name in SRAM_QUANTITIES:
        quantity = sram[name]
        result[name] = {
            "margin": {end: (1 + margin) * (1 + by[name].error) - 1
                       for end, margin in quantity["margin"].items()},
            "error": {case: widened(error, by[name]) for case, error in quantity["error"].items()},
            **{curve: [[value * by[name].factor for value in row] for row in quantity[curve]]
               for curve in CURVES}}
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


def tables():
    return cacti_table.read_tables(REFERENCE)


def ratio(name, base, other):
    """Of one technology of the table to another: the mean over all shapes and both optima.
    Leakage at 360 K, which is what both files have of all technologies."""
    large, small = (tables()[each].bands[name] for each in (base, other))
    return geometric_mean([small[key][i] / large[key][i]
                           for key in large if key in small for i in (0, 1)])


def leakage_density(nm):
    """uW a square micron of CACTI's itrs-hp memories at 300 K, at 45, 32 or 22 nm."""
    table = tables()[f"{nm / 1000:.3f}", "itrs-hp"]
    bands = table.bands
    hot = geometric_mean([bands["leakage_uw"][key][i] / bands["area_um2"][key][i]
                          for key in bands["area_um2"] for i in (0, 1)])
    return hot * math.exp((COOL - HOT) * table.leakage_per_kelvin)


def published_reads():
    """Jouppi's 7 nm over Horowitz' 45 nm, of 8 KiB, 32 KiB and 1 MiB."""
    with open(REFERENCE / "energy-anchors.csv", newline="", encoding="utf-8") as file:
        rows = {row["op"]: row for row in csv.DictReader(file)}
    return [float(rows[name][JOUPPI]) / float(rows[name][HOROWITZ]) for name in READS]


def anchors(name):
    """{nm: Scaling from 45 nm} of a quantity."""
    found = {45: Scaling(1, 0)}
    for nm, micron in ((32, "0.032"), (22, "0.022")):
        ratios = [ratio(name, (BASE[0], cell), (micron, cell)) for cell in COMMON]
        found[nm] = Scaling(geometric_mean(ratios), *spread(ratios))
    missed = apart(found[32].factor, ratio(name, BASE, ("0.032", BASE[1])))
    for nm in (32, 22):
        found[nm].error = max(found[nm].error, missed)
    found[7] = at_7nm(name, found[22])
    return found


def at_7nm(name, at_22nm):
    if name in ("read_pj", "write_pj"):
        reads = published_reads()
        return Scaling(reads[-1], apart(reads[-1], max(reads)))
    if name in ("area_um2", "leakage_uw"):
        step = Scaling(BIT_CELL_7NM_UM2 / (BIT_CELL_F2 * 0.022 ** 2), BIT_CELLS_DIFFER)
    else:
        step = Scaling(delay(7, HIGH, 0.7) / between(22, 32, 20, lambda nm: delay(nm, HIGH, 0.8)),
                       BIT_CELLS_DIFFER)
    return Scaling(at_22nm.factor * step.factor, (1 + at_22nm.error) * (1 + step.error) - 1)


def doubt_of(name, error):
    """CACTI agrees with itself on areas within 1 %; the cells of real processes do not."""
    return {"leakage_uw": LEAKAGE_GUESS, "area_um2": max(error, BIT_CELLS_DIFFER)}.get(name, error)


def factor(name, nm):
    """At any node, from the anchors: powers of the node between two of them. Above 45 nm the error
    grows again, as from 45 to 22 nm."""
    found = anchors(name)
    if nm == 45:
        return found[nm]
    if nm in found:
        return Scaling(found[nm].factor, doubt_of(name, found[nm].error))
    nodes = sorted(found, reverse=True)
    coarse, fine = (45, 22) if nm > 45 else next(
        (large, small) for large, small in zip(nodes, nodes[1:]) if large > nm > small)
    doubt = between(nm, coarse, fine, lambda node: 1 + found[node].error)
    return Scaling(between(nm, coarse, fine, lambda node: found[node].factor),
                   doubt_of(name, max(doubt, 1 / doubt) - 1))


def macro_wires(table):
    """pJ a bit and millimetre, ns a millimetre: the growth of macros from 64 KiB to 1 MiB, whose
    longer H-trees are what differs, by that of their side. Only ratios between technologies mean
    something."""
    bands, energies, times = table.bands, [], []
    for width in (64, 256):
        for i in (0, 1):
            small, large = ({name: band[size, width][i] for name, band in bands.items()
                             if (size, width) in band} for size in (128.0, 1024.0))
            if len(small) < len(bands) or len(large) < len(bands):
                continue
            side = (math.sqrt(large["area_um2"]) - math.sqrt(small["area_um2"])) * 1e-3
            energies.append((large["read_pj"] - small["read_pj"]) / side / width)
            times.append((large["access_ns"] - small["access_ns"]) / side)
    return geometric_mean(energies), geometric_mean(times)


def wire_ratio(nm):
    """Of energy and of delay a millimetre, from 45 nm; below 22 nm as there."""
    at_22nm = [geometric_mean([macro_wires(tables()["0.022", cell])[i]
                               / macro_wires(tables()["0.045", cell])[i] for cell in COMMON])
               for i in (0, 1)]
    share = min(1, math.log(45 / nm) / math.log(45 / 22))
    return [each ** share for each in at_22nm]


def committed():
    """The section `sram` of the technology of 45 nm."""
    return load(ROOT / "configs/technology/generic_45nm.yaml")["sram"]


def memories(nm, base=None):
    """The section `sram` of a technology, without register_file. `base`: that of 45 nm."""
    sram = dict(base or committed())
    sram.pop("register_file", None)
    if nm == 45:
        return sram
    by = {name: factor(name, nm) for name in SRAM_QUANTITIES}
    factors = ", ".join(f"{name} x {by[name].factor:.3g}" for name in SRAM_QUANTITIES)
    errors = ", ".join(f"{name} {doubt_text(by[name].error)}" for name in SRAM_QUANTITIES)
    return scaled_sram(
        sram, by, (*wire_ratio(nm), nm / 1000,
                   "estimate: as of 45 nm, scaled as the memories; pitch of 4 F"),
        f"estimate: CACTI 7, 45 nm, itrs-lop, scaled by {factors}; error of that: {errors}; "
        "analysis/memory_scaling.py")


def osu018_sram(logic_text, base):
    """Text. `base`: the technology of 45 nm. Leakage goes with that of the two libraries' logic, by
    area."""
    logic = yaml.safe_load(logic_text)["logic"]
    feature = 180 / 45
    squared = feature * 1.8 ** 2 / 1.0 ** 2  # C V^2, capacity with the feature
    energies = energy(180, BULK, 1.8) / energy(45, HIGH, 1.0)
    times = delay(180, BULK, 1.8) / delay(45, HIGH, 1.0)
    leakage = (feature ** 2 * logic["leakage"]["uw_per_um2"]
               / base["logic"]["leakage"]["uw_per_um2"])
    steps = {"read_pj": (energies, squared), "write_pj": (energies, squared),
             "access_ns": (times, feature), "cycle_ns": (times, feature)}
    by = {name: Scaling(step * ratio(name, BASE, HIGH_45NM), apart(step, other))
          for name, (step, other) in steps.items()}
    by["area_um2"] = Scaling(feature ** 2, BIT_CELLS_DIFFER)
    by["leakage_uw"] = Scaling(leakage, LEAKAGE_GUESS)
    source = ("estimate: CACTI 7, 45 nm, itrs-lop, made itrs-hp by the mean ratio of the two and "
              f"scaled to 180 nm: energy x {energies:.3g} and time x {times:.3g} by "
              f"node_scaling.yaml (against {squared:.3g} and {feature:.3g} by feature size and "
              "supply), area by the square, leakage with the logic's, within a factor of "
              f"{1 + LEAKAGE_GUESS}; analysis/memory_scaling.py")
    return technology_text.section("sram", scaled_sram(
        memories(45, base["sram"]), by,
        (1.8 ** 2, 1, 0.18, "estimate: as of 45 nm, energy by the square of the supply; pitch of "
                            "4 F"), source))
