# SPDX-License-Identifier: Apache-2.0
"""Surfaces of the SRAM model of models/cost/technology/sram.hpp through a table of macros.

The model of a quantity is a surface: its values at 17 capacities and 8 widths, between which the
logarithm goes straight. It falls nowhere with capacity or width. Energies, leakage and area rise
by no more than the capacity does (two macros of half the capacity can stand for one); `low` and
`high` are held to that for the widest words only. A curve is found in two steps, each a linear
program:
- The trend: a sum of c * KiB^p * (bits / 64)^q with c, p, q >= 0. It carries the surface to where the
  table has no macro.
- The surface: trend times a correction, which is small, bends little, and brings the values into
  the band between CACTI's default (ED2) and its least energy (EN) as near as it can. `nominal` of
  energies, leakage and area tends to the middle of the band, of times to ED2: a machine's memories
  are made for its clock. `low` and `high` lie below and above all macros.

No surface that never falls can be in every band: of some macros CACTI finds a wider or larger one
that costs less. Of two that contradict each other `nominal` misses both a little, but macros of
more than 8 Mi words, which CACTI lays out worst, count a tenth. `low` and `high` hold them all.
"""

import math

import numpy
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

SIZES = tuple(2.0 ** i for i in range(-1, 16))  # KiB: 512 B to 32 MiB
WIDTHS = tuple(2 ** i for i in range(3, 11))  # bits: 8 to 1,024
TIMES = ("access_ns", "cycle_ns")
CURVES = ("nominal", "low", "high")
MOST_WORDS = 8 * 2 ** 20
STEEPEST = math.log(2) - 0.002  # an octave of capacity, with room for the rounding of the text
NEAR = 0.07  # what a row may miss its band by at a low price: more than that is dear
INDEX = {(size, width): i * len(WIDTHS) + j
         for i, size in enumerate(SIZES) for j, width in enumerate(WIDTHS)}
TERMS = ([(0, p, q) for p in (0, 0.25, 0.5, 0.75, 1) for q in (0, 0.5, 1, 1.5, 2)]
         + [(above, p, q) for above in (8, 32, 128, 512, 2048, 8192)  # KiB: other partitions
            for p in (0.5, 0.75, 1) for q in (0, 0.5, 1)])


def words(key):
    return key[0] * 8192 / key[1]


def weight(key):
    return 1 if words(key) <= MOST_WORDS else 0.1


def term(key, above, p, q):
    beyond = key[0] - above
    return beyond ** p * (key[1] / 64) ** q if beyond > 0 else 0.0


DESIGN = {key: numpy.array([term(key, *each) for each in TERMS]) for key in INDEX}


class Program:
    """A linear program, put together constraint by constraint."""

    def __init__(self):
        self.costs, self.bounds, self.cells, self.limits = [], [], [], []

    def variables(self, costs, low=0, high=None):
        """The numbers of new variables."""
        start = len(self.costs)
        self.costs.extend(costs)
        self.bounds.extend([(low, high)] * len(costs))
        return range(start, len(self.costs))

    def at_most(self, terms, limit):
        """The sum of factor times variable, over (variable, factor)."""
        self.cells.extend((len(self.limits), variable, factor) for variable, factor in terms)
        self.limits.append(limit)

    def within(self, terms, centre, distance):
        """A sum and its centre are at most the variable `distance` apart."""
        self.at_most([*terms, (distance, -1)], centre)
        self.at_most([*((variable, -factor) for variable, factor in terms), (distance, -1)],
                     -centre)

    def solve(self):
        rows, columns, factors = zip(*self.cells)
        matrix = csr_matrix((factors, (rows, columns)), (len(self.limits), len(self.costs)))
        result = linprog(self.costs, A_ub=matrix, b_ub=self.limits, bounds=self.bounds,
                         method="highs")
        if result.status != 0:
            raise RuntimeError("no fit: " + result.message)
        return result.x


class Misses:
    """Variables for how far rows lie outside of their band: little is cheap, more is dear."""

    def __init__(self, program, keys, little=3, much=10):
        self.program = program
        self.little = program.variables([little * weight(key) for key in keys], 0, NEAR)
        self.much = program.variables([much * weight(key) for key in keys])

    def at_most(self, row, terms, limit):
        self.program.at_most([*terms, (self.little[row], -1), (self.much[row], -1)], limit)


