# SPDX-License-Identifier: Apache-2.0
"""The measured table: one row a circuit, mode and stimulus."""

import csv
import io
import os
import tempfile
from pathlib import Path

from .errors import UsageError

COLUMNS = ["unit", "activation", "weight", "accumulator", "sum_bits", "multiplier", "library",
           "mode", "stimulus", "area_um2", "default_area_um2", "delay_ns", "pj_per_op", "pj_comb",
           "pj_seq", "pj_clk", "pj_at_0.1_toggle", "leak_uw", "avg_toggle", "cells", "dffs",
           "recipe"]
CIRCUIT = ["unit", "activation", "weight", "accumulator", "multiplier"]
IDENTITY = CIRCUIT + ["library", "mode"]
FORMATS = {"area_um2": "%.10g", "default_area_um2": "%.10g", "delay_ns": "%.3f",
           "leak_uw": "%.4g", "avg_toggle": "%.4f", "least_um2": "%.10g", "largest_um2": "%.10g",
           "near_least_ns": "%.3f", "near_largest_ns": "%.3f"}


def text_of(column, value):
    if isinstance(value, float):
        return FORMATS.get(column, "%.4f") % value
    return str(value)


def write(rows, columns=None):
    columns = columns or COLUMNS
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([text_of(column, row.get(column, "")) for column in columns])
    return out.getvalue()


def read(path):
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise UsageError("%s: %s" % (path, error.strerror)) from error
    if not rows or set(rows[0]) != set(COLUMNS):
        raise UsageError("%s: not a table of this program, expected the columns %s"
                         % (path, ",".join(COLUMNS)))
    return rows


def merge(old, new, order):
    """Rows of old, but those of a circuit and mode that new has; sorted by the circuits' places in
    the list (order: names of a circuit -> place), modes and stimuli as they come."""
    def identity(row):
        return tuple(str(row[column]) for column in IDENTITY)

    measured = {identity(row) for row in new}
    rows = [row for row in old if identity(row) not in measured] + list(new)
    return sorted(rows, key=lambda row: (order.get(identity(row)[:len(CIRCUIT)], len(order)),
                                         row["mode"]))


def replace(path, text):
    """Writes the file as a whole or not at all."""
    path = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix="." + path.name)
    except OSError as error:
        raise UsageError("%s: %s" % (path, error.strerror)) from error
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(temporary, 0o644)
    os.replace(temporary, path)
