# SPDX-License-Identifier: Apache-2.0
"""The arithmetic and the machine of a random network, drawn by its seed: seeds in a row have
every arithmetic in every dataflow."""
import numpy as np

_FLOATS = "accumulator={float: fp16, inner: fp16, chunk: %d}"
_INTEGERS = "accumulator={integer: 18, overflow: saturate, inner: int17_saturate, chunk: %d}"
# Some of the layers, by their names, on a second datapath of the machine.
_SOME_INT8 = "layers={'*Gemm*': {weight: int8, activation: int8, accumulator: int32}}"
_TWO = "further_datapaths=[int8]"

# A scheme and what is set in it.
_ARITHMETICS = (
    ("int8",), ("int8_fixed_point",), ("int4",), ("int8_int4",), ("e4m3",), ("e5m2",), ("e3m2",),
    ("e2m1",),
    # Scales leave room in narrow sums; one scale a layer; averages on a wide grid.
    ("int8", "accumulator=int17", "accumulator_headroom=1.5"),
    ("e4m3", "weight.granularity=per_tensor"),
    ("int8", "activation.format=bf16", "accumulator=bf16"),
    ("int8_int4", "activation.format=bf16", "accumulator=exact"),
    # The order of sums shows: in folds, and in chunks within them.
    ("e4m3", "accumulator=fp16"), ("e3m2", _FLOATS), ("int8", _INTEGERS),
    ("int4", _SOME_INT8), ("e4m3", _SOME_INT8))
_DATAFLOWS = ("weight_stationary", "input_stationary", "output_stationary")


def draw(seed):
    """What differential.py's arguments are for that seed."""
    rng = np.random.default_rng([seed, 1])
    scheme, *sets = _ARITHMETICS[seed % len(_ARITHMETICS)]
    dataflow = _DATAFLOWS[seed // len(_ARITHMETICS) % len(_DATAFLOWS)]
    rows, columns = (int(rng.choice([5, 8, 16, 16, 32])) for _ in range(2))
    return {"scheme": scheme,
            "scheme_set": [item % rng.integers(2, 9) if "%" in item else item for item in sets],
            "set": [f"array.dataflow={dataflow}", f"array.rows={rows}", f"array.columns={columns}",
                    *([_TWO] if _SOME_INT8 in sets else [])],
            "fold_rows": 0 if dataflow == "output_stationary" else rows,
            "batch": int(rng.integers(1, 5))}


def text(drawn):
    """The options that repeat it."""
    return " ".join([f"--scheme {drawn['scheme']}", f"--fold-rows {drawn['fold_rows']}",
                     f"--batch {drawn['batch']}",
                     *(f"--scheme-set '{item}'" for item in drawn["scheme_set"]),
                     *(f"--set {item}" for item in drawn["set"])])
