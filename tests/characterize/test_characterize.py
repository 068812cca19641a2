#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The parts of analysis/characterize by themselves, on a library of two cells."""

import csv
import io
import subprocess
import sys
import tempfile
import unittest
from fractions import Fraction
from pathlib import Path
from unittest import mock

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "analysis"))

from characterization import (circuits, energy, formats, gates, liberty, measure,  # noqa: E402
                              stimulus, table)
from characterization.errors import UsageError  # noqa: E402
from characterization.netlist import Instance, Netlist  # noqa: E402

# Loads of 0 and 1 pF, slews of 0 and 2 ns; energies in pJ, leakage in nW.
LIBRARY = """
library(tiny) {
  time_unit : "1ns"; voltage_unit : "1V"; leakage_power_unit : "1nW";
  capacitive_load_unit (1,pf); nom_voltage : 2.0;
  lu_table_template(delay) {
    variable_1 : total_output_net_capacitance; variable_2 : input_net_transition;
    index_1 ("0, 1"); index_2 ("0, 2"); }
  cell (INV) { area : 3; cell_leakage_power : 5;
    pin(A) { direction : input; capacitance : 0.5; }
    pin(Y) { direction : output; function : "(!A)";
      internal_power() { related_pin : "A";
        rise_power(delay) { values ("1, 1", "3, 3"); }
        fall_power(delay) { values ("2, 2", "2, 2"); } }
      timing() { related_pin : "A";
        cell_rise(delay) { values ("1, 2", "3, 4"); }
        cell_fall(delay) { values ("1, 1", "1, 1"); }
        rise_transition(delay) { values ("0, 0", "2, 2"); }
        fall_transition(delay) { values ("0, 0", "4, 4"); } } } }
  cell (DFF) { area : 9; cell_leakage_power : 7;
    ff (IQ,IQN) { next_state : "D"; clocked_on : "C"; }
    pin(D) { direction : input; capacitance : 0.25; }
    pin(C) { direction : input; clock : true; capacitance : 0.5; }
    pin(Q) { direction : output; function : "IQ";
      timing() { related_pin : "C"; timing_type : rising_edge;
        cell_rise(delay) { values ("1, 1", "1, 1"); }
        cell_fall(delay) { values ("1, 1", "1, 1"); }
        rise_transition(delay) { values ("1, 1", "1, 1"); }
        fall_transition(delay) { values ("1, 1", "1, 1"); } } } }
}
"""


def library(text=LIBRARY):
    with tempfile.NamedTemporaryFile("w", suffix=".lib") as file:
        file.write(text)
        file.flush()
        return liberty.Library(file.name)


def inverters():
    """in -> INV -> middle -> INV -> out"""
    made = Netlist.__new__(Netlist)
    made.library = library()
    inverter = made.library.cells["INV"]
    made.instances = [Instance("first", inverter, {"A": 2, "Y": 3}),
                      Instance("second", inverter, {"A": 3, "Y": 4})]
    made.ports = {"in": ("input", 2), "out": ("output", 4)}
    return made


def characterize(*arguments):
    return subprocess.run([sys.executable, "-B", str(REPOSITORY / "analysis" / "characterize"),
                           *arguments], capture_output=True, text=True, check=False)


class Liberty(unittest.TestCase):
    def test_tables_are_linear_between_and_beyond_their_points(self):
        rise = library().cells["INV"].pins["Y"].arcs[0].tables["cell_rise"]
        self.assertEqual([rise.at(0, 0), rise.at(1, 2), rise.at(0.5, 1), rise.at(2, 0)],
                         [1, 4, 2.5, 5])

    def test_units_of_the_file_become_pf_ns_and_pj(self):
        text = LIBRARY.replace("(1,pf)", "(1,ff)").replace('"1ns"', '"10ps"')
        cell = library(text).cells["INV"]
        self.assertAlmostEqual(cell.pins["A"].capacitance, 0.0005)
        self.assertAlmostEqual(cell.pins["Y"].power[0][1].at(0.001, 0), 0.003)
        self.assertAlmostEqual(cell.pins["Y"].arcs[0].tables["cell_rise"].at(0.001, 0.02), 0.04)
        self.assertAlmostEqual(cell.leakage_uw, 0.005)

    def test_a_broken_line_is_named(self):
        for broken, line in ((LIBRARY.replace("area : 3;", "area : 3; }}"), 18),
                             (LIBRARY.replace("index_1 (", "index_1 (("), 0),
                             (LIBRARY[:LIBRARY.index("cell (DFF)") + 30], 0),
                             (LIBRARY.replace("area : 9;", ""), 19),
                             (LIBRARY.replace('"1, 2", "3', '"1, x", "3'), 8)):
            with self.assertRaises(UsageError) as caught:
                library(broken)
            self.assertRegex(str(caught.exception), r"\.lib:%s" % (line or r"\d+"))


