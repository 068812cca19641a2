# SPDX-License-Identifier: Apache-2.0
"""What is known of logic at other nodes: factors against 45 nm, by three kinds of evidence.

devices    Stillmaker and Baas' polynomials of inverters, in the family of high-performance devices
           and in that of low-power ones; for area, their table, and pitches.
foundries  what a foundry says of its next node.
circuits   operations that Horowitz (45 nm) and Jouppi (7 nm) published; for area, NAND gates.

A kind that says nothing of a quantity at a node has no estimates there. Between two nodes that it
knows, a factor is a power of the node; nothing is extrapolated. So is the capacity that the
published operations switch, from 45 to 7 nm; their energies go with the square of the supply."""

import csv
import math

from scaling import (BULK, HIGH, LOW, NODES, REFERENCE, between, delay, energy, geometric_mean,
                     load)

EVIDENCE = load(REFERENCE / "node-evidence.yaml")
SUPPLIES = EVIDENCE["supplies"]
BASE = EVIDENCE["base"]
KINDS = ("devices", "foundries", "circuits")
QUANTITIES = ("area", "delay", "energy")


def along(known, nm):
    """Of {node: figure}, at a node between two of them. None: beyond them."""
    if nm in known:
        return known[nm]
    coarse = [node for node in known if node > nm]
    fine = [node for node in known if node < nm]
    return between(nm, min(coarse), max(fine), known.get) if coarse and fine else None


def family_at(nm, family):
    """Bulk devices, 65 nm and more, lead to those of high performance."""
    return BULK if nm > BASE["nm"] else family


def polynomials(of, nm, volts, left_out=()):
    """{family: factor}. The low-power family begins at 45 nm."""
    def factor(family):
        known = {node: of(node, kind, BASE["volts"] if node == BASE["nm"] else volts)
                 for node, kind in NODES if kind == family_at(node, family)
                 and node not in left_out and (node <= BASE["nm"]) == (nm <= BASE["nm"])}
        return along(known, nm) / of(BASE["nm"], family, BASE["volts"])
    families = [HIGH] if nm > BASE["nm"] else [HIGH, LOW]
    return {f"{family.replace('_', '-')} inverters": factor(family) for family in families}


def pitches(nm):
    known = {node: figures["contacted_poly_pitch_nm"] * figures["metal_pitch_nm"]
             for (node, family), figures in NODES.items() if family != LOW}
    return along(known, nm) / known[BASE["nm"]]


def devices(quantity, nm, volts):
    if quantity == "area":
        found = {"pitches": pitches(nm),
                 "table of areas": along(EVIDENCE["device_areas"]["factors"], nm)}
        return {name: factor for name, factor in found.items() if factor is not None}
    if quantity == "energy":
        return polynomials(energy, nm, volts)
    # The polynomial of 32 nm has too few digits: it rises with the voltage.
    return polynomials(delay, nm, volts, left_out=(32,))


STATED = {"area": lambda row: 1 / row["density"], "energy": lambda row: row["energy"],
          "delay": lambda row: 1 / row["speed"]}
KEY = {"area": "density", "delay": "speed", "energy": "energy"}


def foundries(quantity, nm, _volts):
    """From the base on, step by step in both directions; several statements of a step are averaged.
    A step that says nothing of a quantity is skipped: it is small (45 to 40 nm)."""
    steps = {}
    for row in EVIDENCE["foundries"]:
        if KEY[quantity] in row:
            steps.setdefault((row["from"], row["to"]), []).append(STATED[quantity](row))
    known = {BASE["nm"]: 1}
    for coarse, fine in sorted(steps, reverse=True):
        step = geometric_mean(steps[coarse, fine])
        if fine == BASE["nm"]:
            known[coarse] = 1 / step
        else:
            known[fine] = known[min(node for node in known)] * step
    factor = along(known, nm)
    return {} if factor is None else {"statements": factor}


def operations(nm, volts):
    """{operation: factor of its energy}."""
    coarse, fine = EVIDENCE["arithmetic"]["coarse"], EVIDENCE["arithmetic"]["fine"]
    share = math.log(coarse["nm"] / nm) / math.log(coarse["nm"] / fine["nm"])
    supply = (volts / BASE["volts"]) ** 2
    with open(REFERENCE / "energy-anchors.csv", newline="", encoding="utf-8") as file:
        rows = {row["op"]: row for row in csv.DictReader(file)}
    result = {}
    for name in EVIDENCE["arithmetic"]["operations"]:
        ratio = float(rows[name][fine["column"]]) / float(rows[name][coarse["column"]])
        capacity = ratio * (coarse["volts"] / fine["volts"]) ** 2
        result[name] = capacity ** share * supply
    return result


def circuits(quantity, nm, volts):
    if quantity == "energy":
        return operations(nm, volts) if nm <= BASE["nm"] else {}
    if quantity == "area":
        known = {row["nm"]: row["nand2_um2"] for row in EVIDENCE["cells"]}
        cell = along(known, nm)
        return {} if cell is None else {"NAND gates": cell / known[BASE["nm"]]}
    return {}


def estimates(quantity, nm, volts=None):
    """{kind: {name: factor}}, of the kinds that say something."""
    if nm == BASE["nm"]:
        volts = BASE["volts"]
    volts = SUPPLIES[nm] if volts is None else volts
    found = {kind: of(quantity, nm, volts)
             for kind, of in zip(KINDS, (devices, foundries, circuits))}
    return {kind: each for kind, each in found.items() if each}
