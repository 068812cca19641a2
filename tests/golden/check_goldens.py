# SPDX-License-Identifier: Apache-2.0
"""Checks the frozen runs of this folder, or with --update records them anew and shows what changed.

    /usr/bin/python3 tests/golden/check_goldens.py build/release/systole [--update]
"""
import argparse
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORKLOAD = ROOT / "traces/resnet8_fmnist/workload.yaml"
IMAGES = 8
# Name: config, overrides, other options of `golden record`. Area and energy are in one golden only:
# every new coefficient of a technology changes them.
CASES = {
    "resnet8_int8_edge-16x16": ["edge-16x16", [], ["--costs"]],
    "resnet8_e4m3_edge-16x16": ["edge-16x16", ["datapath=e4m3"], []],
    "resnet8_int8_fixed_point_edge-16x16": ["edge-16x16", ["scheme=int8_fixed_point"], []],
    "resnet8_int8_edge-32x32": ["edge-32x32", [], []],
    "resnet8_int8_array-only": ["array-only", [], []],
}


def record(systole, name, config, overrides, options):
    command = [systole, "golden", "record", ROOT / f"configs/accelerators/{config}.yaml", WORKLOAD,
               HERE / f"{name}.json", "--images", str(IMAGES), "--force", *options]
    for override in overrides:
        command += ["--set", override]
    return subprocess.run(command, check=False).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("systole")
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    failed = 0
    for name, (config, overrides, options) in CASES.items():
        if arguments.update:
            failed += record(arguments.systole, name, config, overrides, options) != 0
        else:
            failed += subprocess.run([arguments.systole, "golden", "check", HERE / f"{name}.json"],
                                     check=False).returncode != 0
    if arguments.update:
        subprocess.run(["git", "-C", HERE, "diff", "--stat", "-p", "--word-diff", "--", "."], check=False)
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
