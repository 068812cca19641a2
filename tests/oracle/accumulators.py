# SPDX-License-Identifier: Apache-2.0
"""Sums in the order of the array, addition by addition: docs/arithmetic.md, section 4, Accumulator.

Registers hold float64: values of floats, counts of units of integers. That is exact for what the
tests use: operands of 8 bits, floats of at most 11 significant bits, integers of at most 48 bits.
"""
import numpy as np

_FLOATS = {"fp16": (5, 10), "bf16": (8, 7)}  # exponent and mantissa bits, IEEE 754


class FloatRegister:
    """Nearest even, beyond the largest value infinite; zero is +0."""

    def __init__(self, name):
        exponent, self.mantissa = _FLOATS[name]
        bias = (1 << (exponent - 1)) - 1
        self.lowest = 1 - bias
        self.largest = np.ldexp(2.0 - 2.0**-self.mantissa, bias)

    def round(self, x):
        x = np.asarray(x, dtype=np.float64)
        finite = np.isfinite(x)
        _, exponent = np.frexp(np.where(finite, x, 0.0))
        step = np.maximum(exponent - 1, self.lowest) - self.mantissa
        rounded = np.ldexp(np.rint(np.ldexp(np.where(finite, x, 0.0), -step)), step)
        beyond = np.abs(rounded) > self.largest
        rounded = np.where(beyond, np.copysign(np.inf, rounded), rounded)
        return np.where(finite, rounded, x) + 0.0

    def saturated(self, x):
        """encode: beyond the largest value the largest."""
        return np.clip(self.round(x), -self.largest, self.largest)

    def add(self, total, term):
        with np.errstate(invalid="ignore"):
            return self.round(total + term)


class IntegerRegister:
    """Two's complement, which wraps or stops at its ends."""

    def __init__(self, bits, saturates):
        self.half = 2.0**(bits - 1)
        self.largest = self.half - 1
        self.saturates = saturates

    def saturated(self, x):
        return np.clip(x, -self.half, self.half - 1)

    def add(self, total, term):
        total = total + term
        if self.saturates:
            return np.clip(total, -self.half, self.half - 1)
        return (total + self.half) % (2 * self.half) - self.half


class Accumulator:
    """A name, or a map as in YAML, with `chunk` and `inner`."""

    def __init__(self, description):
        if isinstance(description, str):
            description = {"name": description}
        self.outer, self.is_float = _register(description)
        self.chunk = description.get("chunk")
        self.inner, inner_is_float = self.outer, self.is_float
        if self.chunk:
            inner = description["inner"]
            self.inner, inner_is_float = _register(
                inner if isinstance(inner, dict) else {"name": inner})
        if inner_is_float != self.is_float:
            raise ValueError("inner and outer register must both be floats or both integers")

    def largest(self):
        """What the smaller of its registers holds: a value, or a count of units."""
        return min(self.outer.largest, self.inner.largest)

    def sum(self, products, rows):
        """The sum of products, a list of arrays by k, in folds of `rows` (None: one fold)."""
        total = None
        rows = rows or len(products)
        for begin in range(0, len(products), rows):
            fold = self._fold(products[begin:begin + rows])
            total = fold if total is None else self.outer.add(total, fold)
        return total

    def _fold(self, products):
        fold, inner = np.float64(0), np.float64(0)
        for k, product in enumerate(products):
            inner = self.inner.add(inner, product())
            ends = k + 1 == len(products) or (self.chunk and (k + 1) % self.chunk == 0)
            if self.chunk and ends:
                fold, inner = self.outer.add(fold, inner), np.float64(0)
        return fold if self.chunk else inner


def _register(description):
    """The register and whether it is a float."""
    name = description.get("name") or description.get("float")
    if name in _FLOATS:
        return FloatRegister(name), True
    if "integer" in description:
        return IntegerRegister(description["integer"],
                               description.get("overflow") == "saturate"), False
    bits, _, overflow = name.removeprefix("int").partition("_")
    return IntegerRegister(int(bits), overflow == "saturate"), False


def needs_order(description):
    """Whether a sum depends on the order of its additions."""
    return not isinstance(description, str) or description in _FLOATS or \
        description.endswith("_saturate")
