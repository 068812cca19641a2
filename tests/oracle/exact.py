# SPDX-License-Identifier: Apache-2.0
"""Exact integer arithmetic on arrays: int64 where it is wide enough, Python integers elsewhere."""
import math

import numpy as np

_LIMB_BITS = 16


def exact_matmul(x, w, terms):
    """x @ w for int64 arrays, exactly; `terms` bounds how many such products are summed up later.

    Returns int64 or objects (Python integers).
    """
    bound = _largest_magnitude(x) * _largest_magnitude(w) * terms
    if bound < 1 << 53:  # every sum, in any order, is an integer that binary64 holds
        return (x.astype(np.float64) @ w.astype(np.float64)).astype(np.int64)
    total = 0
    for shift_x, limb_x in _limbs(x):
        for shift_w, limb_w in _limbs(w):
            part = (limb_x @ limb_w).astype(np.int64).astype(object)
            total = total + part * (1 << (shift_x + shift_w))
    return total


def _largest_magnitude(x):
    return max(abs(int(x.max())), abs(int(x.min()))) if x.size else 0


def _limbs(x):
    """x as a sum of float64 arrays of at most 16 bits and a sign, each with its shift."""
    sign, magnitude = np.sign(x), np.abs(x)
    for shift in range(0, max(1, _largest_magnitude(x).bit_length()), _LIMB_BITS):
        limb = (magnitude >> shift) & ((1 << _LIMB_BITS) - 1)
        yield shift, (sign * limb).astype(np.float64)


def as_integers(x):
    """Python integers as int64 where that is wide enough, with a bit to spare."""
    if x.dtype == object and _largest_magnitude(x) < 1 << 62:
        return x.astype(np.int64)
    return x


def add_integers(a, b):
    """a + b; widened to objects where 64 bits are not enough."""
    if a.dtype == object or b.dtype == object or (
            _largest_magnitude(a) + _largest_magnitude(b) >= 1 << 62):
        return as_integers(a.astype(object) + b.astype(object))
    return a + b


def wrap(a, bits):
    """a modulo 2**bits as two's complement."""
    half = 1 << (bits - 1)
    if a.dtype == object or bits >= 62:
        return as_integers((a.astype(object) + half) % (1 << bits) - half)
    return (a + half) % (1 << bits) - half


def to_float32(a, exponent=0):
    """Integers times 2**exponent to binary32, rounded once."""
    if a.dtype == object or exponent != 0 or _largest_magnitude(a) > 1 << 53:
        return np.vectorize(_int_to_float32, otypes=[np.float32])(a.astype(object), exponent)
    return a.astype(np.float64).astype(np.float32)


def _int_to_float32(value, exponent):
    # Round to odd at 40 bits first: the only rounding that a second one to 24 bits does not see.
    shift = max(0, abs(value).bit_length() - 40)
    kept = abs(value) >> shift
    if abs(value) & ((1 << shift) - 1):
        kept |= 1
    return np.float32(math.copysign(math.ldexp(float(kept), shift + int(exponent)), value))


def multiplier(ratio):
    """(m, t): m * 2**-t nearest to the binary64 ratio, 2**30 <= m < 2**31, 0 <= t <= 62."""
    fraction, exponent = math.frexp(ratio)
    t = 31 - exponent
    m = round(math.ldexp(fraction, 31))  # Python rounds ties to even
    if m == 1 << 31:
        m, t = 1 << 30, t - 1
    if t > 62:  # below 2**-32: fewer significant bits
        m, t = round(math.ldexp(ratio, 62)), 62
    if t < 0:
        raise ValueError(f"the scale ratio {ratio} is too large for a fixed-point multiplier")
    return m, t


def shift_right_rounding(a, t):
    """floor((a + 2**(t-1)) / 2**t), a itself for t = 0; t a scalar or an array that broadcasts."""
    t = np.asarray(t, dtype=np.int64)
    if a.dtype != object and _largest_magnitude(a) < 1 << 61:
        return (a + ((np.int64(1) << t) >> 1)) >> t
    t = t.astype(object)
    half = np.vectorize(lambda shift: (1 << shift) >> 1, otypes=[object])(t)
    return as_integers(np.asarray((a.astype(object) + half) >> t, dtype=object))


def multiply_integers(a, m):
    """a * m, widened to objects where 64 bits are not enough."""
    m = np.asarray(m)
    if a.dtype == object or _largest_magnitude(a) * _largest_magnitude(m) >= 1 << 62:
        return a.astype(object) * m.astype(object)
    return a * m
