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
- *alone*: the same without the other technologies. The fit alone says little of the smallest size \
and of the widest word."""
CONTRADICTIONS = """\
**Macros that contradict others.** Nothing may get cheaper with more capacity or a wider word, but \
of some macros CACTI finds a wider or larger one that costs less. The fit misses those. At 45 nm \
itrs-lop, fitted, they are:"""
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


def table_of(title, columns):
    """Quantities as lines. `columns`: {title: {quantity: {key: Error}}}."""
    lines = [row(title, columns), "|---" * (len(columns) + 1) + "|"]
    lines += [row(name, [cell(found[name]) for found in columns.values()]) for name in NAMES]
    return "\n".join(lines) + "\n"


def nominal_cases(tables, technology, alone):
    """{case: {quantity: {key: Error}}} of nominal."""
    table, found = tables[technology], {}
    others = fit_sram.others_of(tables, technology)
    for name in NAMES:
        band = table.bands[name]
        curves = fit_curves(band, name, ("nominal",))
        found.setdefault("fitted", {})[name] = fit_sram.errors(curves, band, band)
        for axis, what in enumerate(("size", "width")):
            found.setdefault(f"{what} left out", {})[name] = fit_sram.leave_out(
                table, others, name, axis, ("nominal",))
            if alone:
                found.setdefault(f"{what}, alone", {})[name] = fit_sram.leave_out(
                    table, [], name, axis, ("nominal",))
    return found


def case_tables(tables):
    """Text, and the errors of the fit of BASE."""
    texts, fitted = [], {}
    for technology, table in tables.items():
        if not table.is_wide:
            continue
        cases = nominal_cases(tables, technology, technology == BASE)
        if technology == BASE:
            fitted = cases["fitted"]
        tech, transistor = technology
        texts.append(table_of(f"{float(tech) * 1e3:g} nm {transistor}", cases))
    return "\n".join(texts), fitted


def macro_text(key, error):
    return f"{fit_sram.size_text(key[0])} of {key[1]} bits ({100 * error:+.0f} %)"


def contradictions(fitted):
    lines = []
    for name, found in fitted.items():
        keys = missed(found)
        lines.append(f"- {name}: " + ("; ".join(macro_text(key, found[key].nominal)
                                               for key in keys) if keys else "none"))
    return "\n".join(lines)


def banked(curves, table, key, banks):
    """Of `banks` banks of a shape, as SramModel has it: {quantity: figure}."""
    one = {name: evaluate(curves[name], key)[1] for name in NAMES}
    picojoules, nanoseconds = fit_sram.bank_wires(table)
    length = (math.sqrt(banks) - 1) * math.sqrt(one["area_um2"]) * 1e-3
    wires = key[1] + fit_sram.ADDRESS_WIRES
    energy = length * wires * picojoules
    pitch = 4 * float(BASE[0]) * 1e3
    return {"read_pj": one["read_pj"] + energy, "write_pj": one["write_pj"] + energy,
            "leakage_uw": banks * one["leakage_uw"],
            "area_um2": banks * one["area_um2"] + length * (wires + key[1]) * pitch,
            "access_ns": one["access_ns"] + length * nanoseconds, "cycle_ns": one["cycle_ns"]}


def ported(curves, table, key):
    growth = fit_sram.ports(table)
    factors = {"read_pj": growth["energy"], "write_pj": growth["energy"],
               "leakage_uw": growth["leakage"], "access_ns": growth["time"],
               "cycle_ns": growth["time"],
               "area_um2": (1 + growth["cell_width"]) * (1 + growth["cell_height"]) - 1}
    return {name: evaluate(curves[name], key)[1] * (1 + factors[name]) for name in NAMES}


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
    cases, fitted = case_tables(tables)
    return "\n".join([wrapped(INTRODUCTION), cases, wrapped(CONTRADICTIONS),
                      wrapped(contradictions(fitted)), wrapped(STRUCTURE),
                      structure_table(tables[BASE]), wrapped(NODES), node_table()])
