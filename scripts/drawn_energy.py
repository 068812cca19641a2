#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How far energies of drawn operands are from those of the network's own.

    scripts/drawn_energy.py build/release/systole
    scripts/drawn_energy.py build/release/systole --datapaths int8 e4m3 --set array.dataflow=output_stationary

Runs ResNet-8 on edge-16x16 with its first image and with --timing-only, for every shipped datapath
unless told otherwise, and prints the table of docs/energy_activity.md, "Without values". With
--most PERCENT it ends with 1 if an energy is further off than that.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
MACHINE = ROOT / "configs/accelerators/edge-16x16.yaml"
NETWORK = ROOT / "traces/resnet8_fmnist/workload.yaml"
CLOCK = "400MHz"  # which the elements of every datapath reach, with the stages for it
PRODUCTS = ("multiplier", "alignment", "accumulator", "normalisation", "rounding", "registers")


def energies(systole, settings, options):
    """Of the whole inference and of its products, in uJ."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "result.json"
        command = [systole, "run", MACHINE, NETWORK, "--quiet", "--reach-clock", "--json", path, *options]
        for setting in settings:
            command += ["--set", setting]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        totals = json.loads(path.read_text())["totals"]
    parts = totals["energy_by_component_joules"]
    products = sum(parts[f"array_{part}"] for part in PRODUCTS)
    return 1e6 * totals["energy_joules"], 1e6 * products


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("systole", type=pathlib.Path)
    parser.add_argument("--datapaths", nargs="+", default=sorted(
        path.stem for path in (ROOT / "configs/datapaths").glob("*.yaml")))
    parser.add_argument("--set", action="append", default=[], dest="settings")
    parser.add_argument("--most", type=float, help="percent that an energy may be off")
    options = parser.parse_args()

    print("| format | network's own | drawn | error | products: own | drawn | error |")
    print("|---|---|---|---|---|---|---|")
    worst = 0.0
    for name in options.datapaths:
        settings = [f"clock={CLOCK}", f"datapath={name}", *options.settings]
        own = energies(options.systole.resolve(), settings, ["--images", "1"])
        drawn = energies(options.systole.resolve(), settings, ["--timing-only"])
        errors = [100 * (b / a - 1) for a, b in zip(own, drawn)]
        print(f"| `{name}` | {own[0]:.2f} | {drawn[0]:.2f} | {errors[0]:.1f} % "
              f"| {own[1]:.2f} | {drawn[1]:.2f} | {errors[1]:.0f} % |", flush=True)
        worst = max(worst, abs(errors[0]))
    if options.most is not None and worst > options.most:
        sys.exit(f"An energy is {worst:.1f} % off, expected at most {options.most:.1f} %.")


if __name__ == "__main__":
    main()
