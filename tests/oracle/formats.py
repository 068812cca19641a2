# SPDX-License-Identifier: Apache-2.0
"""Number formats, written from their definitions: two's complement, OCP OFP8 and MX, IEEE 754.

A code is a bit pattern, held in an unsigned numpy array. Every finite value of a format is an
integer multiple of 2**grid; `steps` are these integers.
"""
import numpy as np


class IntFormat:
    """Two's complement of `bits` bits."""

    is_integer = True
    grid = 0

    def __init__(self, bits):
        self.bits, self.name = bits, f"int{bits}"
        self.lowest = -(1 << (bits - 1))
        self.highest = (1 << (bits - 1)) - 1
        self.largest = float(self.highest)
        self.peak = _peak(range(1, self.highest + 1))

    def encode(self, x):
        """Codes of real or integer (int64, Python int) values: nearest even, saturating."""
        x = np.asarray(x)
        if x.dtype.kind == "f":
            x = np.rint(np.where(np.isnan(x), 0, x))
        clipped = np.clip(x, self.lowest, self.highest).astype(np.int64)
        return (clipped & ((1 << self.bits) - 1)).astype(code_type(self.bits))

    def steps(self, codes):
        signed = codes.astype(np.int64)
        return np.where(signed > self.highest, signed - (1 << self.bits), signed)

    def values(self, codes):
        return self.steps(codes).astype(np.float64)


class FloatFormat:
    """A sign bit, `exponent` and `mantissa` bits, with subnormals.

    specials: 'ieee' gives the top exponent to infinities and NaN, 'nan_only' gives only the code of
    all ones to NaN, 'fnuz' only the code of minus zero, 'none' has finite values alone.
    """

    is_integer = False

    def __init__(self, name, exponent, mantissa, bias, specials):
        self.bits, self.name = 1 + exponent + mantissa, name
        self.exponent, self.mantissa, self.bias, self.specials = exponent, mantissa, bias, specials
        self.grid = 1 - bias - mantissa
        self._sign = 1 << (exponent + mantissa)
        count = self._sign  # of codes without sign
        if specials == "ieee":
            count -= 1 << mantissa
        elif specials == "nan_only":
            count -= 1
        # The one NaN that encoding gives: all ones without a sign; fnuz: minus zero; none: zero.
        self._nan = self._sign - 1 if specials in ("ieee", "nan_only") else 0
        self._magnitude_steps = [self._steps_of_magnitude(code) for code in range(count)]
        magnitudes = np.ldexp(np.array(self._magnitude_steps, dtype=np.float64), self.grid)
        self.largest = float(magnitudes[-1])
        self.peak = _peak(magnitudes[1:].tolist())
        self._midpoints = (magnitudes[:-1] + magnitudes[1:]) / 2

    def _steps_of_magnitude(self, code):
        exponent, fraction = code >> self.mantissa, code & ((1 << self.mantissa) - 1)
        if exponent == 0:
            return fraction
        return (fraction + (1 << self.mantissa)) << (exponent - 1)

    def encode(self, x):
        """Codes of float32 or float64 values: nearest, ties to the even code, saturating."""
        x = np.asarray(x)
        magnitude = np.abs(x.astype(np.float64))
        code = np.searchsorted(self._midpoints, magnitude, side="left")
        below_end = code < len(self._midpoints)
        midpoint = self._midpoints[np.minimum(code, len(self._midpoints) - 1)]
        code = code + (below_end & (midpoint == magnitude) & (code % 2 == 1))
        nan = np.isnan(x)
        code = np.where(nan, self._nan, code)
        negative = np.signbit(x) & ~nan
        if self.specials == "fnuz":
            negative = (negative & (code != 0)) | nan
        return (code + np.where(negative, self._sign, 0)).astype(code_type(self.bits))

    def steps(self, codes):
        """The integers value / 2**grid, int64 or objects; NaN and infinity are errors."""
        codes = codes.astype(np.int64)
        kind = np.int64 if self._magnitude_steps[-1] < 1 << 62 else object
        magnitude = np.array(self._magnitude_steps, dtype=kind)[codes & (self._sign - 1)]
        return np.where(codes & self._sign, -magnitude, magnitude)

    def values(self, codes):
        """Code values, exact in binary32, hence in binary64; minus zero is -0.0."""
        values = np.ldexp(self.steps(codes).astype(np.float64), self.grid)
        return np.copysign(values, np.where(codes & self._sign, -1.0, 1.0))


_FLOATS = {
    "e4m3": (4, 3, 7, "nan_only"),
    "e5m2": (5, 2, 15, "ieee"),
    "e4m3fnuz": (4, 3, 8, "fnuz"),
    "e5m2fnuz": (5, 2, 16, "fnuz"),
    "e3m4": (3, 4, 3, "ieee"),
    "e3m2": (3, 2, 3, "none"),
    "e2m3": (2, 3, 1, "none"),
    "e2m1": (2, 1, 1, "none"),
    "fp16": (5, 10, 15, "ieee"),
    "bf16": (8, 7, 127, "ieee"),
}


def _peak(values):
    """Of the positive values, ascending: the upper end of the finest steps (section 3)."""
    values = list(values)
    sizes = [above / below - 1 for below, above in zip(values, values[1:])]
    finest = min(sizes, default=0.0)
    fine = [size < 2 * finest for size in sizes]
    top = bottom = max((i + 1 for i, is_fine in enumerate(fine) if is_fine), default=len(fine))
    while bottom > 0 and fine[bottom - 1]:
        bottom -= 1
    return float(min(values[top], max(1.0, 2.0**32 * values[bottom])))


def code_type(bits):
    return np.uint8 if bits <= 8 else np.uint16


def format_named(name):
    if name in _FLOATS:
        return FloatFormat(name, *_FLOATS[name])
    if name.startswith("int") and name[3:].isdigit() and 2 <= int(name[3:]) <= 16:
        return IntFormat(int(name[3:]))
    expected = ", ".join(_FLOATS)
    raise ValueError(f"unknown format '{name}': expected int2..int16 or one of {expected}")
