# SPDX-License-Identifier: Apache-2.0
"""What a vector program computes, on values or on codes with their scales (docs/arithmetic.md).

A value is an array that broadcasts to [images, *space]. A value on codes may have its scale
pending: real = array * factor * unit. Without factors all of this is the FP32 reference.
"""
import math
from dataclasses import dataclass, replace

import numpy as np

from graph import gather, scatter

_ONE = np.float32(1)


@dataclass
class Value:
    array: np.ndarray  # binary32
    factor: np.ndarray = None  # binary32; pending
    unit: np.float32 = _ONE  # of the grid of a sum: a power of two
    is_sum: bool = False
    counted: bool = False  # the factor has a count of taps
    constant: bool = False  # a step of the program
    inside: np.ndarray = None  # where there is an element; None: everywhere


def real(value):
    if value.factor is None:
        return value.array
    return value.array * (value.factor * value.unit)


def run_program(program, loads, extents, reduced):
    """`loads`: a Value by operand. Returns the Value of the last step."""
    values = []
    for step in program.steps:
        if step[0] == "load":
            values.append(loads[step[1]])
        elif step[0] == "constant":
            shape = (1,) * (1 + len(extents))
            values.append(Value(np.full(shape, step[1], dtype=np.float32), constant=True))
        elif step[0] == "apply":
            values.append(_apply(step[1], [values[i] for i in step[2]]))
        else:
            values.append(_reduce(step[1], values[step[2]], extents, reduced))
    return values[-1]


def run_vector(work, operands, shape, stored):
    """operands: by input, an array [images, *shape of the tensor] and its factor or None.
    `stored` makes the array to be written of the last Value."""
    loads = []
    for (array, factor), maps in zip(operands, work.maps):
        array, inside = gather(array, maps, work.extents)
        loads.append(Value(array, factor, inside=inside))
    value = run_program(work.program, loads, work.extents, work.reduced)
    return scatter(stored(value), work.maps[-1], work.extents, shape)


def _apply(function, values):
    inside = None
    for value in values:
        if value.inside is not None:
            inside = value.inside if inside is None else inside & value.inside
    first = values[0]
    if function == "positive":
        return replace(first, array=FUNCTIONS["positive"](first.array))
    if function in ("minimum", "maximum") and _same_factor(*values):
        array = FUNCTIONS[function](first.array, values[1].array)
        return replace(first, array=array, inside=inside)
    scaled = _scaled_sum(function, values)
    if scaled is not None:
        return scaled
    with np.errstate(all="ignore"):
        array = FUNCTIONS[function](*(real(value) for value in values))
    return Value(array.astype(np.float32), inside=inside)


def _same_factor(a, b):
    """Of two codes, not of sums."""
    if a.factor is None or b.factor is None or a.is_sum or b.is_sum:
        return False
    return a.factor == b.factor


def _scaled_sum(function, values):
    """A pending sum divided or multiplied by a constant > 0, or divided by one count, keeps its
    array."""
    if function == "multiply" and values[0].constant:
        values = values[::-1]
    if function not in ("divide", "multiply") or len(values) != 2:
        return None
    total, by = values
    if not (total.is_sum and total.factor is not None and (by.constant or by.counted)):
        return None
    number = _ONE / by.array if function == "divide" else by.array
    if not (is_plain(by.array) and is_plain(number)):
        return None
    if by.counted and (total.counted or function == "multiply"):
        return None
    return replace(total, factor=total.factor * number, counted=total.counted or by.counted)


def is_plain(array):
    """Whether a number is positive and normal in binary32."""
    return bool(np.all((array >= np.finfo(np.float32).tiny) & np.isfinite(array)))


def _reduce(kind, value, extents, reduced):
    if kind == "sum" and value.is_sum:
        value = Value(real(value), inside=value.inside)
    if kind == "sum" and value.factor is None:
        array = real(value)
    else:
        array = value.array
    if kind == "count":
        return Value(tap_count(value.inside, extents, reduced), counted=True)
    rows = _rows(array, extents, reduced)
    inside = None if value.inside is None else _rows(value.inside, extents, reduced)
    if kind == "sum":
        if inside is not None:
            rows = np.where(inside, rows, 0)
        # One after another in binary64, from +0.
        total = np.cumsum(rows, axis=-1, dtype=np.float64)[..., -1] + 0.0
        return Value(_kept(total, reduced), value.factor, value.unit,
                     is_sum=value.factor is not None)
    best = _largest(rows if kind == "maximum" else -rows, inside)
    best = best if kind == "maximum" else -best
    return replace(value, array=_kept(best, reduced), inside=None)


def tap_count(inside, extents, reduced):
    """How many of the reduced indices are inside; binary32."""
    if inside is None:
        inside = np.ones((1,) * (1 + len(extents)), dtype=bool)
    return _kept(_rows(inside, extents, reduced).sum(axis=-1), reduced)


def _largest(rows, inside):
    """The first of equals; NaN where there is one."""
    if inside is not None:
        rows = np.where(inside, rows, -np.inf)
    at = rows.argmax(axis=-1)
    return np.take_along_axis(rows, at[..., None], axis=-1)[..., 0]


def _rows(array, extents, reduced):
    """[images, kept axes .., reduced indices in their order]."""
    full = list(array.shape)
    for axis in reduced:
        full[axis + 1] = extents[axis]
    array = np.broadcast_to(array, full)
    array = np.moveaxis(array, [axis + 1 for axis in reduced],
                        range(array.ndim - len(reduced), array.ndim))
    return array.reshape(*array.shape[:array.ndim - len(reduced)], -1)


def _kept(array, reduced):
    """One element along every reduced axis; binary32."""
    for axis in sorted(reduced):
        array = np.expand_dims(array, axis + 1)
    return array.astype(np.float32)


def _library(function):
    """A function of the C library: numpy may bring another one."""
    vector = np.vectorize(function, otypes=[np.float64])
    return lambda x: vector(x.astype(np.float64)) if x.size else x.astype(np.float64)


def _exponential(x):
    return math.inf if x > 800 else math.exp(x)


def _logarithm(x):
    if x == 0:
        return -math.inf
    return math.log(x) if x > 0 or math.isnan(x) else math.nan


def _sigmoid(x):
    return 1.0 / (1.0 + _exponential(-x))


def _maximum(a, b):
    """The first of equals; NaN where there is one."""
    return np.where((b > a) | np.isnan(b), b, a)


def _minimum(a, b):
    return np.where((b < a) | np.isnan(b), b, a)


# Of binary32 arrays; what is wider is rounded to binary32 once.
FUNCTIONS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "negate": lambda a: -a,
    "absolute": np.abs,
    "reciprocal": lambda a: _ONE / a,
    "minimum": _minimum,
    "maximum": _maximum,
    "positive": lambda a: np.where(a > 0, a, np.zeros_like(a)),
    "floor": np.floor,
    "less": lambda a, b: (a < b).astype(np.float32),
    "equal": lambda a, b: (a == b).astype(np.float32),
    "select": lambda a, b, c: np.where(a != 0, b, c),
    "square_root": lambda a: np.sqrt(a.astype(np.float64)),
    "exponential": _library(_exponential),
    "logarithm": _library(_logarithm),
    "error_function": _library(math.erf),
    "sigmoid": _library(_sigmoid),
    "hyperbolic_tangent": _library(math.tanh),
}
