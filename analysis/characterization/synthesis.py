# SPDX-License-Identifier: Apache-2.0
"""Synthesis with Yosys and ABC: several recipes, of which the caller takes the best netlist.

Yosys's `alumacc` makes one carry-save tree of a multiplier's rows and the accumulator's addition.
Rows of ripple-carry adders instead make integer multipliers up to 5 % smaller, 50 to 130 % slower
and floats larger."""

import shutil
import subprocess

from . import circuits
from .errors import UsageError

GATES = "alumacc; opt; techmap; opt -full"

CLEAN = "strash; &get -n; &fraig -x; &put; scorr; dc2; dretime; strash"
REWRITE = "strash; ifraig; scorr; " + 3 * "dc2; resub -K 8 -N 2; rewrite -z; refactor -z; balance; "

# (name, ABC script; None is Yosys's own, which comes first). ABC's `amap` is left out: it takes
# exclusive ors apart (of osu018's cells NAND2 + OAI21 have 47 um2, XNOR2 56), which is 9 to 17 %
# smaller than the best of these and of no use to a comparison with published synthesis.
AREA_RECIPES = [
    ("default", None),
    ("map", CLEAN + "; dch; map -a -B 0.9; topo"),
    ("nf", CLEAN + "; dch; &get -n; &nf -R 1000; &put; topo"),
    ("rewrite_map", REWRITE + "dch; map -a -B 0.9; topo"),
    ("rewrite_nf", REWRITE + "&get -n; &nf -R 20; &put; topo"),
]
# What ABC finds depends on the order of the inputs, by up to 15 % in circuits of a few dozen gates.
# Those are synthesised again in several orders, by recipes that find different circuits.
ORDERS = 12
LUTS = "; if -K %d -a; mfs2 -a; strash; "
AGAIN = "dch; &get -n; &nf -R 1000; &put; "
ORDERED = [
    ("nf", CLEAN + "; " + AGAIN + "topo"),
    ("rewrite_nf", REWRITE + "&get -n; &nf -R 20; &put; topo"),
    ("rewrite_dch_nf", REWRITE + AGAIN + "topo"),
    ("lut4_nf", CLEAN + LUTS % 4 + "dc2; " + AGAIN + "topo"),
    ("lut6_map", CLEAN + LUTS % 6 + REWRITE + "dch; map -a -B 0.9; topo"),
    ("three_nf", CLEAN + "; " + 2 * (AGAIN + "strash; ") + AGAIN + "topo"),
]
ORDERED_RECIPES = [("%s_%d" % (name, order), "strash; permute -S %d; %s" % (order, commands))
                   for order in range(ORDERS) for name, commands in ORDERED]
SIZE = "buffer -c; topo; upsize {D}; dnsize {D}; stime -p"
FAST_RECIPES = [
    ("default", None),
    ("dch", CLEAN + "; dch -f; map -B 0.9 {D}; topo; " + SIZE),
    ("nf", CLEAN + "; dch -f; &get -n; &nf {D}; &put; " + SIZE),
    ("syn", CLEAN + "; &get -n; &syn3; &syn3; &b; &put; dch -f; &get -n; &nf {D}; &put; "
     + SIZE),
    ("lut", CLEAN + "; if -g -K 6; strash; if -g -K 6; strash; dch -f; map -B 0.9 {D};"
     " topo; " + SIZE),
]
RECIPES = {"area": AREA_RECIPES, "fast": FAST_RECIPES}
# Of arch/rtl, what no circuit here is made of.
OTHER_SOURCES = ("accumulator_chunked", "array", "fold", "processing", "skew", "systolic")
OUTPUT_LOAD_INVERTERS = 4


def require(tool, package):
    if shutil.which(tool) is None:
        raise UsageError("%s: not found, expected on PATH (Debian: %s)" % (tool, package))


def drive_constraints(library, path):
    """What drives inputs and loads outputs in the delay-optimal mode, for ABC's sizing."""
    def gates(functions):
        return sorted((cell.area, cell.name) for cell in library.cells.values()
                      if len(cell.outputs) == 1 and cell.usable and
                      cell.outputs[0].function.replace(" ", "").strip("()") in functions)
    buffers, inverters = gates({"A", "I", "IN"}), gates({"!A", "!I", "A'", "!IN"})
    if not inverters:
        raise UsageError("%s: no inverter among the cells" % library.path)
    inverter = library.cells[inverters[0][1]]
    driver = buffers[0][1] if buffers else inverter.name
    load_ff = OUTPUT_LOAD_INVERTERS * inverter.inputs[0].capacitance * 1000
    path.write_text("set_driving_cell %s\nset_load %.4f [allpins]\n" % (driver, load_ff),
                    encoding="ascii")


def copy_sources(circuit, folder):
    """Names of the copies, without comments: Yosys makes names of files and lines, and the result of
    ABC depends on names."""
    own = circuits.REPOSITORY / "analysis/characterization/rtl" / (circuit.top + ".sv")
    paths = [path for path in sorted(circuits.RTL.glob("*.sv"))
             if not path.name.startswith(OTHER_SOURCES)]
    names = []
    for path in [circuits.RTL / "arithmetic.svh", *paths, own]:
        lines = path.read_text(encoding="utf-8").splitlines()
        code = [line for line in lines if line.strip() and not line.lstrip().startswith("//")]
        (folder / path.name).write_text("\n".join(code) + "\n", encoding="utf-8")
        names.append(path.name)
    return names


def script(circuit, library, mode, recipes, folder):
    """The Yosys script; netlists go to RECIPE.json and RECIPE.v in the folder."""
    parameters = " ".join("-chparam %s %d" % item for item in circuit.parameters.items())
    lines = ["read_verilog -sv -I. " + " ".join(copy_sources(circuit, folder)),
             "hierarchy -check -top %s %s" % (circuit.top, parameters),
             "rename -top top", "proc; flatten; opt",
             "rename -enumerate", "design -save read"]  # no line numbers in names
    constraints = ""
    if mode == "fast":
        drive_constraints(library, folder / "constraints")
        constraints = "-D 1 -constr constraints"
    for name, commands in recipes:
        own = ""
        if commands:
            (folder / (name + ".abc")).write_text(commands + "\n", encoding="ascii")
            own = "-script %s" % (folder / (name + ".abc"))
        lines += ["design -load read", GATES, "rename -enumerate",
                  "dfflibmap -liberty %s" % library.path, "opt_clean",
                  "abc -liberty %s %s %s" % (library.path, constraints, own),
                  "setundef -zero", "splitnets -ports", "opt_clean -purge",
                  "write_json %s.json" % name, "write_verilog -noattr %s.v" % name]
    return "\n".join(lines) + "\n"


def synthesise(circuit, library, mode, folder, recipes=None):
    """Names of the recipes whose netlists now are in the folder."""
    recipes = recipes or RECIPES[mode]
    path = folder / "synthesis.ys"
    path.write_text(script(circuit, library, mode, recipes, folder), encoding="utf-8")
    run = subprocess.run(["yosys", "-q", "-s", str(path)], capture_output=True, text=True,
                         check=False, cwd=folder)
    if run.returncode:
        errors = [line for line in (run.stderr + run.stdout).splitlines() if "ERROR" in line]
        raise UsageError("%s: yosys: %s" % (circuit, " ".join(errors)[:300] or "failed"))
    return [name for name, _ in recipes]