class Energy(unittest.TestCase):
    def test_is_internal_energy_and_half_c_v_squared_of_each_transition(self):
        netlist = inverters()
        electrics = gates.Electrics(netlist)
        # A cycle: one rise and one fall of every net. Loads: 0.5, 0.5 and 0 pF at 2 V.
        sums = energy.totals(netlist, electrics, lambda net: (1, 1))
        self.assertAlmostEqual(sums["inputs"], 2 * 0.5 * 0.5 * 4)
        first = (1 + 0.5 * 2) + 2 + 2 * 0.5 * 0.5 * 4
        second = 1 + 2
        self.assertAlmostEqual(sums["pj_comb"], first + second)
        self.assertAlmostEqual(sums["pj_per_op"], first + second + sums["inputs"])

    def test_delays_follow_load_and_slew(self):
        electrics = gates.Electrics(inverters())
        self.assertEqual(electrics.slews[3], 1.5)  # at 0.5 pF, of 1 and 2 ns
        self.assertEqual(electrics.delays(4), (1.75, 1.0))  # no load

    def test_functions_become_verilog(self):
        for function, verilog in (("(!((A B)+C))", "( ~ ( ( {A} & {B} ) | {C} ) )"),
                                  ("A'*(B^C)", "(~{A}) & ( {B} ^ {C} )"),
                                  ("(A+B)' C", "(~( {A} | {B} )) & {C}")):
            self.assertEqual(gates.verilog_function(function), verilog)


class Stimulus(unittest.TestCase):
    def test_random_numbers_are_those_of_splitmix64(self):
        generator = stimulus.SplitMix64(1234567)
        self.assertEqual([generator.next() for _ in range(3)],
                         [6457827717110365317, 3203168211198807973, 9817491932198370423])

    def test_gaussian_numbers_have_mean_0_and_deviation_1(self):
        generator = stimulus.SplitMix64(1)
        drawn = [generator.gaussian() / 65536 for _ in range(4000)]
        self.assertAlmostEqual(sum(drawn) / 4000, 0, delta=0.05)
        self.assertAlmostEqual(sum(value * value for value in drawn) / 4000, 1, delta=0.05)

    def test_codes_are_the_nearest_values(self):
        e4m3 = formats.operand("e4m3")
        magnitudes = stimulus.float_values(e4m3)
        for value, code in ((0, 0), (Fraction(1, 2), 0), (Fraction(3, 2), 2), (8, 8), (17, 16),
                            (19, 18), (10**9, 127), (-17, 128 + 16)):
            self.assertEqual(stimulus.operand_code(e4m3, value, 1, magnitudes), code)

    def test_float_sums_are_rounded_flushed_and_saturated(self):
        fp16 = formats.accumulator("fp16_flush")
        for value, code in ((1, 0x3C00), (-2, 0xC000), (Fraction(2049, 2048), 0x3C00),
                            (Fraction(2051, 2048), 0x3C02), (10**6, 0x7BFF),
                            (Fraction(1, 1 << 15), 0), (Fraction(4095, 2048), 0x4000)):
            self.assertEqual(stimulus.float_sum_code(fp16, value), code)

    def test_ports_of_other_layouts_hold_the_same_value(self):
        for kind, name in (("sign_magnitude", "int6"), ("composable", "int4"),
                           ("composable", "int8")):
            circuit = circuits.make("multiplier", name, name, multiplier=kind)
            for code in range(1 << circuit.weight.bits):
                value = stimulus.value_of(circuit.weight, code)
                if kind == "sign_magnitude" and value == -32:
                    continue  # not there
                port = stimulus.port_code(circuit, circuit.weight, code, 1)
                self.assertEqual(stimulus.value_at_port(circuit, circuit.weight, port, 1), value)


