#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the network's data, random data and a flat rate make an inference cost.

    scripts/activity_energy.py build/release/systole

Prints the tables of docs/energy_activity.md, "Real data against random data": ResNet-8 on
edge-16x16 at 150 MHz, one image.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
RUN = ["run", ROOT / "configs/accelerators/edge-16x16.yaml", ROOT / "traces/resnet8_fmnist/workload.yaml",
       "--images", "1", "--quiet", "--set", "clock=150MHz"]
RANDOM, FLAT, GATED = "energy.activity=random", "energy.activity=flat", "energy.zero_gating=true"
ROWS = [("INT8", "int8", ["network", "random", "flat 0.1", "zero gating"]),
        ("E4M3", "e4m3", ["network", "random", "flat 0.1", "zero gating"]),
        ("E4M3 + FP32", "e4m3_fp32", ["network", "random"])]
SETTINGS = {"network": [], "random": [RANDOM], "flat 0.1": [FLAT], "zero gating": [GATED]}
COLUMNS = [["multiplier"], ["alignment"], ["accumulator"], ["normalisation", "rounding"], ["registers"]]
RATES = ["activation_bit_toggle_rate", "weight_bit_toggle_rate", "sum_bit_toggle_rate",
         "zero_activation_fraction"]


def totals_of(systole, settings):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "result.json"
        options = [word for setting in settings for word in ("--set", setting)]
        subprocess.run([systole, *RUN, *options, "--json", path], check=True, stdout=subprocess.DEVNULL)
        return json.loads(path.read_text())["totals"]


def table(head, rows):
    print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|")
    for name, cells in rows:
        print("| " + " | ".join([name, *cells]) + " |")
    print()


def main():
    found = {f"{title}, {kind}": totals_of(sys.argv[1], [f"datapath={datapath}", *SETTINGS[kind]])
             for title, datapath, kinds in ROWS for kind in kinds}
    parts = {name: [1e6 * sum(totals["energy_by_component_joules"]["array_" + part] for part in column)
                    for column in COLUMNS] for name, totals in found.items()}
    table(["uJ", "multiplier", "alignment", "accumulator", "norm.", "registers"],
          [(name, [f"{value:.2f}" for value in values]) for name, values in parts.items()])
    table(["", "sum, uJ", "pJ per MAC", "all of the machine, uJ"],
          [(name, [f"{sum(values):.2f}", f"{1e6 * sum(values) / found[name]['macs']:.2f}",
                   f"{1e6 * found[name]['energy_joules']:.1f}"]) for name, values in parts.items()])
    table(["", "activations", "weights", "sums", "zero activations"],
          [(name, [f"{100 * totals['operand_activity'][rate]:.1f} %" for rate in RATES])
           for name, totals in found.items() if name.endswith((", network", ", random")) and "FP32" not in name])


if __name__ == "__main__":
    main()
