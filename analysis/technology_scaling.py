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

Memories of 28 and 22 nm: CACTI at 32 nm, `itrs-lop` as at 45 nm, times 22 nm over 32 nm of the
kinds of transistor that the table has at both (there is no lop at 22 nm). Error: how far apart
these kinds are, or, if worse, how well the same rule finds lop at 32 nm from 45 nm.
Memories of 7 nm: those of 22 nm, energies by one factor to Jouppi's three, area by bit cells,
access time by the polynomials. Memories of 180 nm: `itrs-hp` at 45 nm, by polynomials and the
square of the feature size."""

import csv
import math
from pathlib import Path

import fit_sram
import technology_text
import yaml

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "analysis/reference"

ARITHMETIC = ("int8 add", "int32 add", "fp16 add", "fp32 add", "int8 mult", "int32 mult",
              "fp16 mult", "fp32 mult")
JOUPPI = "energy_7nm_Jouppi2021"
HOROWITZ = "energy_45nm_0.9V_Horowitz2014"
MEMORIES = {8: "SRAM 8KB read per 64b", 32: "SRAM 32KB read per 64b", 1024: "SRAM 1MB read per 64b"}
NAND2_UM2 = 0.798  # Nangate Open Cell Library, NAND2_X1: four transistors
MILLION_TRANSISTORS_PER_MM2 = 91.2  # TSMC 7 nm: published (TechInsights 2018)
BIT_CELL_7NM_UM2 = 0.027  # TSMC, high density, ISSCC 2017
BIT_CELL_F2 = 146  # CACTI's, in squares of the feature size
LIBRARIES_DIFFER = 1 / 3  # at one node, node_scaling.yaml
LEAKAGE_GUESS = 9  # memories at 180 and 7 nm: within an order of magnitude


def load(path):
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))


def geometric_mean(values):
    return math.exp(sum(math.log(value) for value in values) / len(values))


def spread(values):
    """How far values are from their geometric mean: the largest, and the rms, as shares."""
    logs = [math.log(value / geometric_mean(values)) for value in values]
    return (math.exp(max(abs(each) for each in logs)) - 1,
            math.exp(math.sqrt(sum(each ** 2 for each in logs) / len(logs))) - 1)


def apart(one, other):
    return math.exp(abs(math.log(one / other))) - 1


def polynomial(coefficients, x):
    value = 0
    for each in coefficients:
        value = value * x + each
    return value


NODES = {(node["nm"], node["family"]): node
         for node in load(ROOT / "configs/technology/node_scaling.yaml")["nodes"]}
HIGH, LOW, BULK = "high_performance", "low_power", "bulk"


def energy(nm, family, volts):
    return polynomial(NODES[nm, family]["energy"], volts)


def delay(nm, family, volts):
    """The least up to this supply: more voltage makes nothing slower."""
    steps = range(round(100 * 0.7), round(100 * volts) + 1)
    return min(polynomial(NODES[nm, family]["delay"], step / 100) for step in steps)


def pitches(nm):
    node = NODES[nm, HIGH]
    return node["contacted_poly_pitch_nm"] * node["metal_pitch_nm"]


def between(nm, coarse, fine, of):
    """At nm, what is a power of the node from coarse to fine."""
    share = math.log(coarse / nm) / math.log(coarse / fine)
    return of(coarse) ** (1 - share) * of(fine) ** share


class Scaling:
    """What to multiply figures by, and the error of that as a share: largest and rms."""

    def __init__(self, factor, error, rms=None):
        self.factor, self.error, self.rms = factor, error, error if rms is None else rms


def published_ratios():
    with open(REFERENCE / "energy-anchors.csv", newline="", encoding="utf-8") as file:
        rows = {row["op"]: row for row in csv.DictReader(file)}
    return ([float(rows[name][JOUPPI]) / float(rows[name][HOROWITZ]) for name in ARITHMETIC],
            {size: float(rows[name][JOUPPI]) for size, name in MEMORIES.items()})


def delay_scaling(nm, volts, fine):
    def factor(family):
        at = between(nm, 45, fine, lambda node: delay(node, family, 1.1 if node == 45 else volts))
        return at / delay(45, family, 1.1)
    return Scaling(factor(HIGH), apart(factor(HIGH), factor(LOW)))


def leakage_density(tables, nm):
    table = tables["%.3f" % (nm / 1000), "itrs-hp"]
    return geometric_mean([leak / area
                           for key in fit_sram.DESIGN
                           for leak, area in zip(table.bands["leakage_uw"][key],
                                                 table.bands["area_um2"][key])])


def planar_logic(tables, nm, volts):
    """28 and 22 nm."""
    ratios, _ = published_ratios()
    slower = (geometric_mean(ratios)
              / (energy(7, HIGH, 0.7) / energy(45, HIGH, 0.9))) ** (
                  math.log(45 / nm) / math.log(45 / 7))
    density = (between(nm, 32, 22, lambda node: leakage_density(tables, node))
               / leakage_density(tables, 45))
    return {"energy": Scaling(between(nm, 32, 20, lambda node: energy(node, HIGH, volts))
                              / energy(45, HIGH, 1.1), apart(slower, 1)),
            "delay": delay_scaling(nm, volts, 20),
            "area": Scaling(between(nm, 32, 20, pitches) / pitches(45), LIBRARIES_DIFFER),
            "leakage_density": Scaling(density, 0)}


def logic_7nm(tables):
    ratios, _ = published_ratios()
    largest, rms = spread(ratios)
    supply = energy(45, HIGH, 1.1) / energy(45, HIGH, 0.9)
    return {"energy": Scaling(geometric_mean(ratios), (1 + largest) * supply - 1,
                              math.hypot(rms, supply - 1)),
            "delay": delay_scaling(7, 0.7, 7),
            "area": Scaling(4 / NAND2_UM2 / MILLION_TRANSISTORS_PER_MM2, LIBRARIES_DIFFER),
            "leakage_density": Scaling(leakage_density(tables, 22)
                                       / leakage_density(tables, 45), 0)}


QUANTITY_OF_KEY = {"gates_um2": "area", "area_um2": "area", "delay_ns": "delay",
                   "toggles_fj": "energy", "clock_fj": "energy", "toggle_fj": "energy",
                   "input_fj": "energy", "uw_per_um2": "leakage_density"}


def widened(error, by):
    return {"rms": math.hypot(error["rms"], by.rms),
            **{key: (1 + error[key]) * (1 + by.error) - 1 for key in error if key != "rms"}}


def widened_tree(errors, by):
    """Errors of all kinds of circuit: the quantity is the last key."""
    return {key: widened(value, by[key]) if "rms" in value else widened_tree(value, by)
            for key, value in errors.items()}


def scaled_logic(logic, by, source):
    def walk(value, factor):
        if isinstance(value, dict):
            return {key: walk(each, by[QUANTITY_OF_KEY[key]].factor if key in QUANTITY_OF_KEY
                              else factor) for key, each in value.items()}
        return value * factor
    kept = {"source", "error", "leakage"}
    result = {"source": source,
              "error": widened_tree(logic["error"], by)}
    for key, value in logic.items():
        if key not in kept:
            result[key] = walk({key: value}, 1)[key]
    leakage = dict(logic["leakage"])
    leakage["uw_per_um2"] *= by["leakage_density"].factor
    result["leakage"] = leakage
    return result


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


def table_ratio(tables, cells, coarse, fine):
    """Of the table's quantities from one node to another: all shapes and bounds, these kinds of
    transistor. {quantity: Scaling}"""
    result = {}
    for name in SRAM_QUANTITIES:
        means = [geometric_mean([small / large for key in fit_sram.DESIGN for small, large in
                                 zip(tables[fine, cell].bands[name][key],
                                     tables[coarse, cell].bands[name][key])]) for cell in cells]
        result[name] = Scaling(geometric_mean(means), *spread(means))
    return result


def wire_ratio(tables, cells, coarse, fine):
    """Of energy and of delay a millimetre."""
    def figures(tech, cell):
        return [fit_sram.geometric_mean(each) for each in fit_sram.wires(tables[tech, cell])]
    ratios = [[small / large for small, large in zip(figures(fine, cell), figures(coarse, cell))]
              for cell in cells]
    return [geometric_mean([each[i] for each in ratios]) for i in (0, 1)]


COMMON = ("itrs-hp", "itrs-lstp")  # at all nodes of the table


def planar_sram(tables, nm):
    """28 and 22 nm from 32 nm."""
    share = math.log(32 / nm) / math.log(32 / 22)
    known = table_ratio(tables, COMMON, "0.045", "0.032")
    truth = table_ratio(tables, ["itrs-lop"], "0.045", "0.032")
    by = {}
    for name, ratio in table_ratio(tables, COMMON, "0.032", "0.022").items():
        worst = 1 + max(ratio.error, apart(known[name].factor, truth[name].factor))
        by[name] = Scaling(ratio.factor ** share, worst ** share - 1)
    picojoules, nanoseconds = (each ** share
                               for each in wire_ratio(tables, COMMON, "0.032", "0.022"))
    sram = yaml.safe_load(fit_sram.section(tables, "0.032", "itrs-lop"))["sram"]
    errors = ", ".join(f"{name} {100 * by[name].error:.0f} %" for name in SRAM_QUANTITIES)
    return scaled_sram(
        sram, by, (picojoules, nanoseconds, nm / 1000,
                   "estimate: as of 32 nm, scaled as the memories; pitch of 4 F"),
        f"estimate: fit_sram.py: CACTI 7, 32 nm, itrs-lop, scaled to {nm} nm as its itrs-hp and "
        f"itrs-lstp go to 22 nm; error of that: {errors}")


def term_value(term, kib, word_bits):
    above = int(str(term.get("above", "0KiB")).removesuffix("KiB"))
    return (term["scale"] * max(0, kib - above) ** term["capacity_exponent"]
            * (word_bits / 64) ** term["word_exponent"])


def sram_7nm(tables):
    sram = planar_sram(tables, 22)
    _, points = published_ratios()
    ratios = [value / sum(term_value(term, kib, 64) for term in sram["read_pj"]["nominal"])
              for kib, value in points.items()]
    energies = Scaling(geometric_mean(ratios), *spread(ratios))
    area = BIT_CELL_7NM_UM2 / (BIT_CELL_F2 * 0.022 ** 2)
    at_22nm = between(22, 32, 20, lambda node: delay(node, HIGH, 0.8))
    by = {"read_pj": energies, "write_pj": energies,
          "area_um2": Scaling(area, LIBRARIES_DIFFER),
          "leakage_uw": Scaling(area, LEAKAGE_GUESS),
          "access_ns": Scaling(delay(7, HIGH, 0.7) / at_22nm, delay_scaling(7, 0.7, 7).error)}
    return scaled_sram(
        sram, by, (1, 1, 0.007, "estimate: as of 22 nm; pitch of 4 F"),
        "estimate: CACTI 7's shape at 22 nm, scaled to Jouppi's 7 nm reads of 8 KiB, 32 KiB and 1 MiB "
        f"(ISCA 2021), which it misses by {100 * energies.error:.0f} % at most; area by bit cells, "
        f"within {100 * LIBRARIES_DIFFER:.0f} %; leakage as of 22 nm by area, within a factor of "
        f"{1 + LEAKAGE_GUESS}")


def osu018_sram(logic_text, logic_45nm):
    """Text. Leakage goes with that of the two libraries' logic, by area."""
    logic = yaml.safe_load(logic_text)["logic"]
    feature = 180 / 45
    squared = feature * 1.8 ** 2 / 1.0 ** 2  # C V^2, capacity with the feature
    energies = energy(180, BULK, 1.8) / energy(45, HIGH, 1.0)
    times = delay(180, BULK, 1.8) / delay(45, HIGH, 1.0)
    leakage = (feature ** 2 * logic["leakage"]["uw_per_um2"]
               / logic_45nm["leakage"]["uw_per_um2"])
    by = {"read_pj": Scaling(energies, apart(energies, squared)),
          "write_pj": Scaling(energies, apart(energies, squared)),
          "area_um2": Scaling(feature ** 2, LIBRARIES_DIFFER),
          "leakage_uw": Scaling(leakage, LEAKAGE_GUESS),
          "access_ns": Scaling(times, apart(times, feature))}
    sram = yaml.safe_load(fit_sram.section(fit_sram.read_tables(REFERENCE), "0.045",
                                           "itrs-hp"))["sram"]
    source = ("estimate: fit_sram.py: CACTI 7, 45 nm, itrs-hp, the oldest of its table, scaled to "
              f"180 nm: energy x {energies:.3g} and time x {times:.3g} by node_scaling.yaml (against "
              f"{squared:.3g} and {feature:.3g} by feature size and supply), area by the square, "
              f"leakage with the logic's, within a factor of {1 + LEAKAGE_GUESS}")
    return technology_text.section("sram", scaled_sram(
        sram, by, (1.8 ** 2, 1, 0.18, "estimate: as of 45 nm, energy by the square of the supply; "
                                      "pitch of 4 F"), source))


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
        tables = fit_sram.read_tables(REFERENCE)
        by = planar_logic(tables, nm, volts)
        return technology(name, nm, [
            f"A generic {nm} nm process at {volts} V, scaled from generic_45nm: an estimate.",
            "Energies are likelier too low than too high: published arithmetic fell by less from 45",
            "to 7 nm than the polynomials of inverters."], base, by, planar_sram(tables, nm))
    return make


def generic_7nm(base):
    tables = fit_sram.read_tables(REFERENCE)
    return technology("generic_7nm", 7, [
        "A generic 7 nm process at 0.7 V, scaled from generic_45nm: an estimate. Energies follow",
        "published arithmetic and memories (Horowitz 2014, Jouppi 2021), so they are above those of",
        "generic_22nm, which follow inverters: compare nodes within one of the two."],
                      base, logic_7nm(tables), sram_7nm(tables))


SCALED = {"generic_28nm": planar("generic_28nm", 28, 0.9),
          "generic_22nm": planar("generic_22nm", 22, 0.8),
          "generic_7nm": generic_7nm}
