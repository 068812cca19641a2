# SPDX-License-Identifier: Apache-2.0
"""Scales technologies to other nodes, with what is known of the error.

Logic of 28 and 22 nm. Supply 0.9 and 0.8 V; high-performance devices from 45 nm, 1.1 V.
- Energy: Stillmaker and Baas' polynomials (node_scaling.yaml), between 32 and 20 nm by the
  logarithm of the node. Error: the arithmetic that Horowitz (45 nm) and Jouppi (7 nm) published
  fell by less than the polynomials say of 0.9 to 0.7 V; the share of that factor that falls on
  these nodes.
- Delay: between 45 and 20 nm. The polynomial of 32 nm has too few digits: it rises with the
  voltage. So does that of 45 nm beyond 1 V, whose least value up to the supply is taken. Error:
  what the low-power family says instead.
- Area: contacted poly pitch times metal pitch, between 32 and 20 nm. Error: libraries of one node
  differ by a third (node_scaling.yaml).
Logic of 7 nm, 0.7 V
- Energy: the geometric mean of Jouppi over Horowitz. Error: the spread of these ratios, and that
  Horowitz' 45 nm are at 0.9 V and ours at 1.1 V, by the polynomial.
- Delay: as above, between 45 and 7 nm. Area: NAND gates in Nangate45 against the published
  density.
Leakage of logic by area: CACTI's high-performance memories; at 7 nm as at 22 nm, not known.

Memories: memory_scaling.py."""

import csv
import math

import memory_scaling
import technology_text
from memory_scaling import leakage_density, scaled_register_file
from scaling import (HIGH, LOW, NODES, REFERENCE, Scaling, apart, between, delay, energy,
                     geometric_mean, load, polynomial, spread, widened)

ARITHMETIC = ("int8 add", "int32 add", "fp16 add", "fp32 add", "int8 mult", "int32 mult",
              "fp16 mult", "fp32 mult")
JOUPPI = "energy_7nm_Jouppi2021"
HOROWITZ = "energy_45nm_0.9V_Horowitz2014"
NAND2_UM2 = 0.798  # Nangate Open Cell Library, NAND2_X1: four transistors
MILLION_TRANSISTORS_PER_MM2 = 91.2  # TSMC 7 nm: published (TechInsights 2018)
LIBRARIES_DIFFER = 1 / 3  # at one node, node_scaling.yaml


def pitches(nm):
    node = NODES[nm, HIGH]
    return node["contacted_poly_pitch_nm"] * node["metal_pitch_nm"]


def published_ratios():
    with open(REFERENCE / "energy-anchors.csv", newline="", encoding="utf-8") as file:
        rows = {row["op"]: row for row in csv.DictReader(file)}
    return [float(rows[name][JOUPPI]) / float(rows[name][HOROWITZ]) for name in ARITHMETIC]


def delay_scaling(nm, volts, fine):
    def factor(family):
        at = between(nm, 45, fine, lambda node: delay(node, family, 1.1 if node == 45 else volts))
        return at / delay(45, family, 1.1)
    return Scaling(factor(HIGH), apart(factor(HIGH), factor(LOW)))


def planar_logic(nm, volts):
    """28 and 22 nm."""
    ratios = published_ratios()
    slower = (geometric_mean(ratios)
              / (energy(7, HIGH, 0.7) / energy(45, HIGH, 0.9))) ** (
                  math.log(45 / nm) / math.log(45 / 7))
    density = between(nm, 32, 22, leakage_density) / leakage_density(45)
    return {"energy": Scaling(between(nm, 32, 20, lambda node: energy(node, HIGH, volts))
                              / energy(45, HIGH, 1.1), apart(slower, 1)),
            "delay": delay_scaling(nm, volts, 20),
            "area": Scaling(between(nm, 32, 20, pitches) / pitches(45), LIBRARIES_DIFFER),
            "leakage_density": Scaling(density, 0)}


def logic_7nm():
    ratios = published_ratios()
    largest, rms = spread(ratios)
    supply = energy(45, HIGH, 1.1) / energy(45, HIGH, 0.9)
    return {"energy": Scaling(geometric_mean(ratios), (1 + largest) * supply - 1,
                              math.hypot(rms, supply - 1)),
            "delay": delay_scaling(7, 0.7, 7),
            "area": Scaling(4 / NAND2_UM2 / MILLION_TRANSISTORS_PER_MM2, LIBRARIES_DIFFER),
            "leakage_density": Scaling(leakage_density(22) / leakage_density(45), 0)}


QUANTITY_OF_KEY = {"gates_um2": "area", "area_um2": "area", "delay_ns": "delay",
                   "toggles_fj": "energy", "clock_fj": "energy", "toggle_fj": "energy",
                   "input_fj": "energy", "uw_per_um2": "leakage_density"}


def scaled_logic(logic, by, source):
    def walk(value, factor):
        if isinstance(value, dict):
            return {key: walk(each, by[QUANTITY_OF_KEY[key]].factor if key in QUANTITY_OF_KEY
                              else factor) for key, each in value.items()}
        return value * factor
    kept = {"source", "error", "leakage"}
    result = {"source": source,
              "error": {name: widened(error, by[name.removesuffix("_for_speed")])
                        for name, error in logic["error"].items()}}
    for key, value in logic.items():
        if key not in kept:
            result[key] = walk({key: value}, 1)[key]
    leakage = dict(logic["leakage"])
    leakage["uw_per_um2"] *= by["leakage_density"].factor
    result["leakage"] = leakage
    return result


def technology(name, nm, comment, base, by, sram):
    errors = ", ".join(f"{key} {100 * by[key].error:.0f} %" for key in ("area", "delay", "energy"))
    factors = ", ".join(f"{key} x {by[key].factor:.3g}" for key in ("area", "delay", "energy"))
    source = (f"estimate: generic_45nm scaled by {factors}; error of that: {errors}; "
              "analysis/technology_scaling.py")
    sram["register_file"] = scaled_register_file(base["sram"]["register_file"], by)
    return (technology_text.header(name, f"{nm} nm", *comment)
            + technology_text.section("logic", scaled_logic(base["logic"], by, source))
            + technology_text.section("sram", sram))


def planar(name, nm, volts):
    def make(base):
        by = planar_logic(nm, volts)
        return technology(name, nm, [
            f"A generic {nm} nm process at {volts} V, scaled from generic_45nm: an estimate.",
            "Energies are likelier too low than too high: published arithmetic fell by less from 45",
            "to 7 nm than the polynomials of inverters."], base, by,
            memory_scaling.memories(nm, base["sram"]))
    return make


def generic_7nm(base):
    return technology("generic_7nm", 7, [
        "A generic 7 nm process at 0.7 V, scaled from generic_45nm: an estimate. Energies follow",
        "published arithmetic and memories (Horowitz 2014, Jouppi 2021), so they are above those of",
        "generic_22nm, which follow inverters: compare nodes within one of the two."],
                      base, logic_7nm(), memory_scaling.memories(7, base["sram"]))


SCALED = {"generic_28nm": planar("generic_28nm", 28, 0.9),
          "generic_22nm": planar("generic_22nm", 22, 0.8),
          "generic_7nm": generic_7nm}
