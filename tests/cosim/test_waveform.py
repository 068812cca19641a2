# SPDX-License-Identifier: Apache-2.0
"""The waveform of a product on the structural array, read back: sums on named wires in the cycles of
docs/array.md, with the values that the operands on the wires above them give.

    /usr/bin/python3 tests/cosim/test_waveform.py build/release/systole
"""
import itertools
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CONFIG = ROOT / "configs/accelerators/array-only.yaml"
SYSTOLE = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
PERIOD = 2000  # ps, of 500 MHz


class Waveform:
    """Value changes of a VCD file (IEEE 1364, clause 18), by full name."""

    def __init__(self, text):
        header, body = re.split(r"\$enddefinitions\s+\$end", text, maxsplit=1)
        self.changes = {}
        names = {}
        scope = []
        for line in header.splitlines():
            words = line.split()
            if words[:1] == ["$scope"]:
                scope.append(words[2])
            elif words[:1] == ["$upscope"]:
                scope.pop()
            elif words[:1] == ["$var"]:
                name = ".".join(scope + [words[4]])
                names.setdefault(words[3], []).append(name)
                self.changes[name] = []
        assert not scope, scope
        time = 0
        for line in body.split("\n"):
            if line.startswith("#"):
                time = int(line[1:])
            elif line.startswith("b"):
                bits, code = line[1:].split()
                self.note(names[code], time, bits)
            elif line[:1] in ("0", "1"):
                self.note(names[line[1:]], time, line[0])

    def note(self, names, time, bits):
        for name in names:
            self.changes[name].append((time, bits))

    def at(self, name, time):
        """Bits of a signal at a time; changes count from their own time on."""
        last = None
        for when, bits in self.changes[name]:
            if when > time:
                break
            last = bits
        return last


def signed(bits, width):
    value = int(bits, 2)
    # Leading bits equal to the first one, if that is 0, are left out.
    return value - (1 << width) if len(bits) == width and bits[0] == "1" else value


def systole(*arguments):
    return subprocess.run([SYSTOLE, *map(str, arguments)], capture_output=True, text=True, check=False)


