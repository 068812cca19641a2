# SPDX-License-Identifier: Apache-2.0
"""The command line of analysis/characterize."""

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from . import cells, circuits, formats, liberty, measure, stimulus, synthesis, table
from .errors import UsageError

HERE = Path(__file__).resolve().parent
OSU018 = "/usr/share/qflow/tech/osu018/osu018_stdcells.lib"
LIST = str(HERE / "circuits.yaml")
MEASURED = HERE / "osu018.csv"
TOOLS = [("yosys", "yosys"), ("sta", "opensta"), ("iverilog", "iverilog")]
# What --check measures again: quick, one of each kind.
CHECKED = [("multiplier", "int4", None), ("multiplier", "e4m3", None), ("pe", "int4", "exact"),
           ("pe", "e2m1", "exact"), ("pe", "e2m1", "bf16_flush")]
CHECKED_COLUMNS = ["area_um2", "default_area_um2", "delay_ns", "leak_uw", "cells", "dffs", "recipe"]

DESCRIPTION = """\
Measures the arithmetic of arch/rtl in a cell library: multipliers alone, and the processing
element of a weight-stationary array without control (registers of weight, activation and partial
sum). Yosys synthesises each circuit with several recipes; the smallest netlist is `area`, the
fastest one `fast`. OpenSTA gives the longest path. Icarus simulates the area-optimal netlist with
each gate's delay, and the library's energy tables turn its transitions into pJ per operation:
internal energy and half of C V^2 of every net, no wires, no clock tree.

Out comes a table (CSV), one row a circuit, mode and stimulus."""

EPILOG = """\
names
  operands      %s
  accumulators  %s
                exact: never overflows; product bits + sign + guard bits
                _flush: subnormals are zero, overflow saturates
  multipliers   %s
  stimuli       gauss   Gaussian operands, largest value = 3 standard deviations; the weight
                        changes every 64 cycles, when the running sum restarts
                unif    uniform codes, else as gauss
                column  as gauss, but every sum comes from above: Gaussian, of 16 rows
                Random numbers: analysis/characterization/stimulus.py.

examples
  characterize --output table.csv                  the default list, osu018 (up to an hour)
  characterize --liberty NangateOpenCellLibrary_typical.lib --output nangate45.csv
  characterize --pe e4m3 e4m3 exact --guard-bits 8 one processing element, on the terminal
  characterize --alone int8 int4                   one multiplier
  characterize --alone int4 int4 --spread          how much of that is luck
  characterize --cells                             the library's own cells (JSON)
  characterize --check                             measures some rows of osu018.csv again

columns (after the circuit's names)
  area_um2, delay_ns   of the netlist taken; default_area_um2: by Yosys's own recipe
  pj_per_op            = pj_comb + pj_seq + that of the input nets; pj_clk is within pj_seq
  pj_at_0.1_toggle     if every net changed in one of ten cycles
  avg_toggle           transitions of a net a cycle, glitches included
""" % (formats.OPERANDS, formats.ACCUMULATORS, ", ".join(circuits.kinds("MULTIPLIER_")))


def parser():
    made = argparse.ArgumentParser(prog="characterize", description=DESCRIPTION, epilog=EPILOG,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--liberty", metavar="PATH", default=OSU018,
                      help="cell library (default: Debian's osu018)")
    made.add_argument("--circuits", metavar="FILE", default=LIST,
                      help="list of circuits (default: analysis/characterization/circuits.yaml)")
    made.add_argument("--pe", nargs=3, metavar=("ACTIVATION", "WEIGHT", "ACCUMULATOR"),
                      help="one processing element instead of a list")
    made.add_argument("--alone", nargs=2, metavar=("ACTIVATION", "WEIGHT"),
                      help="one multiplier instead of a list")
    made.add_argument("--guard-bits", type=int, metavar="N",
                      help="of an exact accumulator (default: %d)" % circuits.DEFAULT_GUARD_BITS)
    made.add_argument("--multiplier", metavar="KIND", help="default: what the formats ask for")
    made.add_argument("--mode", action="append", choices=sorted(synthesis.RECIPES),
                      help="default: both; may be repeated")
    made.add_argument("--stimulus", action="append", choices=list(stimulus.STIMULI) + ["none"],
                      help="default: all; may be repeated; none: no energies")
    made.add_argument("--cycles", type=int, default=1032, metavar="N",
                      help="of a simulation, the first 8 not counted (default: 1032)")
    made.add_argument("--jobs", type=int, default=2, metavar="N", help="at a time (default: 2)")
    made.add_argument("--output", metavar="FILE", help="default: the terminal")
    made.add_argument("--update", action="store_true",
                      help="replace the rows measured in FILE and keep its others")
    made.add_argument("--streams", metavar="DIR",
                      help="also writes what was at the inputs in each cycle")
    made.add_argument("--cells", action="store_true", help="the library's cells instead of a table")
    made.add_argument("--spread", action="store_true",
                      help="instead of one netlist a circuit how far those of all recipes lie apart:"
                      " areas, and delays of those within 5 %% of the least area")
    made.add_argument("--check", action="store_true",
                      help="compare areas and delays of quick circuits with the committed table")
    return made


