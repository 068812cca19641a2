# SPDX-License-Identifier: Apache-2.0
"""The command line of analysis/characterize."""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from . import circuits, formats, liberty, measure, synthesis, table
from .errors import UsageError

HERE = Path(__file__).resolve().parent
OSU018 = "/usr/share/qflow/tech/osu018/osu018_stdcells.lib"
TOOLS = [("yosys", "yosys"), ("sta", "opensta"), ("iverilog", "iverilog")]
CHECKED = "check.yaml"


def parser():
    made = argparse.ArgumentParser(prog="characterize", description=__doc__)
    made.add_argument("--liberty", default=OSU018)
    made.add_argument("--circuits", default=str(HERE / "circuits.yaml"))
    made.add_argument("--pe", nargs="+")
    made.add_argument("--mode", action="append")
    made.add_argument("--output")
    made.add_argument("--jobs", type=int, default=2)
    return made


def main(arguments=None):
    options = parser().parse_args(arguments)
    try:
        library = liberty.Library(options.liberty)
        listed = circuits.read(options.circuits)
        rows = []
        modes = options.mode or ["area"]
        with ProcessPoolExecutor(options.jobs) as pool:
            futures = [pool.submit(measure.measure, c, library, modes, [], 0) for c in listed]
            for i, f in enumerate(futures):
                rows += f.result()
                sys.stderr.write("\r%d/%d" % (i + 1, len(futures)))
        table.replace(options.output, table.write(rows))
    except UsageError as error:
        print("characterize: %s" % error, file=sys.stderr)
        return 2
    return 0
