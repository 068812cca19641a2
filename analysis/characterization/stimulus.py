# SPDX-License-Identifier: Apache-2.0
"""Operand streams, bit for bit repeatable in any language.

Random numbers are SplitMix64 (Steele, Lea and Flood 2014). A Gaussian one is the sum of twelve
uniform 16-bit integers, less its mean of 6 * 65535, in units of 65536: three outputs of the
generator, lowest 16 bits first. Its standard deviation is 1, and it ends at +-6."""

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import isqrt

MASK = (1 << 64) - 1


class SplitMix64:
    def __init__(self, seed):
        self.state = seed & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, bits):
        """A uniform integer of so many bits: the highest ones."""
        return self.next() >> (64 - bits)

    def gaussian(self):
        """In units of 1/65536."""
        total = 0
        for _ in range(3):
            word = self.next()
            total += sum((word >> shift) & 0xFFFF for shift in (0, 16, 32, 48))
        return total - 6 * 0xFFFF


@dataclass(frozen=True)
class Stimulus:
    """sigma: the largest magnitude of the format over the standard deviation; uniform codes if None.
    A sum is the element's own of the cycle before, and 0 with every new weight (running), or a
    Gaussian one each cycle: what comes from above in column of so many rows.

    The running sum comes closest to the energies of the table of processing elements in
    docs/accuracy.md; in an array, the sums of consecutive cycles are those of a column."""

    name: str
    sigma: int = None
    rows: int = None


WEIGHT_CYCLES = 64
STIMULI = {stimulus.name: stimulus for stimulus in (
    Stimulus("gauss", sigma=3), Stimulus("unif"), Stimulus("column", sigma=3, rows=16))}


@lru_cache(maxsize=4)
def float_values(operand):
    """Magnitudes by code, in steps of the grid."""
    values = []
    for code in range(1 << (operand.bits - 1)):
        field, mantissa = code >> operand.mantissa, code & ((1 << operand.mantissa) - 1)
        if operand.subnormals:
            hidden = (1 if field else 0) << operand.mantissa
            values.append((hidden + mantissa) << max(field - 1, 0))
        else:
            hidden = (1 << operand.mantissa) + mantissa
            values.append(hidden << (field - operand.grid_field) if code else 0)
    return values


def steps_of_one(operand):
    """Grid steps in a value of 1."""
    if not operand.is_float:
        return Fraction(1)
    return Fraction(2) ** (operand.bias + operand.mantissa - operand.grid_field)


def largest_steps(operand):
    """Magnitude at the end of the range."""
    if operand.is_float:
        return float_values(operand)[-1]
    return 1 << (operand.bits - (1 if operand.signed else 0))


def deviation(operand, stimulus):
    """Standard deviation of a Gaussian operand, as a value."""
    return Fraction(largest_steps(operand)) / steps_of_one(operand) / stimulus.sigma


def integer_code(value, bits, signed=True):
    """To the nearest, ties to even, saturating; of unsigned ones the magnitude."""
    if not signed:
        return min(round(abs(value)), (1 << bits) - 1)
    limit = 1 << (bits - 1)
    return max(-limit, min(round(value), limit - 1)) & ((1 << bits) - 1)


def nearest(magnitude, magnitudes):
    """Index of the nearest of ascending magnitudes, ties to the even index."""
    low = bisect_right(magnitudes, magnitude) - 1
    if low + 1 == len(magnitudes):
        return low
    twice = 2 * magnitude - magnitudes[low] - magnitudes[low + 1]
    return low + 1 if twice > 0 or (twice == 0 and low % 2) else low


def operand_code(operand, gaussian, scale, magnitudes):
    value = gaussian * scale
    if operand.bits == 1:
        return int(value >= 0)
    if not operand.is_float:
        return integer_code(value, operand.bits, operand.signed)
    sign = 1 << (operand.bits - 1) if value < 0 else 0
    return sign | nearest(abs(value), magnitudes)


