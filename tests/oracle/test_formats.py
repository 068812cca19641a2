#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The oracle's own checks: code tables and exact integers against a second way to compute them."""
import random
import unittest
from fractions import Fraction

import numpy as np

import exact
from formats import IntFormat, format_named

# name: (exponent bits, mantissa bits, bias, largest finite, smallest subnormal)
PUBLISHED = {
    "e4m3": (4, 3, 7, 448.0, 2.0**-9),
    "e5m2": (5, 2, 15, 57344.0, 2.0**-16),
    "e4m3fnuz": (4, 3, 8, 240.0, 2.0**-10),
    "e5m2fnuz": (5, 2, 16, 57344.0, 2.0**-17),
    "e3m4": (3, 4, 3, 15.5, 2.0**-6),
    "e3m2": (3, 2, 3, 28.0, 2.0**-4),
    "e2m3": (2, 3, 1, 7.5, 2.0**-3),
    "e2m1": (2, 1, 1, 6.0, 0.5),
    "fp16": (5, 10, 15, 65504.0, 2.0**-24),
}


def finite_codes(name):
    """{code: value as a Fraction}, from the bit fields, minus zero included."""
    exponent_bits, mantissa_bits, bias, largest, _ = PUBLISHED[name]
    table = {}
    for code in range(1 << (1 + exponent_bits + mantissa_bits)):
        bits = format(code, f"0{1 + exponent_bits + mantissa_bits}b")
        exponent, mantissa = int(bits[1:1 + exponent_bits], 2), int(bits[1 + exponent_bits:], 2)
        significand = Fraction(mantissa, 1 << mantissa_bits) + (exponent > 0)
        value = significand * Fraction(2)**(max(exponent, 1) - bias)
        if value > Fraction(largest) or (name.endswith("fnuz") and code == 1 << (len(bits) - 1)):
            continue
        table[code] = -value if bits[0] == "1" else value
    return table


class FloatFormats(unittest.TestCase):
    def test_every_finite_code_has_the_value_of_its_bit_fields(self):
        for name in PUBLISHED:
            table = finite_codes(name)
            codes = np.array(list(table), dtype=np.uint16)
            values = format_named(name).values(codes)
            for code, value in zip(table, values):
                self.assertEqual(Fraction(value), table[code], (name, code))

    def test_extremes_are_the_published_ones(self):
        for name, (_, _, _, largest, smallest) in PUBLISHED.items():
            number_format = format_named(name)
            self.assertEqual(number_format.largest, largest)
            self.assertEqual(number_format.values(np.array([1]))[0], smallest)
            self.assertEqual(2.0**number_format.grid, smallest)

    def test_fp16_equals_numpys_half_precision(self):
        codes = np.arange(1 << 16, dtype=np.uint16)
        halves = codes.view(np.float16)
        finite = np.isfinite(halves)
        values = format_named("fp16").values(codes[finite])
        self.assertTrue((values == halves[finite].astype(np.float64)).all())
        x = np.random.default_rng(1).standard_normal(100000).astype(np.float32) * 100
        expected = x.astype(np.float16).view(np.uint16)
        self.assertTrue((format_named("fp16").encode(x) == expected).all())

    def test_every_value_encodes_as_its_own_code(self):
        for name in PUBLISHED:
            codes = np.array(list(finite_codes(name)), dtype=np.uint16)
            number_format = format_named(name)
            encoded = number_format.encode(number_format.values(codes))
            self.assertTrue((encoded == codes).all(), name)

    def test_encode_takes_the_nearest_and_the_even_code_of_two(self):
        for name in PUBLISHED:
            if name == "fp16":
                continue
            table = finite_codes(name)
            positive = sorted((v, c) for c, v in table.items() if v > 0 or c == 0)
            for (low, low_code), (high, high_code) in zip(positive, positive[1:]):
                middle = (low + high) / 2
                even = low_code if low_code % 2 == 0 else high_code
                below, above = middle - (high - low) / 1024, middle + (high - low) / 1024
                x = np.array([float(below), float(middle), float(above)])
                encoded = format_named(name).encode(x)
                self.assertEqual(encoded.tolist(), [low_code, even, high_code], (name, low))

    def test_encode_saturates_and_keeps_the_sign_of_zero(self):
        x = np.array([1e9, -1e9, -0.0, -1e-30, 0.0], dtype=np.float32)
        self.assertEqual(format_named("e4m3").encode(x).tolist(), [0x7E, 0xFE, 0x80, 0x80, 0])
        self.assertEqual(format_named("e5m2").encode(x).tolist(), [0x7B, 0xFB, 0x80, 0x80, 0])
        self.assertEqual(format_named("e2m1").encode(x).tolist(), [0x7, 0xF, 0x8, 0x8, 0])
        self.assertEqual(format_named("e4m3fnuz").encode(x).tolist(), [0x7F, 0xFF, 0, 0, 0])