class GemmWaveform(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.file = pathlib.Path(scratch.name) / "gemm.vcd"

    def run_gemm(self, m, k, n, rows, columns, *extra):
        return systole("gemm", CONFIG, m, k, n, "--set", f"array.rows={rows}", "--set", f"array.columns={columns}",
                       "--vcd", self.file, *extra)

    def test_sums_are_on_their_wires_in_the_closed_forms_cycle(self):
        m, k, n, rows, columns = 6, 3, 2, 3, 2
        run = self.run_gemm(m, k, n, rows, columns)
        self.assertEqual(run.returncode, 0, run.stderr)
        fold = rows + m + rows + columns - 2
        self.assertIn(f"waveform: {fold} cycles", run.stdout)
        wave = Waveform(self.file.read_text())

        def value(name, cycle, width):
            # Array time 0 is period 1 of the file; wires are read before its edge, in its middle.
            return signed(wave.at(f"SystemC.array.{name}", (cycle + 1) * PERIOD + PERIOD // 2 - 1), width)

        begin = rows  # X of the only fold
        for t in range(m):
            for column in range(columns):
                expected = 0
                for row in range(rows):
                    cycle = begin + t + row + column + 1  # registers of PE(r, c) after step t
                    activation = value(f"pe_{row}_{column}.activation", cycle, 8)
                    weight = value(f"pe_{row}_{column}.weight", cycle, 8)
                    expected += activation * weight
                    self.assertEqual(value(f"pe_{row}_{column}.sum", cycle, 32), expected)
                appears = begin + t + rows + column
                self.assertEqual(value(f"pe_{rows - 1}_{column}.sum", appears, 32), expected)
                self.assertEqual(value(f"pe_{rows - 1}_{column}.complete", appears, 2), 1)
        self.assertEqual(value("any_valid", begin + rows - 1, 2), 0)
        self.assertEqual(value("any_valid", begin + m + rows + columns - 1, 2), 0)
        self.assertGreater(len(wave.changes["SystemC.array.pe_2_1.sum"]), m // 2)

    def test_the_same_run_writes_the_same_bytes(self):
        written = []
        for _ in range(2):
            self.assertEqual(self.run_gemm(5, 4, 3, 2, 2).returncode, 0)
            written.append(self.file.read_bytes())
        self.assertEqual(written[0], written[1])

    def test_many_folds_agree_with_the_run(self):
        """The run's cycles and product, by its closed forms and kernels, are those of the elements. (Short
        overlapped folds of a machine wait for the accumulator buffer, which the array alone does not know.)"""
        stationary = [("weight_stationary", "serial"), ("input_stationary", "serial")]
        outputs = [("output_stationary", drain) for drain in ("serial", "shadow", "direct")]
        datapaths = itertools.cycle(("int8", "e4m3", "e4m3_fp16", "int4"))
        for (dataflow, drain), overlap, depth in itertools.product(stationary + outputs, ("false", "true"), (1, 3)):
            for shape in ((7, 11, 9), (5, 2, 7), (2, 5, 3)):
                settings = (f"array.dataflow={dataflow}", f"array.drain={drain}", f"array.overlap_folds={overlap}",
                            f"array.pipeline_depth={depth}", f"datapath={next(datapaths)}")
                with self.subTest(shape=shape, settings=settings):
                    extra = [word for setting in settings for word in ("--set", setting)]
                    run = self.run_gemm(*shape, 4, 3, *extra)
                    self.assertEqual(run.returncode, 0, run.stderr)
                    cycles = int(re.search(r"^cycles +(\d+)$", run.stdout, re.MULTILINE)[1])
                    of_array = int(re.search(r"^waveform: (\d+) cycles", run.stdout, re.MULTILINE)[1])
                    if overlap == "true" and shape == (5, 2, 7):
                        self.assertLessEqual(of_array, cycles)
                    else:
                        self.assertEqual(of_array, cycles)

    def test_a_waveform_that_would_be_too_large_is_refused(self):
        run = self.run_gemm(4096, 64, 64, 32, 32)
        self.assertEqual(run.returncode, 2)
        self.assertIn("--vcd", run.stderr)
        self.assertIn("expected at most", run.stderr)
        self.assertFalse(self.file.exists())

    def run_accumulator(self, accumulator, k):
        settings = ("array.rows=4", "array.columns=3", "datapath.activation=e4m3", "datapath.weight=e4m3",
                    f"datapath.accumulator={accumulator}")
        return systole("gemm", ROOT / "configs/accelerators/array-only.yaml", 4, k, 3, "--vcd", self.file,
                       *[word for setting in settings for word in ("--set", setting)])

    def test_chunks_agree_with_the_run_in_one_fold_and_in_several(self):
        # Four rows: K below, at and beyond them, whole folds or not, chunks that divide them or not.
        for chunk in (1, 2, 3, 4, 5, 7):
            for k in (3, 4, 5, 8, 11):
                with self.subTest(chunk=chunk, k=k):
                    run = self.run_accumulator(f"{{float: fp16, chunk: {chunk}, inner: bf16}}", k)
                    self.assertEqual(run.returncode, 0, run.stderr)

    def test_random_bits_are_refused(self):
        run = self.run_accumulator("{float: fp16, rounding: stochastic, seed: 1}", 4)
        self.assertEqual(run.returncode, 2)
        self.assertIn("rounds stochastically", run.stderr)

    def test_a_file_that_cannot_be_written_is_named(self):
        self.file = self.file.parent / "nowhere" / "gemm.vcd"
        run = self.run_gemm(2, 2, 2, 2, 2)
        self.assertEqual(run.returncode, 2)
        self.assertIn("nowhere/gemm.vcd", run.stderr)


if __name__ == "__main__":
    unittest.main()
