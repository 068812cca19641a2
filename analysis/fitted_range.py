# SPDX-License-Identifier: Apache-2.0
"""Which circuits a fit of logic was made from: the section `fitted` of a technology.

`systole pe` says of every circuit what it is (words) and how large it is (numbers). The section has
all words of the measured circuits, and the least and the largest of their numbers. Outside of it
reports widen the errors (models/cost/technology/fitted_range.hpp). Circuits count that are in all
fits: of bit-serial multipliers no energy was measured."""

import fit_quantities

COMMENT = "circuits that were synthesised; outside of these, errors are widened"


def of(rows):
    """`rows`: with what `systole pe` counts in them (fit_rows.Bench)."""
    shapes = [row.counts["shape"] for row in fit_quantities.energy_rows(rows)]
    found = {}
    for key in shapes[0]:
        values = {value for shape in shapes for value in shape[key]}
        words = all(isinstance(value, str) for value in values)
        found[key] = sorted(values) if words else [min(values), max(values)]
    return found


def yaml_lines(found):
    lines = [f"  fitted:  # {COMMENT}"]
    return lines + [f"    {key}: [{', '.join(map(str, values))}]" for key, values in found.items()]