class IntFormats(unittest.TestCase):
    def test_encode_rounds_to_even_saturates_and_gives_twos_complement(self):
        x = np.array([0.5, 1.5, -0.5, -1.5, 126.5, 127.5, 1e20, -128.5, -1e20], dtype=np.float32)
        self.assertEqual(IntFormat(8).encode(x).tolist(), [0, 2, 0, 254, 126, 127, 127, 128, 128])
        self.assertEqual(IntFormat(4).encode(x).tolist(), [0, 2, 0, 14, 7, 7, 7, 8, 8])

    def test_steps_invert_encode(self):
        for bits in (2, 4, 8, 12):
            values = np.arange(-(1 << (bits - 1)), 1 << (bits - 1))
            self.assertTrue((IntFormat(bits).steps(IntFormat(bits).encode(values)) == values).all())


class ExactIntegers(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(7)

    def test_matmul_of_wide_integers_equals_python_integers(self):
        for bits in (7, 18, 32, 41):
            draw = np.vectorize(lambda _, n=bits: self.random.randint(-(1 << n), 1 << n))
            x, w = draw(np.zeros((3, 5))).astype(np.int64), draw(np.zeros((5, 4))).astype(np.int64)
            expected = x.astype(object) @ w.astype(object)
            self.assertEqual(exact.exact_matmul(x, w, 5).tolist(), expected.tolist())

    def test_rounding_to_float32_is_one_rounding(self):
        for _ in range(2000):
            value = self.random.getrandbits(self.random.randint(1, 90))
            value = self.random.choice((value, -value))
            got = Fraction(float(exact.to_float32(np.array([value], dtype=object))[0]))
            distance = abs(got - value)
            for neighbour in (np.inf, -np.inf):
                other = float(np.nextafter(np.float32(got), np.float32(neighbour)))
                self.assertLessEqual(distance, abs(Fraction(other) - value))

    def test_a_bit_far_below_breaks_a_tie_of_binary32(self):
        tie = (1 << 80) + (1 << 56)
        rounded = exact.to_float32(np.array([tie, tie + 1], dtype=object))
        self.assertEqual([float(x) for x in rounded], [2.0**80, 2.0**80 + 2.0**57])

    def test_multiplier_is_the_nearest_of_31_bits(self):
        for _ in range(2000):
            ratio = self.random.random() * 2.0**self.random.randint(-18, 20)
            m, t = exact.multiplier(ratio)
            self.assertTrue(1 << 30 <= m < 1 << 31 and 0 <= t <= 62)
            error = abs(Fraction(m, 1 << t) - Fraction(ratio))
            self.assertLessEqual(error, Fraction(1, 1 << (t + 1)))
        self.assertEqual(exact.multiplier(1.0), (1 << 30, 30))
        self.assertEqual(exact.multiplier(1.0 - 2.0**-40), (1 << 30, 30))

    def test_multiply_and_shift_equals_fractions(self):
        for bits in (20, 31, 45, 70):
            for _ in range(500):
                a = self.random.randint(-(1 << bits), 1 << bits)
                m, t = self.random.randint(1 << 30, (1 << 31) - 1), self.random.randint(0, 62)
                array = exact.as_integers(np.array([a], dtype=object))
                got = exact.shift_right_rounding(exact.multiply_integers(array, np.int64(m)), t)
                exactly = Fraction(a * m, 1 << t)
                expected = a * m if t == 0 else (exactly + Fraction(1, 2)).__floor__()
                self.assertEqual(int(got[0]), expected)

    def test_wrap_is_twos_complement(self):
        values = [0, (1 << 31) - 1, 1 << 31, -(1 << 31) - 1, (1 << 32) + 5, -1]
        expected = [0, (1 << 31) - 1, -(1 << 31), (1 << 31) - 1, 5, -1]
        for kind in (np.int64, object):
            self.assertEqual(exact.wrap(np.array(values, dtype=kind), 32).tolist(), expected)


if __name__ == "__main__":
    unittest.main()
