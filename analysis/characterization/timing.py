# SPDX-License-Identifier: Apache-2.0
"""The longest path of a mapped netlist by OpenSTA: register or input to register or output, without
wires, set-up time included, inputs and clock with ideal edges."""

import re
import subprocess

from .errors import UsageError

PERIOD_NS = 1000
SCRIPT = """
read_liberty {library}
foreach name {{{names}}} {{
    read_verilog {folder}/$name.v
    link_design top
    if {{[llength [get_ports -quiet clock]] > 0}} {{
        create_clock -name clock -period {period} [get_ports clock]
    }} else {{
        create_clock -name clock -period {period}
    }}
    foreach port [all_inputs] {{
        if {{[get_property $port full_name] != "clock"}} {{ set_input_delay 0 -clock clock $port }}
    }}
    set_output_delay 0 -clock clock [all_outputs]
    puts "netlist $name"
    report_checks -path_delay max -digits 6
}}
"""


def delays(names, library, folder, circuit):
    """ns of each netlist NAME.v in the folder."""
    path = folder / "timing.tcl"
    path.write_text(SCRIPT.format(library=library.path, names=" ".join(names), folder=folder,
                                  period=PERIOD_NS), encoding="utf-8")
    run = subprocess.run(["sta", "-no_init", "-no_splash", "-exit", str(path)],
                         capture_output=True, text=True, check=False, cwd=folder)
    found = {}
    for part in run.stdout.split("netlist ")[1:]:
        slack = re.search(r"(-?[\d.]+)\s+slack", part)
        if slack:
            found[part.split()[0]] = PERIOD_NS / library.ns - float(slack[1])
    missing = [name for name in names if name not in found]
    if missing:
        problem = [line for line in (run.stdout + run.stderr).splitlines() if "rror" in line]
        raise UsageError("%s: sta: no path of %s; %s" % (circuit, missing[0],
                                                         " ".join(problem)[:300]))
    return {name: value * library.ns for name, value in found.items()}
