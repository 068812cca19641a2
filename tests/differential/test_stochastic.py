# SPDX-License-Identifier: Apache-2.0
"""Sums that round stochastically, from docs/arithmetic.md alone: which random bits which addition has.

    /usr/bin/python3 tests/differential/test_stochastic.py build/release/systole
"""
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "oracle"))
from formats import format_named  # noqa: E402

SYSTOLE = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
MASK = 0xFFFFFFFF
PRODUCT, CHUNK, FOLD = 0, 1, 2
SIZE, INPUTS, OUTPUTS, ROWS = (3, 4), 40, 24, 16
PIXELS = SIZE[0] * SIZE[1]


def philox(counter, key):
    """Philox4x32-10, Salmon et al. 2011, section 4.3."""
    c0, c1, c2, c3 = counter
    k0, k1 = key & MASK, key >> 32
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & MASK, (p0 >> 32) ^ c3 ^ k1, p0 & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return c0, c1, c2, c3


def round_fp16(x, bits):
    """To fp16 with 32 random bits; None: to nearest even."""
    if x == 0 or not math.isfinite(x):
        return x + 0.0
    step = 2.0**(max(math.frexp(x)[1] - 1, -14) - 10)
    steps = abs(x) / step
    if bits is None:
        whole = round(steps)
    else:
        whole = math.floor(steps)
        whole += math.floor((steps - whole) * 2**32) + bits >= 2**32
    value = whole * step
    return math.copysign(value if value <= 65504 else math.inf, x) + 0.0


class Sums:
    """One replay: the folds in their order, and how many outputs they have had so far."""

    def __init__(self, seed, chunk):
        self.seed, self.chunk, self.streamed = seed, chunk, 0
        self.sums = np.zeros((PIXELS, OUTPUTS))

    def fold(self, x, w, channels, ks):
        for i in range(PIXELS):
            for j, n in enumerate(channels):
                bits = lambda k, stage: philox((k, j, self.streamed + i, stage), self.seed)[0]
                total = self._sum(x[i], w[:, n], ks, bits)
                first = ks[0] == 0
                self.sums[i, n] = total if first else round_fp16(
                    self.sums[i, n] + total, bits(ks[0], FOLD))
        self.streamed += PIXELS

    def _sum(self, x, w, ks, bits):
        outer, inner = 0.0, 0.0
        for count, k in enumerate(ks, 1):
            if self.chunk and (count - 1) % self.chunk == 0:
                begin = k
            inner = round_fp16(inner + x[k] * w[k], bits(k, PRODUCT))
            if self.chunk and (count % self.chunk == 0 or count == len(ks)):
                outer, inner = round_fp16(outer + inner, bits(begin, CHUNK)), 0.0
        return outer if self.chunk else inner


def folds(dataflow):
    """(channels, reduction indices) of every fold: outputs outside, the reduction inside."""
    every = range(OUTPUTS), range(INPUTS)
    blocks = [range(n, min(n + ROWS, OUTPUTS)) for n in range(0, OUTPUTS, ROWS)]
    parts = [range(k, min(k + ROWS, INPUTS)) for k in range(0, INPUTS, ROWS)]
    if dataflow == "input_stationary":
        return [(every[0], part) for part in parts]
    if dataflow == "output_stationary":
        return [(block, every[1]) for block in blocks]
    return [(block, part) for block in blocks for part in parts]


class Stochastic(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        rng = np.random.default_rng(3)
        constants = [numpy_helper.from_array(rng.standard_normal(shape).astype(np.float32), name)
                     for name, shape in (("w", (OUTPUTS, INPUTS, 1, 1)), ("b", (OUTPUTS,)))]
        value = lambda name, channels: helper.make_tensor_value_info(
            name, TensorProto.FLOAT, [1, channels, *SIZE])
        graph = helper.make_graph([helper.make_node("Conv", ["x", "w", "b"], ["y"], name="c")], "g",
                                  [value("x", INPUTS)], [value("y", OUTPUTS)], constants)
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]),
                  self.folder / "m.onnx")

    def tensors(self, dataflow, accumulator):
        out = self.folder / "out"
        run = subprocess.run([SYSTOLE, "run", "edge-16x16", self.folder / "m.onnx", "--quiet", "--tensors",
                              out, "--set", "datapath=e3m2", "--set", f"datapath.accumulator={accumulator}",
                              "--set", f"array.dataflow={dataflow}"],
                             capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)
        entries = json.loads((out / "manifest.json").read_text())["tensors"]
        return {(entry["name"], entry["kind"]): (entry, np.load(out / entry["file"])) for entry in entries}

    def check(self, dataflow, seed, chunk=0):
        accumulator = f"{{float: fp16, rounding: stochastic, seed: {seed}"
        if chunk:
            accumulator += f", chunk: {chunk}, inner: {accumulator}}}"
        found = self.tensors(dataflow, accumulator + "}")
        form = format_named("e3m2")
        x = form.values(found["x", "activation"][1]).reshape(PIXELS, INPUTS)
        w = form.values(found["c", "weight"][1]).reshape(OUTPUTS, INPUTS).T
        replay = Sums(seed, chunk)
        for channels, ks in folds(dataflow):
            replay.fold(x, w, channels, ks)
        bias = found["c", "bias"][1]
        total = np.vectorize(lambda a, b: round_fp16(a + b, None))(replay.sums, bias)
        scale = lambda name, kind: np.float32(found[name, kind][0]["scale"])
        m = scale("x", "activation") * scale("c", "weight") / scale("y", "activation")
        expected = form.encode(total.astype(np.float32) * m)
        codes = found["y", "activation"][1].reshape(PIXELS, OUTPUTS)
        self.assertEqual(int((codes != expected).sum()), 0, (dataflow, seed, chunk))
        return total

    def test_the_generator_gives_the_published_numbers(self):
        self.assertEqual(philox((MASK,) * 4, (1 << 64) - 1), (0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd))

    def test_places_of_random_bits_in_every_dataflow(self):
        for dataflow in ("weight_stationary", "input_stationary", "output_stationary"):
            self.check(dataflow, 7)

    def test_seeds_beyond_32_bits_give_other_sums(self):
        low = self.check("weight_stationary", 7)
        high = self.check("weight_stationary", 7 + (5 << 32))
        self.assertFalse((low == high).all())

    def test_chunks_draw_at_their_ends(self):
        self.check("weight_stationary", 11, 5)
        self.check("output_stationary", (1 << 64) - 1, 7)


if __name__ == "__main__":
    unittest.main()
