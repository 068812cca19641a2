# SPDX-License-Identifier: Apache-2.0
"""Measured circuits of logic as rows, and what `systole pe` counts in them."""

import csv
import json
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


def read_table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class Row:
    """One measured circuit; figures that were not measured are None."""

    def __init__(self, unit, activation, weight, accumulator, guard, multiplier, adder, goal,
                 stimulus, figures, label):
        self.unit, self.activation, self.weight = unit, activation, weight
        self.accumulator, self.guard = accumulator, guard
        self.multiplier, self.adder, self.goal, self.stimulus = multiplier, adder, goal, stimulus
        self.figures = figures
        self.label = label
        self.counts = None

    def circuit(self):
        return (self.unit, self.activation, self.weight, self.accumulator, self.guard,
                self.multiplier, self.adder, self.goal)

    def arguments(self):
        arguments = ["--activation", self.activation, "--weight", self.weight,
                     "--accumulator", self.accumulator,
                     "--multiplier", self.multiplier, "--float-adder", self.adder,
                     "--goal", self.goal]
        if self.accumulator == "exact":
            arguments += ["--guard-bits", str(self.guard)]
        # Of multipliers alone both operands change.
        alone = ["--multiplier-alone", "--weight-products", "1"]
        return arguments + (alone if self.unit == "multiplier" else [])


def figure(row, key):
    text = row.get(key) or ""
    return float(text) if text else None


def format_name(name):
    """Tables leave the special values out: their circuits spend no gates on them."""
    known = ("e2m1", "e2m3", "e3m2")
    return name + "_none" if re.fullmatch(r"e\d+m\d+", name) and name not in known else name


CLASSES = {"integer": "parallel_integer", "bit_serial": "bit_serial_weight",
           "xnor": "xnor_popcount"}
STIMULI = {"gauss": "gaussian", "column": "gaussian", "unif": "uniform", "": None}


def characterised_rows(path):
    """Of analysis/characterize. Elements are compared at the sums of a column, multipliers alone at
    operands that both change."""
    for row in read_table(path):
        if row["multiplier"] == "composable":
            continue  # predicted, not fitted: docs/accuracy.md
        accumulator = row["accumulator"] or "exact+16"
        guard = int(accumulator.split("+")[1]) if "+" in accumulator else 16
        adder = "flush" if accumulator.endswith("_flush") else "gradual"
        accumulator = accumulator.split("+")[0].replace("_flush", "")
        binary = row["activation"] == "binary"
        names = ["{codebook: [-1, 1]}" if binary else format_name(row[key])
                 for key in ("activation", "weight")]
        figures = {"area": figure(row, "area_um2"), "delay": figure(row, "delay_ns"),
                   "leakage": figure(row, "leak_uw")}
        # The others have the running sum of one element instead of those of a column.
        wanted = ("gauss", "unif") if row["unit"] == "multiplier" else ("column",)
        if row["stimulus"] in wanted:
            figures.update(energy=figure(row, "pj_per_op"), clock=figure(row, "pj_clk"))
        yield Row(row["unit"], *names, accumulator, guard,
                  CLASSES.get(row["multiplier"], row["multiplier"]), adder,
                  "speed" if row["mode"] == "fast" else "area", STIMULI[row["stimulus"]], figures,
                  f"{row['unit']} {row['activation']} x {row['weight']} {row['accumulator']} "
                  f"{row['multiplier']} {row['mode']} {row['stimulus']}")


REFERENCE_ACCUMULATORS = {"fp32": "fp32", "fp16": "fp16", "bf16": "bf16", "dlf169": "dlfloat16"}


def reference_rows(path, library):
    for row in read_table(path):
        if row["library"] != library:
            continue
        variant = row["variant"]
        name = row["format"].lower()
        if not name.startswith("int"):
            name = "short_" + name if variant.startswith("short") else format_name(name)
        accumulator, guard = "exact", 16
        bits = re.search(r"acc(\d+)b", variant)
        floating = re.search(r"acc-(\w+)", variant)
        kulisch = re.search(r"guard(\d+)", variant)
        if bits:
            accumulator = "int" + bits[1]
        elif floating:
            accumulator = REFERENCE_ACCUMULATORS[floating[1]]
        elif kulisch:
            guard = int(kulisch[1])
        figures = {"area": figure(row, "area_um2"), "delay": figure(row, "delay_ns"),
                   "energy": figure(row, "pJ_per_op"), "clock": figure(row, "pJ_clk"),
                   "leakage": figure(row, "leak_uW")}
        stimulus = STIMULI.get(row["stimulus"])
        if stimulus is None:
            figures["energy"] = None
        yield Row("multiplier" if row["unit"] == "mult" else "pe", name, name, accumulator, guard,
                  "auto", "flush", "speed" if row["synth_mode"] == "fast" else "area", stimulus,
                  figures, f"{row['unit']} {row['format']} {variant} {row['synth_mode']} "
                  f"{row['stimulus']}")


class Bench:
    """Runs `systole pe`."""

    def __init__(self, program):
        self.program = program

    def counts(self, rows, technology, stimulated):
        """Of every row; rows that need the same run share it."""
        def key(row):
            return row.circuit() + (row.stimulus if stimulated else None,)
        keys = {key(row): row for row in rows}
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "technology.yaml"
            file.write_text(technology, encoding="utf-8")

            def run(item):
                number, row = item
                out = Path(folder) / f"{number}.json"
                stimulus = (row.stimulus or "none") if stimulated else "none"
                command = [self.program, "pe", *row.arguments(), "--technology", str(file),
                           "--stimulus", stimulus, "--json", str(out)]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.returncode != 0:
                    raise SystemExit(f"fit_logic: {row.label}: {done.stderr.strip()}")
                return json.loads(out.read_text(encoding="utf-8"))["circuit"]
            with ThreadPoolExecutor(2) as pool:
                found = dict(zip(keys, pool.map(run, enumerate(keys.values()))))
        return [found[key(row)] for row in rows]


def unique(rows):
    """One row a circuit."""
    seen = {}
    for row in rows:
        seen.setdefault(row.circuit(), row)
    return list(seen.values())


def formats_of(row):
    return frozenset({row.activation, row.weight})
