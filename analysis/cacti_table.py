# SPDX-License-Identifier: Apache-2.0
"""The tables of CACTI 7 macros in analysis/reference.

- sram-cacti7-wide.csv: 512 B to 32 MiB of 8 to 1,024 bits, six technologies at 360 K; at 45 nm
  itrs-lop also two ports (1r1w) and 2 to 32 banks.
- sram-cacti7.csv: 2 KiB to 1 MiB of 64 and 256 bits, eight technologies at 300 and 360 K.

Where both have a macro, every figure is the same but for leakage. The first leaves gate leakage
out. With most technologies it is little (0.2 to 5 % of the whole). At 45 nm itrs-lop it would be
3.4 to 5.3 times the rest, but there CACTI's source has, in the place of the gate leakage, the
off-current of 90 nm itrs-hp, digit by digit (3.24e-8 to 1.54e-7 A/um): it triples from 300 to 360 K,
which no gate leakage does. So leakage is that of the wide table where there is one; the other table
says how leakage goes with the temperature.
"""

import csv
import functools
import math
from collections import defaultdict

QUANTITIES = (  # key, column, factor of the unit
    ("read_pj", "read_pJ", 1),
    ("write_pj", "write_pJ", 1),
    ("leakage_uw", "leak_mW", 1e3),
    ("area_um2", "area_mm2", 1e6),
    ("access_ns", "access_ns", 1),
    ("cycle_ns", "cycle_ns", 1),
)
NAMES = tuple(name for name, _, _ in QUANTITIES)
OPTIMA = ("ED2", "EN")  # CACTI's default; least energy
COOL, HOT = 300, 360  # kelvin; leakage is given at the latter


def geometric_mean(values):
    return math.exp(sum(math.log(value) for value in values) / len(values))


def figures(row):
    return {name: float(row[column]) * factor for name, column, factor in QUANTITIES}


class Table:
    """One technology. A shape is (KiB, bits)."""

    def __init__(self):
        self.optima = {}  # {shape: {optimum: figures}}, one bank of one port
        self.ported = {}  # the same with one read and one write port
        self.banked = {}  # {(KiB of all banks, bits, banks): {optimum: figures}}
        self.cool = {}  # {shape: leakage at COOL over that at HOT}
        self.is_wide = False

    @property
    def bands(self):
        """{quantity: {shape: (lowest, highest)}}"""
        return {name: {shape: self.band(of, name) for shape, of in self.optima.items()}
                for name in NAMES}

    @staticmethod
    def band(optima, name):
        values = [of[name] for of in optima.values()]
        return min(values), max(values)

    @property
    def leakage_per_kelvin(self):
        """Leakage goes with exp of this times the kelvin."""
        return -math.log(geometric_mean(self.cool.values())) / (HOT - COOL)


def read_wide(tables, file):
    for row in csv.DictReader(file):
        table = tables[row["tech_um"], row["cell"]]
        table.is_wide = True
        shape = (int(row["size_bytes"]) / 1024, int(row["word_bits"]))
        if row["ports"] != "1rw":
            rows = table.ported.setdefault(shape, {})
        elif row["banks"] != "1":
            rows = table.banked.setdefault((*shape, int(row["banks"])), {})
        else:
            rows = table.optima.setdefault(shape, {})
        rows[row["opt"]] = figures(row)


def read_narrow(tables, file):
    leakage = {}
    for row in csv.DictReader(file):
        table = tables[row["tech_um"], row["cell"]]
        shape = (float(row["size_kB"]), int(row["word_bits"]))
        if row["opt"] == "ED2":
            leakage[row["tech_um"], row["cell"], shape, int(row["temp_K"])] = float(row["leak_mW"])
        if int(row["temp_K"]) == HOT and not table.is_wide:
            table.optima.setdefault(shape, {})[row["opt"]] = figures(row)
    for (tech, cell, shape, kelvin), value in leakage.items():
        if kelvin == COOL:
            tables[tech, cell].cool[shape] = value / leakage[tech, cell, shape, HOT]


@functools.cache
def read_tables(reference):
    """{(microns, cell): Table}, in order."""
    tables = defaultdict(Table)
    with open(reference / "sram-cacti7-wide.csv", newline="", encoding="utf-8") as file:
        read_wide(tables, file)
    with open(reference / "sram-cacti7.csv", newline="", encoding="utf-8") as file:
        read_narrow(tables, file)
    return dict(sorted(tables.items()))
