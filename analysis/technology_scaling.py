# SPDX-License-Identifier: Apache-2.0
"""Scales the logic of generic_45nm to other nodes: one rule for all nodes and all quantities.

Three kinds of evidence say how area, delay and energy change (node_evidence.py): devices,
foundries, and published circuits. None of them is right alone. Energies of inverters without wires
fall to 0.04 from 45 to 7 nm, those of published arithmetic to 0.23.

- The factor at a node is the geometric mean of the kinds that say something, each of which is the
  geometric mean of its own estimates.
- Its error is how far the farthest single estimate is, and at least a third, by which libraries of
  one node differ. `rms` weighs the kinds alike.
- The error of a step between two nodes is found in the same way, from the estimates' ratios. It is
  smaller than the errors of both nodes, which share most of their doubt.
- Supplies are those of node-evidence.yaml; every estimate of an energy is taken at them.
- Leakage by area: CACTI's high-performance memories at 45, 28 and 22 nm; at 65 nm as at 45 nm, at
  16 and 7 nm as at 22 nm. That is a guess, and no error of it is known.

Memories: memory_scaling.py. osu018 (180 nm) is a library of its own; docs/nodes.md says how far the
rule would miss it."""

import math

import memory_scaling
import node_evidence
import technology_text
from node_evidence import BASE, QUANTITIES, SUPPLIES
from scaling import Scaling, between, doubt_text, geometric_mean, widened

# Libraries of one node: in area by tracks and pitches, in delay and energy by thresholds and drives.
LIBRARIES_DIFFER = 1 / 3
BASE_NAME = "generic_45nm"
NODES = {f"generic_{nm}nm": nm for nm in SUPPLIES}


def centre(estimates):
    return geometric_mean([geometric_mean(list(each.values())) for each in estimates.values()])


def doubt(factor, estimates):
    """A Scaling: the farthest estimate is the error."""
    distances = [[abs(math.log(value / factor)) for value in each.values()]
                 for each in estimates.values()]
    largest = math.exp(max(max(each) for each in distances)) - 1
    squares = [sum(value ** 2 for value in each) / len(each) for each in distances]
    rms = math.exp(math.sqrt(sum(squares) / len(squares))) - 1
    return Scaling(factor, max(largest, LIBRARIES_DIFFER), max(rms, LIBRARIES_DIFFER))


def scaling_of(quantity, nm, volts=None):
    """From 45 nm."""
    estimates = node_evidence.estimates(quantity, nm, volts)
    return doubt(centre(estimates), estimates)


def step_of(quantity, coarse, fine):
    """From one node to another, by the kinds that know both."""
    before, after = (node_evidence.estimates(quantity, nm) for nm in (coarse, fine))
    estimates = {kind: {name: after[kind][name] / before[kind][name]
                        for name in after[kind] if name in before[kind]}
                 for kind in after if kind in before}
    return doubt(centre(after) / centre(before), estimates)


def steps():
    """Pairs of neighbouring nodes, the coarse one first."""
    nodes = sorted(SUPPLIES, reverse=True)
    return list(zip(nodes, nodes[1:]))


def leakage_density(nm):
    """Against 45 nm."""
    if nm >= BASE["nm"]:
        return 1
    of = memory_scaling.leakage_density
    density = between(nm, 32, 22, of) if nm > 22 else of(22)
    return density / of(BASE["nm"])


def logic_scaling(nm):
    return {**{quantity: scaling_of(quantity, nm) for quantity in QUANTITIES},
            "leakage_density": Scaling(leakage_density(nm), 0)}


# What the last words of a key say that its figures are of; of `uw_per_um2` all three.
QUANTITY_OF_SUFFIX = {"uw_per_um2": "leakage_density", "um2": "area", "ns": "delay", "fj": "energy",
                      "pj": "energy"}


def quantity_of(key):
    """Of a coefficient, by its unit. None: of what is around it, or no unit (kelvin)."""
    return next((quantity for suffix, quantity in QUANTITY_OF_SUFFIX.items()
                 if key == suffix or key.endswith("_" + suffix)), None)


def scaled_figures(value, by, factor=1):
    """Every number below a key with a unit, times the factor of that quantity."""
    if isinstance(value, dict):
        return {key: scaled_figures(each, by, by[quantity_of(key)].factor if quantity_of(key)
                                    else factor) for key, each in value.items()}
    if isinstance(value, list):
        return [scaled_figures(each, by, factor) for each in value]
    return value if isinstance(value, (str, bool)) or factor == 1 else value * factor


def widened_errors(errors, by, path=()):
    """Of a section `error` of any depth: an error ({rms, largest}, or a number) is of the quantity
    that the nearest key around it names as one of its words (`energy_for_speed`)."""
    if isinstance(errors, dict) and "rms" not in errors:
        return {key: widened_errors(each, by, (*path, key)) for key, each in errors.items()}
    if isinstance(errors, str):
        return errors
    words = [word for key in reversed(path) for word in key.split("_")]
    quantity = next((word for word in words if word in QUANTITIES), None)
    if quantity is None:
        raise ValueError(f"logic.error.{'.'.join(path)}: names none of {', '.join(QUANTITIES)}")
    if isinstance(errors, dict):
        return {**errors, **widened({key: value for key, value in errors.items()
                                     if not isinstance(value, str)}, by[quantity])}
    return (1 + errors) * (1 + by[quantity].error) - 1


def scaled_logic(logic, by, source):
    kept = {"source": source, "error": widened_errors(logic["error"], by)}
    return {**kept, **scaled_figures({key: value for key, value in logic.items()
                                      if key not in kept}, by)}


def doubts(by):
    return ", ".join(f"{quantity} {doubt_text(by[quantity].error)}" for quantity in QUANTITIES)


def source_of(nm, by):
    """What reports print: factors and their errors, and of the step from the node before."""
    factors = ", ".join(f"{quantity} x {by[quantity].factor:.3g}" for quantity in QUANTITIES)
    text = f"estimate: {BASE_NAME} scaled by {factors}; error of that: {doubts(by)}; "
    before = min(node for node in [*SUPPLIES, math.inf] if node > nm)
    if before not in (BASE["nm"], math.inf):
        step = {quantity: step_of(quantity, before, nm) for quantity in QUANTITIES}
        text += f"of the step from {before} nm: {doubts(step)}; "
    return text + "analysis/technology_scaling.py"


def technology(name, base):
    nm = NODES[name]
    by = logic_scaling(nm)
    sram = memory_scaling.memories(nm, base["sram"])
    sram["register_file"] = memory_scaling.scaled_register_file(base["sram"]["register_file"], by)
    comment = (f"A generic {nm} nm process at {SUPPLIES[nm]} V, scaled from {BASE_NAME}: an "
               "estimate.", "docs/nodes.md says by which rule, and how far its sources are apart.")
    return (technology_text.header(name, f"{nm} nm", *comment)
            + technology_text.section("logic", scaled_logic(base["logic"], by, source_of(nm, by)))
            + technology_text.section("sram", sram))


def scaled(name):
    return lambda base: technology(name, base)


SCALED = {name: scaled(name) for name in NODES if name != BASE_NAME}
