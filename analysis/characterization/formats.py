# SPDX-License-Identifier: Apache-2.0
"""Number formats and accumulators by Systole's names, as parameters of arch/rtl/arithmetic.svh.

Specials (infinities, NaN) are ignored: every code of a float is a value."""

import re
from dataclasses import dataclass

from .errors import UsageError

NAMED_FLOATS = {"fp32": (8, 23, 127), "fp16": (5, 10, 15), "bf16": (8, 7, 127),
                "dlfloat16": (6, 9, 31)}
OPERANDS = "binary, intN, uintN (N 2 to 16), eXmY, short_eXmY, pow2_N, fp16, bf16"
ACCUMULATORS = "intN, exact, fp32, fp16, bf16, dlfloat16, eXmY, each float also with _flush"


@dataclass(frozen=True)
class Operand:
    """A format of activations or weights; exponent and mantissa are 0 of an integer."""

    name: str
    bits: int
    signed: bool = True
    exponent: int = 0
    mantissa: int = 0
    bias: int = 0
    subnormals: bool = True

    @property
    def is_float(self):
        return self.exponent > 0

    @property
    def grid_field(self):
        """The exponent field whose last mantissa bit is one step of the grid. Field 0 is that of
        subnormals or, without a mantissa, of zero alone."""
        return 1 if self.subnormals or self.mantissa == 0 else 0

    @property
    def magnitude_bits(self):
        """Bits of the largest magnitude in steps of the grid."""
        if not self.is_float:
            return self.bits
        return self.mantissa + (1 << self.exponent) - self.grid_field


@dataclass(frozen=True)
class Accumulator:
    """kind: the macro ACCUMULATOR_... in lower case. bits of an exact one follow from operands."""

    name: str
    kind: str
    bits: int = 0
    exponent: int = 8
    mantissa: int = 23
    bias: int = 127


def float_fields(name):
    """(exponent, mantissa, bias) of a float's name, or None."""
    if name in NAMED_FLOATS:
        return NAMED_FLOATS[name]
    match = re.fullmatch(r"e([1-8])m(\d{1,2})", name)
    if not match:
        return None
    exponent, mantissa = int(match[1]), int(match[2])
    return exponent, mantissa, max((1 << (exponent - 1)) - 1, 1)


def operand(name):
    if name == "binary":
        return Operand(name, 1)
    match = re.fullmatch(r"(u?)int([1-9]\d?)", name)
    if match and 2 <= int(match[2]) <= 16:
        return Operand(name, int(match[2]), signed=not match[1])
    match = re.fullmatch(r"pow2_([3-6])", name)
    if match:
        exponent = int(match[1]) - 1
        return Operand(name, exponent + 1, exponent=exponent, bias=(1 << exponent) - 1,
                       subnormals=False)
    short = name.startswith("short_")
    fields = float_fields(name[6:] if short else name)
    if fields is None or fields[1] > 10:
        raise UsageError("format '%s': unknown, expected %s" % (name, OPERANDS))
    exponent, mantissa, bias = fields
    return Operand(name, 1 + exponent + mantissa, exponent=exponent, mantissa=mantissa,
                   bias=bias, subnormals=not short and name != "dlfloat16")


def accumulator(name):
    if name == "exact":
        return Accumulator(name, "exact")
    match = re.fullmatch(r"int([1-9]\d?)", name)
    if match and 2 <= int(match[1]) <= 64:
        return Accumulator(name, "integer", bits=int(match[1]))
    base = name.removesuffix("_flush")
    fields = float_fields(base)
    if fields is None:
        raise UsageError("accumulator '%s': unknown, expected %s" % (name, ACCUMULATORS))
    exponent, mantissa, bias = fields
    return Accumulator(name, "float" if base == name else "float_flush",
                       1 + exponent + mantissa, exponent, mantissa, bias)
