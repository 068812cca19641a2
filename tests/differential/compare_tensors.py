#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Compares two folders of tensors (.npy, same names), bit for bit.

    compare_tensors.py EXPECTED ACTUAL --output logits --optional conv1

ACTUAL may have more tensors, such as copies in another order. Exit 0: equal; 1: a difference, named
by tensor, index and both values, or a tensor that ACTUAL lacks.
"""
import argparse
import os
import sys

import numpy as np


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("expected")
    parser.add_argument("actual")
    parser.add_argument("--output", required=True, metavar="NAME",
                        help="file name, without .npy, of the tensor that both must have")
    parser.add_argument("--optional", action="append", default=[], metavar="NAME",
                        help="a tensor that ACTUAL may lack")
    arguments = parser.parse_args()
    faults, compared = compare_folders(arguments.expected, arguments.actual, arguments.output,
                                       arguments.optional)
    for fault in faults:
        print(fault)
    print(f"{'FAIL' if faults else 'PASS'}: {compared} tensors compared")
    return 1 if faults else 0


def compare_folders(expected, actual, output, optional=()):
    """Returns a list of faults, each a line, and how many tensors are in both folders."""
    ours, theirs = _tensor_names(expected), _tensor_names(actual)
    faults = []
    if output not in ours & theirs:
        faults.append(f"{output}: the network's output is not in both folders")
    lacking = sorted(ours - theirs - set(optional))
    if lacking:
        faults.append(f"{len(lacking)} tensors are lacking: " + ", ".join(lacking))
    for name in sorted(ours & theirs):
        fault = _difference(*(np.load(os.path.join(folder, name + ".npy"))
                              for folder in (expected, actual)))
        if fault:
            faults.append(f"{name}: {fault}")
    return faults, len(ours & theirs)


def _tensor_names(folder):
    return {name[:-4] for name in os.listdir(folder) if name.endswith(".npy")}


def _difference(expected, actual):
    if expected.shape != actual.shape or expected.dtype != actual.dtype:
        return (f"{expected.dtype} {expected.shape} expected, "
                f"{actual.dtype} {actual.shape} found")
    unequal = np.argwhere(expected != actual)
    if len(unequal) == 0:
        return None
    first = tuple(int(i) for i in unequal[0])
    return (f"{len(unequal)} of {expected.size} codes differ, the first at [image, axes ..] "
            f"{list(first)}: {int(expected[first]):#04x} expected, {int(actual[first]):#04x} found")


if __name__ == "__main__":
    sys.exit(main())