def targets(band, curve, name):
    """{key: (least, most, where it should be)}"""
    low_target = {"nominal": 0 if name in TIMES else 0.5, "low": 0, "high": 1}[curve]
    found = {}
    for key, (low, high) in band.items():
        aim = low ** (1 - low_target) * high ** low_target
        found[key] = {"nominal": (low, high, aim), "low": (0, low, aim),
                      "high": (high, math.inf, aim)}[curve]
    return found


def trend(aims):
    """Logarithms at all nodes of the surface."""
    program, keys = Program(), sorted(aims)
    mean = numpy.mean([DESIGN[key] / aims[key][2] for key in keys], axis=0)
    terms = program.variables(0.002 * mean)
    misses = Misses(program, keys, 10, 100)
    distance = program.variables([0.1] * len(keys))
    for row, key in enumerate(keys):
        low, high, aim = aims[key]
        sums = list(zip(terms, DESIGN[key]))
        if low > 0:
            misses.at_most(row, [(v, -x / low) for v, x in sums if x], -1)
        if high < math.inf:
            misses.at_most(row, [(v, x / high) for v, x in sums if x], 1)
        program.within([(v, x / aim) for v, x in sums if x], 1, distance[row])
    coefficients = program.solve()[:len(terms)]
    return numpy.array([math.log(DESIGN[key] @ coefficients) for key in INDEX])


def neighbours():
    """Pairs (smaller, larger, octaves of capacity) of nodes."""
    for i, size in enumerate(SIZES):
        for j, width in enumerate(WIDTHS):
            if i + 1 < len(SIZES):
                yield INDEX[size, width], INDEX[SIZES[i + 1], width], 1
            if j + 1 < len(WIDTHS):
                yield INDEX[size, width], INDEX[size, WIDTHS[j + 1]], 0


def bends():
    """Second differences, as (node, factor): along each axis, and across both."""
    columns = len(WIDTHS)
    for i in range(len(SIZES)):
        for j in range(columns):
            at = i * columns + j
            if 0 < i < len(SIZES) - 1:
                yield [(at - columns, 1), (at, -2), (at + columns, 1)]
            if 0 < j < columns - 1:
                yield [(at - 1, 1), (at, -2), (at + 1, 1)]
            if i + 1 < len(SIZES) and j + 1 < columns:
                yield [(at, 1), (at + 1, -1), (at + columns, -1), (at + columns + 1, 1)]


NEIGHBOURS, BENDS = list(neighbours()), list(bends())


def correct(start, aims, curve, name):
    """The surface: logarithms at all nodes."""
    program, keys = Program(), sorted(aims)
    nodes = program.variables([0] * len(INDEX), None)
    for small, large, octaves in NEIGHBOURS:
        rise = start[large] - start[small]
        program.at_most([(nodes[small], 1), (nodes[large], -1)], rise)
        is_widest = (large + 1) % len(WIDTHS) == 0
        if octaves and name not in TIMES and (curve == "nominal" or is_widest):
            program.at_most([(nodes[large], 1), (nodes[small], -1)], STEEPEST - rise)
    misses = Misses(program, keys) if curve == "nominal" else None
    distance = program.variables([0.1 if misses else 1] * len(keys))
    for row, key in enumerate(keys):
        node = INDEX[key]
        low, high, aim = (math.log(value) - start[node] if 0 < value < math.inf else value
                          for value in aims[key])
        bounded = (lambda terms, limit, row=row: misses.at_most(row, terms, limit)) if misses else (
            program.at_most)
        if aims[key][0] > 0:
            bounded([(nodes[node], -1)], -low)
        if high < math.inf:
            bounded([(nodes[node], 1)], high)
        program.within([(nodes[node], 1)], aim, distance[row])
    for terms, bend in zip(BENDS, program.variables([0.3] * len(BENDS))):
        program.within([(nodes[node], factor) for node, factor in terms], 0, bend)
    for node, size in zip(nodes, program.variables([0.01] * len(INDEX))):
        program.within([(node, 1)], 0, size)
    return start + program.solve()[:len(INDEX)]


def fit(band, curve, name):
    """Logarithms of the surface for {key: (low, high)}."""
    aims = targets(band, curve, name)
    return correct(trend(aims), aims, curve, name)


def fit_curves(band, name, curves=CURVES):
    return {curve: fit(band, curve, name) for curve in curves}


def evaluate(curves, key):
    """(low, nominal, high) at a node: low and high never pass nominal, and are it where there is no
    curve of theirs."""
    values = {curve: math.exp(surface[INDEX[key]]) for curve, surface in curves.items()}
    nominal = values["nominal"]
    return (min(values.get("low", nominal), nominal), nominal,
            max(values.get("high", nominal), nominal))

