# SPDX-License-Identifier: Apache-2.0
"""Ratios between process nodes, how far they are known, and the polynomials of node_scaling.yaml."""

import math
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "analysis/reference"


def load(path):
    return yaml.safe_load(Path(path).read_text(encoding="utf-8"))


def geometric_mean(values):
    return math.exp(sum(math.log(value) for value in values) / len(values))


def spread(values):
    """How far values are from their geometric mean: the largest, and the rms, as shares."""
    logs = [math.log(value / geometric_mean(values)) for value in values]
    return (math.exp(max(abs(each) for each in logs)) - 1,
            math.exp(math.sqrt(sum(each ** 2 for each in logs) / len(logs))) - 1)


def doubt_text(share):
    """An error as reports print it: beyond 100 % nothing would be left of a figure at the lower end,
    so it is what to multiply or to divide it by."""
    if share < 1:
        return f"+-{100 * share:.0f} %"
    return f"up to {1 + share:.{1 if share < 9 else 0}f} times"


def apart(one, other):
    return math.exp(abs(math.log(one / other))) - 1


class Scaling:
    """What to multiply figures by, and the error of that as a share: largest and rms."""

    def __init__(self, factor, error, rms=None):
        self.factor, self.error, self.rms = factor, error, error if rms is None else rms


def widened(error, by):
    """An error of a fit ({max or largest, rms}) with that of a scaling on top."""
    return {"rms": math.hypot(error["rms"], by.rms),
            **{key: (1 + error[key]) * (1 + by.error) - 1 for key in error if key != "rms"}}


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


def between(nm, coarse, fine, of):
    """At nm, what is a power of the node from coarse to fine."""
    share = math.log(coarse / nm) / math.log(coarse / fine)
    return of(coarse) ** (1 - share) * of(fine) ** share