class Table(unittest.TestCase):
    def test_rows_measured_again_replace_those_of_their_circuit_and_mode(self):
        def row(name, mode, stimulus_name, area):
            return {"unit": "pe", "activation": name, "weight": name, "accumulator": "int32",
                    "multiplier": "integer", "library": "tiny", "mode": mode,
                    "stimulus": stimulus_name, "area_um2": area}
        old = [row("int4", "area", "gauss", 1), row("int4", "area", "unif", 1),
               row("int4", "fast", "", 2), row("int8", "area", "gauss", 3)]
        new = [row("int8", "area", "gauss", 4), row("int2", "area", "gauss", 5),
               row("int4", "area", "gauss", 6)]
        order = {("pe", name, name, "int32", "integer"): place
                 for place, name in enumerate(("int2", "int4", "int8"))}
        self.assertEqual([(r["activation"], r["mode"], r["area_um2"])
                          for r in table.merge(old, new, order)],
                         [("int2", "area", 5), ("int4", "area", 6), ("int4", "fast", 2),
                          ("int8", "area", 4)])


class Measure(unittest.TestCase):
    def test_the_length_of_paths_does_not_depend_on_the_folder_for_temporary_files(self):
        seen = []

        def best(circuit, library, mode, folder):
            seen.append(folder)
            raise UsageError("enough")
        for place in (tempfile.gettempdir(), "/var/tmp"):
            with mock.patch.object(measure, "best", best), \
                    mock.patch.object(tempfile, "tempdir", place), \
                    self.assertRaises(UsageError):
                measure.measure(None, None, measure.Request())
        self.assertEqual(len(str(seen[0])), len(str(seen[1])))


class CommandLine(unittest.TestCase):
    def test_errors_are_one_message_and_leave_no_file(self):
        with tempfile.TemporaryDirectory() as folder:
            output = str(Path(folder) / "table.csv")
            for arguments, message in (
                    (("--pe", "e4m3", "e4m3", "int99"), "accumulator 'int99': unknown"),
                    (("--pe", "e9m3", "e4m3", "exact"), "format 'e9m3': unknown"),
                    (("--pe", "int8", "e4m3", "exact"), "no multiplier takes"),
                    (("--pe", "int8", "int8", "fp32"), "products of floats only"),
                    (("--alone", "int8", "int8", "--multiplier", "magic"), "arch/rtl has none"),
                    (("--guard-bits", "3"), "only with --pe"),
                    (("--spread", "--mode", "area"), "--spread: not with --mode"),
                    (("--liberty", "/nowhere.lib"), "/nowhere.lib: No such file"),
                    (("--circuits", str(REPOSITORY / "LICENSE")), "LICENSE:93: mapping")):
                done = characterize(*arguments, "--output", output)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(message, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                self.assertEqual(list(Path(folder).iterdir()), [])

    def test_netlists_of_a_small_element_compute_its_sums(self):
        done = characterize("--pe", "e2m1", "int2", "exact")
        self.assertEqual(done.returncode, 2)
        done = characterize("--pe", "short_e2m1", "short_e2m1", "exact", "--guard-bits", "2",
                            "--mode", "area", "--stimulus", "unif", "--cycles", "100")
        self.assertEqual(done.returncode, 0, done.stderr)
        row = next(csv.DictReader(io.StringIO(done.stdout)))
        self.assertEqual((row["sum_bits"], row["dffs"]), ("13", "21"))
        self.assertGreater(float(row["pj_per_op"]), float(row["pj_clk"]))

    def test_the_spread_of_a_circuit_holds_its_row(self):
        done = characterize("--alone", "e2m1", "e2m1", "--spread")
        self.assertEqual(done.returncode, 0, done.stderr)
        spread = next(csv.DictReader(io.StringIO(done.stdout)))
        with open(REPOSITORY / "analysis/characterization/osu018.csv", encoding="utf-8") as file:
            row = next(row for row in csv.DictReader(file)
                       if (row["unit"], row["activation"], row["weight"], row["mode"])
                       == ("multiplier", "e2m1", "e2m1", "area"))
        self.assertGreater(int(spread["netlists"]), int(spread["near"]))
        self.assertGreaterEqual(float(row["area_um2"]), float(spread["least_um2"]))
        self.assertLessEqual(float(row["area_um2"]), 1.02 * float(spread["least_um2"]))
        self.assertGreaterEqual(float(row["delay_ns"]), float(spread["near_least_ns"]))
        self.assertLess(float(spread["near_least_ns"]), float(spread["near_largest_ns"]))


if __name__ == "__main__":
    unittest.main()
