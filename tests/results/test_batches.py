# SPDX-License-Identifier: Apache-2.0
"""Runs with --batch: the outputs of every image stay, and figures say what they are of.

    /usr/bin/python3 tests/results/test_batches.py build/release/systole
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SYSTOLE = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
EDGE = ROOT / "configs/accelerators/edge-16x16.yaml"
WORKLOAD = ROOT / "traces/resnet8_fmnist/workload.yaml"
SWEEP = f"""
name: batches
config: {EDGE}
workload: {WORKLOAD}
timing_only: true
batch: 4
grid: [{{key: array.dataflow, values: [weight_stationary]}}]
"""


def call(*arguments):
    return subprocess.run([SYSTOLE, *map(str, arguments)], capture_output=True, text=True,
                          check=False)


def run(*arguments):
    done = call("run", EDGE, WORKLOAD, "--quiet", "--json", "-", *arguments)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


class Batches(unittest.TestCase):
    def test_outputs_are_those_of_single_images(self):
        # Of 4 images with --batch 3 the last one has a program of its own.
        for dataflow in ("weight_stationary", "output_stationary", "input_stationary"):
            hashes = set()
            for batch in (1, 2, 3, 4):
                totals = run("--images", 4, "--batch", batch, "--time-every-image", "--set",
                             f"array.dataflow={dataflow}")["totals"]
                hashes.add(totals["output_sha256"])
                self.assertEqual(totals.get("batch", 1), batch)
                self.assertEqual(totals["accuracy"]["images"], 4)
            self.assertEqual(len(hashes), 1, dataflow)

    def test_totals_are_of_the_batch_and_rates_of_inferences(self):
        single = run("--timing-only")
        batch = run("--timing-only", "--batch", 4)
        self.assertNotIn("per_inference", single["totals"])
        totals = batch["totals"]
        self.assertEqual(totals["macs"], 4 * single["totals"]["macs"])
        self.assertAlmostEqual(totals["inferences_per_second"] * totals["seconds"], 4)
        for figures in [totals, *batch["layers"]]:
            each = figures["per_inference"]
            for key in ("cycles", "seconds", "energy_joules", "dram_bytes"):
                self.assertAlmostEqual(4 * each[key], figures[key], msg=key)
        self.assertAlmostEqual(totals["energy_delay_joule_seconds"] /
                               (totals["per_inference"]["energy_joules"] * totals["seconds"]), 1)

    def test_weights_are_loaded_once_for_all_images(self):
        # A fully connected layer has little more than its weights to load.
        def counters(batch):
            return run("--timing-only", "--batch", batch)["layers"][-1]["counters"]

        single, batch = counters(1), counters(8)
        self.assertEqual(single["bytes_loaded"] - 64, batch["bytes_loaded"] - 8 * 64)
        self.assertEqual(single["weight_scratchpad_writes"], batch["weight_scratchpad_writes"])

    def test_more_than_the_images_of_the_run_is_refused(self):
        done = call("run", EDGE, WORKLOAD, "--images", 2, "--batch", 3)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, "--batch: 3 is more than the 2 images of the run, expected "
                                      "1..2\n")

    def test_goldens_and_sweeps_keep_the_batch(self):
        with tempfile.TemporaryDirectory() as folder:
            golden = pathlib.Path(folder) / "golden.json"
            done = call("golden", "record", EDGE, WORKLOAD, golden, "--images", 2, "--batch", 2)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(json.loads(golden.read_text())["run"]["batch"], 2)
            self.assertEqual(call("golden", "check", golden).returncode, 0)
            sweep = pathlib.Path(folder) / "sweep.yaml"
            sweep.write_text(SWEEP)
            point = json.loads(call("sweep", sweep, "--quiet", "--json", "-").stdout)["points"][0]
            self.assertEqual(point["result"]["totals"]["batch"], 4)


if __name__ == "__main__":
    unittest.main()
