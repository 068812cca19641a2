# SPDX-License-Identifier: Apache-2.0
"""The section on memories of docs/accuracy.md: how far the fit is from CACTI's macros."""

import math

import fit_sram
import memory_scaling
from cacti_table import NAMES, read_tables
from fit_sram import largest, missed, rms
from scaling import REFERENCE
from sram_surface import evaluate, fit_curves

BASE = ("0.045", "itrs-lop")
INTRODUCTION = """\
## Memories
CACTI lays out a macro twice: for its default aim and for least energy. The two span a band for \
each quantity. The figures below say by how much the nominal value lies outside of that band; \
inside, the error is 0. Below the band it is the band's end over the nominal value, less 1: -100 % \
is half of it. Each cell has the root mean square and the largest error, both in percent, and how \
many macros lie outside by more than 10 %. The macros are 90 for each technology: 512 B to 32 MiB, of 8 to \
1,024 bits.

- *fitted*: all macros are in the fit.
- *size left out*, *width left out*: no macro of the size or the width is in the fit; the other \
technologies of the table say how the quantity goes on from its neighbours.
- *in the band*: of the macros left out, how many have both of CACTI's figures within the printed \
band. Of the macros of the fit all have.
- *alone*: the same without the other technologies. The fit alone says little of the smallest size \
and of the widest word."""
CONTRADICTIONS = """\
**Macros that contradict others.** Nothing may get cheaper with more capacity or a wider word, but \
of some macros CACTI finds a wider or larger one that costs less. At 45 nm itrs-lop these are the \
macros that are missed by more than 10 %, fitted or left out, each with its largest error and, where \
there is one, the macro that contradicts it most. Example: 32 KiB take 1.12 ns at least with words \
of 16 bits and 0.83 ns at most with 1,024. No figure that never falls is nearer to both than the root \
of their ratio, 16 %. The printed band holds all of them. Of a row without such a \
macro stands what it has, and what the other rows leave room for in a model that never falls: CACTI \
lays it out in another way than its neighbours, and only the row itself could tell."""
STRUCTURE = """\
**Banks and ports** of 45 nm itrs-lop. The figures for a bank are those of the fit; those for the \
wires between banks and for a second port (one reads, one writes) are single coefficients, medians \
of these macros (their number in brackets):"""
NODES = """\
**Nodes.** Memories of other nodes are those of 45 nm times one factor a quantity; each cell has the \
factor and its error. Energies at 7 nm are known within a factor of five: the published ratio of 7 nm \
to 45 nm is 0.14 for a read of 1 MiB and 0.75 for one of 8 KiB \
([`analysis/memory_scaling.py`](../analysis/memory_scaling.py))."""


def cell(found):
    return f"{100 * rms(found):.1f}, {100 * largest(found):.0f}, {len(missed(found))}"


def row(title, cells):
    return f"| {title} | " + " | ".join(cells) + " |"


def table_of(title, columns, extra=None):
    """Quantities as lines. `columns`: {title: {quantity: {key: Error}}}; `extra`: {title:
    {quantity: text}}."""
    extra = extra or {}
    lines = [row(title, [*columns, *extra]), "|---" * (len(columns) + len(extra) + 1) + "|"]
    lines += [row(name, [*(cell(found[name]) for found in columns.values()),
                         *(texts[name] for texts in extra.values())]) for name in NAMES]
    return "\n".join(lines) + "\n"


def cases_of(tables, technology):
    """({case: {quantity: {key: Error}}}, {quantity: margins of the printed band})"""
    found, margin = {}, {}
    titles = {"in_sample": "fitted", "size_left_out": "size left out",
              "width_left_out": "width left out"}
    for name in NAMES:
        cases = fit_sram.assess(tables, technology, name)[1]
        margin[name] = fit_sram.margins(cases)
        for case, title in titles.items():
            found.setdefault(title, {})[name] = cases[case]
    return found, margin


def alone(table):
    """The same without the other technologies."""
    return {f"{what}, alone": {name: fit_sram.leave_out(table, [], name, axis, ("nominal",))
                               for name in NAMES} for axis, what in enumerate(("size", "width"))}


def shares(cases, margin):
    """What the printed band holds of the rows that were left out, in percent."""
    return {f"{what} in the band": {
        name: f"{100 * fit_sram.within(cases[what + ' left out'][name], margin[name]):.0f} %"
        for name in NAMES} for what in ("size", "width")}