def listed(options):
    if options.pe:
        return [circuits.make("pe", *options.pe, options.guard_bits, options.multiplier)]
    if options.alone:
        return [circuits.make("multiplier", *options.alone, multiplier=options.multiplier)]
    if options.guard_bits is not None or options.multiplier:
        raise UsageError("--guard-bits and --multiplier: only with --pe or --alone")
    return circuits.read(options.circuits)


def requested(options):
    if options.cycles < 16:
        raise UsageError("--cycles: %d, expected at least 16" % options.cycles)
    chosen = options.stimulus or list(stimulus.STIMULI)
    streams = None
    if options.streams:
        streams = Path(options.streams)
        if not streams.is_dir():
            raise UsageError("--streams: %s: no such folder" % streams)
    return measure.Request(tuple(dict.fromkeys(options.mode or ("area", "fast"))),
                           tuple(name for name in dict.fromkeys(chosen) if name != "none"),
                           options.cycles, streams)


def progress(done, total, circuit):
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K%d/%d %s" % (done, total, circuit))
        if done == total:
            sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def measured(listed_circuits, jobs, function, *arguments):
    """What the function says of all circuits, in their order."""
    results = []
    with ProcessPoolExecutor(max(jobs, 1)) as pool:
        futures = [pool.submit(function, circuit, *arguments) for circuit in listed_circuits]
        try:
            for index, future in enumerate(futures):
                results.append(future.result())
                progress(index + 1, len(futures), listed_circuits[index])
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return results


def rows_of(listed_circuits, library, request, jobs):
    return sum(measured(listed_circuits, jobs, measure.measure, library, request), [])


def check(library, jobs):
    """Exit code: 1 if a row differs from the committed table."""
    request = measure.Request(modes=("area",), stimuli=())
    chosen = [circuits.make(unit, name, name, accumulator) for unit, name, accumulator in CHECKED]
    committed = {}
    for row in table.read(MEASURED):
        key = tuple(row[column] for column in table.IDENTITY)
        committed.setdefault(key, row)
    different = 0
    for row in rows_of(chosen, library, request, jobs):
        texts = {column: table.text_of(column, row.get(column, "")) for column in table.COLUMNS}
        key = tuple(texts[column] for column in table.IDENTITY)
        known = committed.get(key, {})
        for column in CHECKED_COLUMNS:
            if texts[column] != known.get(column):
                different += 1
                print("%s: %s: measured %s, %s has %s" % (" ".join(filter(None, key)), column,
                                                         texts[column], MEASURED.name,
                                                         known.get(column, "no such row")))
    print("%d circuits measured again, %d values differ" % (len(chosen), different))
    return 1 if different else 0


def deliver(text, output):
    if output:
        table.replace(output, text)
    else:
        sys.stdout.write(text)


def run(options):
    library = liberty.Library(options.liberty)
    if options.cells:
        deliver(cells.facts(library), options.output)
        return 0
    for tool, package in TOOLS:
        synthesis.require(tool, package)
    if options.check:
        return check(library, options.jobs)
    chosen, request = listed(options), requested(options)
    if options.output and not os.access(Path(options.output).resolve().parent, os.W_OK):
        raise UsageError("%s: cannot write there" % options.output)
    if options.spread:
        if options.mode or options.stimulus or options.update:
            raise UsageError("--spread: not with --mode, --stimulus or --update")
        found = measured(chosen, options.jobs, measure.spread, library)
        deliver(table.write(found, list(found[0])), options.output)
        return 0
    known = []
    if options.update:
        if not options.output:
            raise UsageError("--update: only with --output FILE")
        known = table.read(options.output)
    rows = rows_of(chosen, library, request, options.jobs)
    if options.update:
        places = {circuit.key: place for place, circuit in enumerate(circuits.read(LIST))}
        rows = table.merge(known, rows, places)
    deliver(table.write(rows), options.output)
    return 0


def main(arguments=None):
    try:
        return run(parser().parse_args(arguments))
    except UsageError as error:
        print("characterize: %s" % error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
