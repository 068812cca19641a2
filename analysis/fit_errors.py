# SPDX-License-Identifier: Apache-2.0
"""Errors of fitted logic, each of the kind of circuit that it belongs to: processing elements and
multipliers alone, synthesised for area and for speed, by the recipe of the fit and by another one.

All are of circuits that the coefficients have not seen: without all rows of their formats. Where
the coefficients of all rows, which reports go by, are further off for a row, that counts.

A band is made of a prediction, not of a measurement: a prediction of half of what is measured must
be doubled, so it is off by 100 %, not by 50 %. Example: 8 pJ predicted, 14 measured, is +75 %."""

import math

import numpy

import fit_rows

GOALS = ("area", "speed")
QUANTITIES = ("area", "delay", "energy")
NONE = {name: numpy.zeros(1) for name in QUANTITIES}
NONE["speed"] = {name: numpy.zeros(1) for name in ("area", "delay")}


def doubts(errors):
    """Of errors (predicted / measured - 1): what the smaller of the two must be multiplied by to be
    the larger one, less 1."""
    ratios = numpy.asarray(errors) + 1
    return numpy.maximum(ratios, 1 / ratios) - 1


def spread(errors):
    """Of errors (predicted / measured - 1), as shares of a prediction, up and down."""
    values = doubts(errors)
    return {"rms": float(numpy.sqrt((values ** 2).mean())), "largest": float(values.max())}


def worse(one, other):
    """Of two errors of each row the larger one."""
    return numpy.where(doubts(one) >= doubts(other), one, other)


def own(fit, goal, name, unit):
    """Of the fit's own rows, each without its formats."""
    quantity = fit.goals()[goal][name]
    picked = [i for i, row in enumerate(quantity.rows) if row.unit == unit]
    return worse(quantity.errors(quantity.left_out), quantity.errors(quantity.fitted))[picked]


def other_recipe(fit, goal, name, unit):
    """Of rows that another recipe synthesised, each without its formats."""
    rows, design, fixed = fit.of_rows(goal, name, [row for row in fit.others if row.unit == unit])
    if not rows:
        return numpy.zeros(0)
    measured = numpy.array([row.figures[name] for row in rows])
    quantity = fit.goals()[goal][name]
    return worse(quantity.unseen(rows, design, fixed) / measured - 1,
                 (design @ quantity.coefficients + fixed) / measured - 1)


def formats(fit):
    return frozenset().union(*[fit_rows.formats_of(row) for row in fit.area.rows])


def other_shapes(fit, shapes):
    """How wrong a fit is about multipliers of formats that its library was not synthesised for.
    Another library was: its circuits with this fit's coefficients, over what was measured there.
    Both libraries differ by one factor, that of the formats which both have; the rest is error."""
    known = formats(fit)

    def errors(_, goal, name, unit):
        if fit.goals()[goal][name] is None:
            return numpy.zeros(0)
        rows = [row for row in shapes.goals()[goal][name].rows if row.unit == unit]
        rows, design, fixed = fit.of_rows(goal, name, rows)
        predicted = design @ fit.goals()[goal][name].coefficients + fixed
        ratios = predicted / numpy.array([row.figures[name] for row in rows])
        is_known = numpy.array([fit_rows.formats_of(row) <= known for row in rows], bool)
        if not is_known.any():
            return numpy.zeros(0)
        return ratios[~is_known] / numpy.exp(numpy.log(ratios[is_known]).mean()) - 1
    return errors


def tree(fit, errors, unit):
    """By quantity, and below `speed` those of synthesis for speed; what was not measured is not
    there."""
    found = {}
    for goal in GOALS:
        of_goal = {name: errors(fit, goal, name, unit) for name in QUANTITIES
                   if fit.goals()[goal][name] is not None}
        of_goal = {name: values for name, values in of_goal.items() if len(values)}
        if goal == "area":
            found.update(of_goal)
        elif of_goal:
            found[goal] = of_goal
    return found


def joined(one, other):
    """Both sets of errors as one."""
    if isinstance(one, dict):
        return {key: joined(one[key], other[key]) if key in other else one[key] for key in one}
    return numpy.concatenate([one, other])


def of(fit, shapes=None):
    """All that is known. `shapes`: another library's fit that has formats of multipliers, and a
    recipe, that this one has not. Small circuits depend on the recipe as much as on the format."""
    found = tree(fit, own, "pe")
    alone = tree(fit, own, "multiplier")
    if shapes is not None:
        alone = joined(alone, tree(shapes, other_shapes(fit, shapes), "multiplier"))
        alone = joined(alone, tree(shapes, other_recipe, "multiplier"))
    if alone:
        found["multiplier_alone"] = alone
    if fit.others:
        found["other_recipe"] = tree(fit, other_recipe, "pe")
        alone = tree(fit, other_recipe, "multiplier")
        if alone:
            found["other_recipe"]["multiplier_alone"] = alone
    return found


COMMENTS = {"error": "of processing elements, whose formats were left out of the fit",
            "speed": "synthesised for the least delay",
            "multiplier_alone": "without registers and sum",
            "other_recipe": "of synthesis: other commands than those of the fit"}


def yaml_lines(errors, key="error", indent=2):
    lines = [f"{' ' * indent}{key}:  # {COMMENTS[key]}"]
    for name, values in errors.items():
        if isinstance(values, dict):
            lines += yaml_lines(values, name, indent + 2)
        else:
            values = spread(values)
            # Rounded up, so that the row that is the farthest lies within.
            largest = math.ceil(1000 * values["largest"] - 1e-6) / 1000
            lines.append(f"{' ' * (indent + 2)}{name}: "
                         f"{{rms: {values['rms']:.3f}, largest: {largest:.3f}}}")
    return lines
