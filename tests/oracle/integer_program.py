# SPDX-License-Identifier: Apache-2.0
"""Programs in `fixed_point`: sums times a mantissa, shifted; sums of scaled operands. Everything
else computes in binary32."""
import numpy as np

import exact
from graph import gather, scatter
from program import FUNCTIONS, is_plain, tap_count


def run_epilogue(program, total, s_x, s_w, s_y):
    """Whole numbers to encode, or None where the program is none of these."""
    scale = np.float64(s_x) * np.asarray(s_w, dtype=np.float64)
    return _sum_program(program, {0: (total, scale)}, s_y, None, ())


def run_vector(work, steps, scales, s_y, shape):
    """`steps` and `scales` by input; None of one in binary32. The result as above."""
    program = work.program
    if any(scale is None for scale in scales):
        return None
    loads = [gather(array, maps, work.extents) for array, maps in zip(steps, work.maps)]
    values = _linear_program(program, loads, scales, s_y)
    if values is None:
        sums = {i: (load, np.float64(scale)) for i, (load, scale) in enumerate(zip(loads, scales))}
        values = _sum_program(program, sums, s_y, work.extents, work.reduced)
    return None if values is None else scatter(values, work.maps[-1], work.extents, shape)


def _linear_program(program, loads, scales, s_y):
    """Additions, subtractions and `positive` of operands that all have one shift."""
    functions = {step[1] for step in program.steps if step[0] != "load"}
    if not functions or not functions <= {"add", "subtract", "positive"} or \
            functions == {"positive"}:
        return None
    ratios = [float(np.float64(scale) / np.float64(s_y)) for scale in scales]
    _, t = exact.multiplier(max(ratios))
    mantissas = [np.int64(int(np.rint(np.ldexp(ratio, t)))) for ratio in ratios]
    values = []
    for step in program.steps:
        if step[0] == "load":
            values.append(loads[step[1]][0] * mantissas[step[1]])
        else:
            values.append(FUNCTIONS[step[1]](*(values[i] for i in step[2])))
    return exact.shift_right_rounding(values[-1], t)


def _sum_program(program, loads, s_y, extents, reduced):
    """A sum of the array (extents None) or over a window; `positive`, and constants that divide or
    multiply it."""
    value, factor, inside, is_sum, constants = None, None, None, extents is None, {}
    for i, step in enumerate(program.steps):
        if step[0] == "load":
            if value is not None:
                return None
            value, factor = loads[step[1]]
            if not is_sum:
                value, inside = value
        elif step[0] == "constant":
            constants[i] = np.float32(step[1])
        elif step[0] == "reduce" and step[1] == "count":
            constants[i] = tap_count(inside, extents, reduced)
        elif step[0] == "reduce" and step[1] == "sum" and not is_sum:
            value, is_sum = _total(value, inside, extents, reduced), True
        elif step[0] == "apply" and step[1] == "positive" and is_sum:
            value = np.where(value > 0, value, np.zeros_like(value))
        elif step[0] == "apply" and step[1] in ("divide", "multiply") and is_sum:
            found = [constants[j] for j in step[2] if j in constants]
            if len(found) != 1 or (step[1] == "divide" and step[2][1] not in constants):
                return None
            number = np.float32(1) / found[0] if step[1] == "divide" else found[0]
            if not (is_plain(number) and is_plain(found[0])):
                return None
            factor = factor * number.astype(np.float64)
        else:
            return None
    return _multiply_shift(value, factor / np.float64(s_y)) if is_sum else None


def _total(steps, inside, extents, reduced):
    """The exact sum over the reduced axes, one element along each."""
    full = list(steps.shape)
    for axis in reduced:
        full[axis + 1] = extents[axis]
    steps = np.broadcast_to(steps, full)
    if inside is not None:
        steps = np.where(inside, steps, 0)
    return steps.sum(axis=tuple(axis + 1 for axis in reduced), keepdims=True)


def _multiply_shift(total, ratios):
    """Times (m, t) nearest to the ratio; ratios broadcast against total."""
    ratios = np.asarray(ratios)
    pairs = [exact.multiplier(float(ratio)) for ratio in ratios.reshape(-1)]
    m = np.array([pair[0] for pair in pairs], dtype=np.int64).reshape(ratios.shape)
    t = np.array([pair[1] for pair in pairs], dtype=np.int64).reshape(ratios.shape)
    return exact.shift_right_rounding(exact.multiply_integers(total, m), t)
