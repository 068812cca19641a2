# SPDX-License-Identifier: Apache-2.0
"""What goldens stand on: the same run writes the same bytes, and one changed weight is found and named.

    /usr/bin/python3 tests/golden/golden_behaviour.py build/release/systole
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import onnx
from onnx import numpy_helper

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CONFIG = ROOT / "configs/accelerators/edge-16x16.yaml"
SYSTOLE = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None


def systole(*arguments):
    return subprocess.run([SYSTOLE, *map(str, arguments)], capture_output=True, text=True, check=False)


class GoldenBehaviour(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.folder = pathlib.Path(self.scratch.name)
        shutil.copytree(ROOT / "traces/resnet8_fmnist", self.folder / "traces")
        self.workload = self.folder / "traces/workload.yaml"
        self.golden = self.folder / "golden.json"

    def record(self, *options):
        run = systole("golden", "record", CONFIG, self.workload, self.golden, "--images", "4", *options)
        self.assertEqual(run.returncode, 0, run.stderr)

    def check(self, *options):
        run = systole("golden", "check", self.golden, *options)
        self.assertIn(run.returncode, (0, 1), run.stderr)
        return [line.split(": ", 1)[1] for line in run.stdout.splitlines()]

    def change_weight(self, name, index, by):
        path = self.folder / "traces/model.onnx"
        model = onnx.load(str(path))
        for tensor in model.graph.initializer:
            if tensor.name == name:
                values = numpy_helper.to_array(tensor).copy()
                values[index] += by
                tensor.CopyFrom(numpy_helper.from_array(values, name))
        onnx.save(model, str(path))

    def test_two_runs_write_the_same_bytes(self):
        written = []
        for turn in ("first", "second"):
            files = [self.folder / f"{turn}.json", self.folder / f"{turn}.csv"]
            run = systole("run", CONFIG, self.workload, "--images", "4", "--json", files[0], "--csv", files[1])
            self.assertEqual(run.returncode, 0, run.stderr)
            written.append([run.stdout] + [file.read_bytes() for file in files])
        self.assertEqual(written[0], written[1])

    def test_an_unchanged_run_is_equal(self):
        self.record()
        self.assertEqual(systole("golden", "check", self.golden).returncode, 0)

    def test_one_of_shipped_names_goes_anywhere(self):
        run = systole("golden", "record", "array-only", "resnet8_fmnist", self.golden, "--images", "1")
        self.assertEqual(run.returncode, 0, run.stderr)
        elsewhere = self.folder / "a" / "b" / "moved.json"
        elsewhere.parent.mkdir(parents=True)
        self.golden.rename(elsewhere)
        run = systole("golden", "check", elsewhere)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def test_a_result_is_no_golden(self):
        run = systole("run", "array-only", "resnet8_fmnist", "--timing-only", "--json", self.golden)
        self.assertEqual(run.returncode, 0, run.stderr)
        run = systole("golden", "check", self.golden)
        self.assertEqual(run.returncode, 2)
        self.assertIn("is no golden file: its schema is \"systole-result/1\"", run.stderr)

    def test_one_changed_weight_is_found_and_its_tensor_named(self):
        self.record()
        self.change_weight("stage2.conv2.weight", (3, 2, 1, 1), 0.25)
        run = systole("golden", "check", self.golden)
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn("tensor 'stage2.bn2.out': codes differ", run.stdout)
        self.assertIn("tensor 'logits': first differing element: image", run.stdout)
        self.assertNotIn("tensor 'stage2.relu1.out'", run.stdout)  # computed before the weight counts

    def test_another_technology_is_no_difference_without_costs(self):
        self.record()
        self.assertNotIn("joules", self.golden.read_text())
        self.assertNotIn("area_", self.golden.read_text())
        lines = self.check("--set", "technology=generic_22nm")
        self.assertEqual([line for line in lines if not line.startswith("config: ")],
                         ['/config/technology: "generic_22nm", expected "generic_45nm"', "1 difference"])
        self.assertIn('config: technology.name: "generic_22nm", recorded "generic_45nm"', lines)

    def test_another_technology_is_one_of_every_cost_with_costs(self):
        self.record("--costs")
        self.assertTrue(json.loads(self.golden.read_text())["run"]["costs"])
        self.assertEqual(self.check(), ["equal"])
        differences = "\n".join(self.check("--set", "technology=generic_22nm"))
        for path in ("/totals/area_mm2:", "/totals/energy_joules:", "/totals/energy_band/leakage/low_joules:",
                     "/totals/area_by_component/array/area_um2:",
                     "/layers/stem.conv/energy_by_component_joules/leakage:"):
            self.assertIn(path, differences)
        self.assertNotIn("cycles", differences)

    def test_a_changed_counter_names_layer_value_and_expectation(self):
        self.record()
        golden = json.loads(self.golden.read_text())
        counters = golden["result"]["layers"]["stem.conv"]["counters"]
        macs = counters["macs"]
        counters["macs"] = 7
        self.golden.write_text(json.dumps(golden))
        self.assertEqual(self.check(), [
            f"largest change: /layers/stem.conv/counters/macs: +{100 * (macs - 7) / 7:.0f} %, from 7 to {macs}",
            f"/layers/stem.conv/counters/macs: {macs}, expected 7", "1 difference"])

    def test_what_changed_in_the_config_comes_first_then_the_five_largest_changes(self):
        self.record()
        lines = self.check("--set", "array.rows=8", "--set", "vector_unit.lanes=8")
        self.assertEqual(lines[:2], ["config: array.rows: 8, recorded 16", "config: vector_unit.lanes: 8, recorded 16"])
        largest = [line for line in lines if line.startswith("largest change: ")]
        self.assertEqual(lines[2:7], largest)
        kinds = [line.split("/")[1] for line in largest]
        self.assertEqual(kinds, ["totals"] * 3 + ["layers"] * 2)
        percents = [abs(float(re.search(r": ([-+][0-9.]+) %, from", line)[1])) for line in largest]
        self.assertEqual(percents[:3], sorted(percents[:3], reverse=True))
        self.assertEqual(percents[3:], sorted(percents[3:], reverse=True))
        self.assertEqual(lines[7], "/config/array_rows: 8, expected 16")

    def test_a_config_that_changes_nothing_else_is_no_difference(self):
        self.record()
        golden = json.loads(self.golden.read_text())
        golden["config"]["sequencer"]["queue_depth"] = 99
        del golden["config"]["dma"]
        golden["config"]["gone"] = {"key": [1, 2]}
        self.golden.write_text(json.dumps(golden))
        lines = self.check()
        self.assertEqual(lines[0], "config: dma.bytes_per_cycle: 32, recorded without")
        self.assertIn("config: sequencer.queue_depth: 16, recorded 99", lines)
        self.assertEqual(lines[-2:], ["config: gone.key: none, recorded [1,2]", "equal"])

    def test_more_than_twenty_keys_of_a_config_are_counted(self):
        self.record("--costs")
        lines = [line for line in self.check("--set", "technology=generic_22nm") if line.startswith("config: ")]
        self.assertEqual(len(lines), 21)
        self.assertRegex(lines[-1], r"^config: [0-9]+ more keys$")

    def test_a_golden_without_a_config_says_so(self):
        run = self.edited(lambda golden: (golden.pop("config"), golden["result"]["totals"].update(cycles=1)))
        self.assertIn("config: not in this golden: record it anew", run.stdout.splitlines()[0])

    def test_a_golden_is_replaced_only_by_force(self):
        self.record()
        before = self.golden.read_bytes()
        again = ("golden", "record", CONFIG, self.workload, self.golden, "--images", "2")
        run = systole(*again)
        self.assertEqual((run.returncode, self.golden.read_bytes()), (2, before))
        self.assertIn("is there already, expected a new name, or --force", run.stderr)
        self.assertEqual(systole(*again, "--force").returncode, 0)
        self.assertNotEqual(self.golden.read_bytes(), before)

    def test_json_on_standard_output_is_the_file_and_the_table_goes_elsewhere(self):
        result = self.folder / "result.json"
        run = ("run", CONFIG, self.workload, "--images", "1", "--json")
        toFile, toOutput = systole(*run, result), systole(*run, "-")
        self.assertEqual(toOutput.stdout, result.read_text())
        self.assertEqual(toOutput.stderr, toFile.stdout)
        self.assertEqual(systole(*run, "-", "--quiet").stderr, "")

    def edited(self, change):
        self.golden.unlink(missing_ok=True)
        self.record()
        golden = json.loads(self.golden.read_text())
        change(golden)
        self.golden.write_text(json.dumps(golden))
        return systole("golden", "check", self.golden)

    def test_an_output_of_another_layout_differs(self):
        def drop_an_image(golden):
            golden["output"]["codes"].pop()

        def lengthen(golden):
            golden["output"]["codes"][0] += "ff"

        def reshape(golden):
            golden["output"]["shape"] = [9, 9]

        def rename(golden):
            golden["output"]["tensor"] = "foo"

        for change, line in ((drop_an_image, "/output/codes: 4, expected 3"),
                             (lengthen, "/output/codes/0: 20 digits, expected 22"),
                             (reshape, "/output/shape/0: 4, expected 9"),
                             (rename, '/output/tensor: "logits", expected "foo"')):
            with self.subTest(line):
                run = self.edited(change)
                self.assertEqual(run.returncode, 1, run.stderr)
                self.assertIn(line, run.stdout)

    def test_a_count_of_images_that_is_none_is_the_users_error(self):
        for images in (0, -1, 2.9, 2**64 - 1, "four"):
            with self.subTest(images):
                run = self.edited(lambda golden: golden["run"].update(images=images))
                self.assertEqual(run.returncode, 2)
                self.assertIn(f"run.images: {json.dumps(images)}, expected an integer from 1", run.stderr)

    def test_a_golden_of_an_older_schema_is_to_be_recorded_anew(self):
        self.golden.write_text('{"schema": "systole-golden/1", "result": {}}')
        run = systole("golden", "check", self.golden)
        self.assertEqual(run.returncode, 2)
        self.assertIn('schema "systole-golden/1", expected "systole-golden/2": '
                      "record it anew with `systole golden record`", run.stderr)

    def test_another_machine_differs_in_cycles_but_not_in_values(self):
        self.record()
        run = systole("golden", "check", self.golden, "--set", "array.rows=8")
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertIn("/totals/cycles:", run.stdout)
        self.assertNotIn("tensor '", run.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