def float_sum_code(accumulator, value):
    """IEEE 754, ties to even; below the smallest normal number zero, above the largest that one."""
    mantissa = accumulator.mantissa
    steps = abs(value) * Fraction(2) ** (accumulator.bias + mantissa - 1)
    if steps < 1 << mantissa:
        return 0
    shift = (steps.numerator // steps.denominator).bit_length() - 1 - mantissa
    code = (shift << mantissa) + round(steps / (1 << shift))
    largest = (((1 << accumulator.exponent) - 1) << mantissa) - 1
    sign = 1 << (accumulator.bits - 1) if value < 0 else 0
    return sign | min(code, largest)


def operand_source(operand, generator, stimulus):
    """A function that draws codes."""
    if stimulus.sigma is None:
        return lambda: generator.below(operand.bits)
    scale = deviation(operand, stimulus) * steps_of_one(operand) / 65536
    magnitudes = float_values(operand) if operand.is_float else None
    return lambda: operand_code(operand, generator.gaussian(), scale, magnitudes)


def sum_source(circuit, generator, stimulus):
    """Partial sums from above are Gaussian: the sum of so many rows of Gaussian operands."""
    if circuit.accumulator is None or stimulus.rows is None:
        return lambda: 0
    operands = (circuit.activation, circuit.weight)
    scale = Fraction(isqrt(stimulus.rows)) / 65536
    for operand in operands:
        scale *= deviation(operand, stimulus)
    if circuit.accumulator.kind.startswith("float"):
        return lambda: float_sum_code(circuit.accumulator, generator.gaussian() * scale)
    for operand in operands:
        scale *= steps_of_one(operand)
    return lambda: integer_code(generator.gaussian() * scale, circuit.parameters["SUM_BITS"])


@dataclass(frozen=True)
class Cycle:
    """Codes at the inputs; running: the sum is the element's own of the cycle before."""

    activation: int
    weight: int
    sum: int
    running: bool


def streams(circuit, stimulus, cycles, seed):
    """Cycles. Three generators, seeded with seed, seed + 1 and seed + 2. A multiplier alone gets a
    new weight every cycle."""
    activation = operand_source(circuit.activation, SplitMix64(seed), stimulus)
    weight = operand_source(circuit.weight, SplitMix64(seed + 1), stimulus)
    total = sum_source(circuit, SplitMix64(seed + 2), stimulus)
    period = 1 if circuit.accumulator is None else WEIGHT_CYCLES
    words = []
    for cycle in range(cycles):
        if cycle % period == 0:
            held = port_code(circuit, circuit.weight, weight(), 1)
        running = stimulus.rows is None and cycle % period != 0
        code = port_code(circuit, circuit.activation, activation(), 0)
        words.append(Cycle(code, held, total(), running))
    return words


def value_at_port(circuit, operand, port, low_slice):
    """The inverse of port_code, in steps of the grid."""
    if circuit.multiplier == "sign_magnitude":
        top = 1 << (operand.bits - 1)
        return (port & (top - 1)) * (-1 if port & top else 1)
    if circuit.multiplier == "composable":
        first = [sum((index >> bit & 1) << (low_slice + 2 * bit) for bit in (0, 1))
                 for index in range(operand.bits // 2)]
        port = sum((port >> 2 * brick & 3) << 2 * index for index, brick in enumerate(first))
    return value_of(operand, port)


def value_of(operand, code):
    """In steps of the grid."""
    top = 1 << (operand.bits - 1)
    if operand.bits == 1:
        return 2 * code - 1
    if not operand.is_float:
        return code - 2 * top if operand.signed and code & top else code
    return float_values(operand)[code & (top - 1)] * (-1 if code & top else 1)


def port_code(circuit, operand, code, low_slice):
    """The bits at a multiplier's port. low_slice: the bit of a brick's index that says which slice
    of a pair it takes (multiplier_composable.sv); two bits above is the one of the pair."""
    if circuit.multiplier == "sign_magnitude":
        value, top = value_of(operand, code), 1 << (operand.bits - 1)
        return min(abs(value), top - 1) | (top if value < 0 else 0)
    if circuit.multiplier != "composable":
        return code
    bricks, levels = operand.bits ** 2 // 4, operand.bits // 4
    port = (2 << levels) - 1  # signed, all slices fused
    port <<= 2 * bricks
    for brick in range(bricks):
        index = (brick >> low_slice & 1) + 2 * (brick >> (low_slice + 2) & 1)
        port |= (code >> 2 * index & 3) << 2 * brick
    return port


def is_sum_right(circuit, words, sums):
    """Whether the running sums that a simulation saw at the inputs are those of the operands; True
    if there is nothing to check. Operands and sum pass one register each."""
    if circuit.accumulator is None or circuit.accumulator.kind.startswith("float"):
        return True
    modulus = 1 << circuit.parameters["SUM_BITS"]
    for cycle in range(2, len(sums)):
        if words[cycle].running:
            before = words[cycle - 2]
            product = (value_at_port(circuit, circuit.activation, before.activation, 0) *
                       value_at_port(circuit, circuit.weight, before.weight, 1))
            if (sums[cycle - 1] + product - sums[cycle]) % modulus:
                return False
    return True