def case_tables(tables):
    """Text, and the errors of BASE."""
    texts, base = [], {}
    for technology, table in tables.items():
        if not table.is_wide:
            continue
        cases, margin = cases_of(tables, technology)
        tech, transistor = technology
        title = f"{float(tech) * 1e3:g} nm {transistor}"
        texts.append(table_of(title, cases, shares(cases, margin)))
        if technology == BASE:
            base = cases
            texts.append(table_of(title, alone(table)))
    return "\n".join(texts), base


def shape_text(key):
    return f"{fit_sram.size_text(key[0])} of {key[1]} bits"


def macro_text(key, error, axis, band):
    ratio, other = fit_sram.contradiction(band, key)
    text = f"{shape_text(key)} ({100 * error:+.0f} %"
    if ratio <= 1:
        least, most = fit_sram.room(band, key, axis)
        below = f"{least:.3g} to {most:.3g}" if math.isfinite(most) else f"{least:.3g} or more"
        return f"{text}; {band[key][0]:.3g} to {band[key][1]:.3g}, others leave room for {below})"
    if other[0] <= key[0] and other[1] <= key[1]:
        return f"{text}; {shape_text(other)} costs {ratio:.2f} times as much)"
    return f"{text}; {shape_text(other)} costs {1 / ratio:.2f} times as much)"


def contradictions(table, cases):
    """A line for each quantity: rows that are missed, and the row that contradicts each most, or
    what the others leave room for."""
    lines = []
    for name in NAMES:
        worst = {}
        for title, case in cases.items():
            axis = 1 if title.startswith("width") else 0
            for key in fit_sram.missed(case[name]):
                error = case[name][key].nominal
                worst[key] = max(worst.get(key, (0, axis)), (error, axis),
                                 key=lambda each: abs(each[0]))
        keys = sorted(worst, key=lambda key: -abs(worst[key][0]))
        lines.append(f"- {name}: " + ("; ".join(macro_text(key, *worst[key], table.bands[name])
                                               for key in keys) if keys else "none"))
    return "\n".join(lines)


def nominal(curves, key):
    return {name: evaluate(curves[name], key)[1] for name in NAMES}


def banked(curves, table, key, banks):
    """Of `banks` banks of a shape: {quantity: figure}."""
    return fit_sram.of_banks(table, nominal(curves, key), key[1], banks, float(BASE[0]))


def ported(curves, table, key):
    growth = fit_sram.growth_of_ports(table)
    return {name: value * growth[name] for name, value in nominal(curves, key).items()}


def outside(value, optima, name):
    low, high = min(of[name] for of in optima.values()), max(of[name] for of in optima.values())
    return fit_sram.Error(max(0, value / high - 1) + min(0, 1 - low / value), 0, 0)


def structure_table(table):
    curves = {name: fit_curves(table.bands[name], name, ("nominal",)) for name in NAMES}
    groups = {"two ports": {key: (ported(curves, table, key), optima)
                            for key, optima in table.ported.items()}}
    for several, most in ((2, 4), (8, 16), (32, 32)):
        title = f"{several} banks" if several == most else f"{several} to {most} banks"
        groups[title] = {
            key: (banked(curves, table, (key[0] / key[2], key[1]), key[2]), optima)
            for key, optima in table.banked.items() if several <= key[2] <= most}
    return table_of("45 nm itrs-lop", {
        f"{title} ({len(macros)})": {
            name: {key: outside(figures[name], optima, name)
                   for key, (figures, optima) in macros.items()} for name in NAMES}
        for title, macros in groups.items()})


def node_table():
    lines = [row("nm", NAMES), "|---" * (len(NAMES) + 1) + "|"]
    for nm in memory_scaling.NODES:
        if nm != 45:
            by = [memory_scaling.factor(name, nm) for name in NAMES]
            lines.append(row(nm, [f"{each.factor:.3f}, {100 * each.error:.0f} %"
                                          for each in by]))
    return "\n".join(lines) + "\n"


def section(wrapped):
    """`wrapped` breaks the lines of a page."""
    tables = read_tables(REFERENCE)
    cases, base = case_tables(tables)
    return "\n".join([wrapped(INTRODUCTION), cases, wrapped(CONTRADICTIONS),
                      wrapped(contradictions(tables[BASE], base)), wrapped(STRUCTURE),
                      structure_table(tables[BASE]), wrapped(NODES), node_table()])
