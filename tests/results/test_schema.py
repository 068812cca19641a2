# SPDX-License-Identifier: Apache-2.0
"""What commands write follows docs/schemas/results.schema.json, which docs/results.md shows.

    /usr/bin/python3 tests/results/test_schema.py build/release/systole
"""
import csv
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SYSTOLE = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
SCHEMA = json.loads((ROOT / "docs/schemas/results.schema.json").read_text())
DEFINITIONS = SCHEMA["$defs"]
EDGE = ROOT / "configs/accelerators/edge-16x16.yaml"
WORKLOAD = ROOT / "traces/resnet8_fmnist/workload.yaml"
SWEEP = f"""
name: a sweep
config: {EDGE}
workload: {WORKLOAD}
images: 1
# With the smaller memory there is no room for the weights of the larger array.
grid:
  - {{key: array.rows, values: [8, 64]}}
  - {{key: weight_scratchpad.capacity, values: [64KiB, 1KiB]}}
"""


def commands(folder):
    """By file: the definition that it follows, and the command that writes it."""
    def file(name):
        return folder / name

    gemm = ["gemm", EDGE, 40, 50, 24, "--quiet"]
    dram = ROOT / "configs/dram"
    (folder / "sweep.yaml").write_text(SWEEP)
    (folder / "requests.trace").write_text("0 read 0x40\n3 write 0x80\n")
    compare = ["compare", EDGE, WORKLOAD, "--images", 1, "--formats", "int8,int4", "--quiet"]
    return {
        "gemm": ("result", [*gemm, "--explain", "--csv", file("result_csv")]),
        "drawn_gemm": ("result", [*gemm, "--timing-only"]),
        "free_gemm": ("result", ["gemm", ROOT / "configs/accelerators/array-only.yaml", 8, 8, 8,
                                 "--timing-only", "--quiet", "--set", "technology=none", "--set",
                                 "energy.activity=flat", "--set", "energy.sampling=none"]),
        "run": ("result", ["run", EDGE, WORKLOAD, "--images", 2, "--quiet", "--explain",
                           "--set", "dram.ecc=secded"]),
        "batch": ("result", ["run", EDGE, WORKLOAD, "--timing-only", "--batch", 2, "--quiet"]),
        "datapaths": ("result", ["run", ROOT / "configs/accelerators/edge-16x16-int4-int8.yaml",
                                 WORKLOAD, "--images", 1, "--quiet"]),
        "dram": ("dram", ["dram", dram / "ddr4_2400.yaml", "rand_rw", "--requests", 300, "--quiet",
                          "--commands", file("commands_csv")]),
        "conflicts": ("dram", ["dram", dram / "ddr4_2400.yaml", "row_conf", "--requests", 30,
                               "--quiet"]),
        "ideal": ("dram", ["dram", dram / "ideal.yaml", "seq", "--requests", 30, "--quiet"]),
        "trace": ("dram", ["dram", dram / "hbm2.yaml", file("requests.trace"), "--quiet"]),
        "area": ("area", ["area", EDGE]),
        "area_with_notes": ("area", ["area", EDGE, "--set", "sequencer.queue_depth=4096"]),
        "pe": ("pe", ["pe", "--activation", "mxfp8_e4m3", "--weight", "mxfp8_e4m3",
                      "--accumulator", "fp32"]),
        "pe_of_int8": ("pe", ["pe", "--activation", "int8", "--weight", "int8"]),
        "pe_of_two_recipes": ("pe", ["pe", "--activation", "int8", "--weight", "int8",
                                     "--technology", "osu018"]),
        "pe_without_energy": ("pe", ["pe", "--activation", "int8", "--weight", "int8",
                                     "--stimulus", "none"]),
        "memory": ("memory", ["memory", "--capacity", "96KiB", "--word-bits", "384", "--clock", "1GHz"]),
        "formats": ("formats", ["formats"]),
        "e5m2": ("formats_of_one", ["formats", "e5m2"]),
        "mxfp4": ("formats_of_block", ["formats", "mxfp4"]),
        "compare": ("compare", [*compare, "--csv", file("compare_csv")]),
        "free_compare": ("compare", [*compare, "--set", "technology=none"]),
        "sweep": ("sweep", ["sweep", file("sweep.yaml"), "--quiet", "--csv", file("sweep_csv")]),
    }


def resolve(schema):
    return DEFINITIONS[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema


def validator(schema):
    return jsonschema.Draft202012Validator({**schema, "$defs": DEFINITIONS})


class Coverage:
    """Which properties of the schema were in a document."""

    def __init__(self):
        self.seen = set()

    def add(self, schema, value):
        schema = resolve(schema)
        for option in schema.get("anyOf", []):
            if validator(option).is_valid(value):
                self.add(option, value)
        for part in schema.get("allOf", []):
            self.add(part, value)
        if isinstance(value, list):
            for element in value:
                self.add(schema.get("items", {}), element)
        if isinstance(value, dict):
            for key, inner in value.items():
                known = schema.get("properties", {}).get(key)
                if known is not None:
                    self.seen.add(id(known))
                    self.add(known, inner)
                elif isinstance(schema.get("additionalProperties"), dict):
                    self.add(schema["additionalProperties"], inner)

    def missing(self, schema, path):
        for key, inner in schema.get("properties", {}).items():
            if id(inner) not in self.seen:
                yield f"{path}.{key}"
            yield from self.missing(inner, f"{path}.{key}")
        for key in ("items", "additionalProperties"):
            if isinstance(schema.get(key), dict):
                yield from self.missing(schema[key], path + "[]")
        for option in schema.get("anyOf", []):
            yield from self.missing(option, path)


def objects_in(schema, path):
    if isinstance(schema, dict):
        if "properties" in schema and "type" in schema:
            yield path, schema
        for key, inner in schema.items():
            yield from objects_in(inner, f"{path}/{key}")


class Results(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.scratch.name)
        cls.documents = {}
        for name, (kind, arguments) in commands(cls.folder).items():
            file = cls.folder / f"{name}.json"
            run = subprocess.run([SYSTOLE, *map(str, arguments), "--json", file],
                                 capture_output=True, text=True, check=False)
            assert run.returncode == 0, f"{name}: {run.stderr}"
            cls.documents[name] = (kind, json.loads(file.read_text()))

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def test_the_schema_is_one_and_strict(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)
        for path, schema in objects_in(DEFINITIONS, ""):
            if path == "/figures":  # its users are strict
                continue
            closed = schema.get("additionalProperties", schema.get("unevaluatedProperties"))
            self.assertTrue(closed is False or "names" in schema, path)

    def test_documents_follow_it(self):
        for name, (kind, document) in self.documents.items():
            with self.subTest(name):
                errors = validator(DEFINITIONS[kind]).iter_errors(document)
                self.assertEqual([f"{error.json_path}: {error.message}" for error in errors], [])

    def test_csv_files_have_its_columns(self):
        for name in ("result_csv", "commands_csv", "compare_csv", "sweep_csv"):
            with self.subTest(name), open(self.folder / name, newline="") as file:
                rows = list(csv.reader(file))
                self.assertEqual(len(set(rows[0])), len(rows[0]), "a column is there twice")
                for row in rows[1:]:
                    self.assertEqual(len(row), len(rows[0]))
                    validator(DEFINITIONS[name]).validate(dict(zip(rows[0], row)))

    def test_it_has_no_key_that_is_never_written(self):
        coverage = Coverage()
        for kind, document in self.documents.values():
            coverage.add(DEFINITIONS[kind], document)
        for kind, definition in DEFINITIONS.items():
            if not kind.endswith("_csv"):
                self.assertEqual(list(coverage.missing(definition, kind)), [])

    def test_the_page_shows_it(self):
        check = subprocess.run([sys.executable, ROOT / "scripts/results_page.py", "--check"],
                               capture_output=True, text=True, check=False)
        self.assertEqual(check.returncode, 0, check.stdout + check.stderr)
        for line in (ROOT / "docs/results.md").read_text().splitlines():
            self.assertLessEqual(len(line), 100, line)


if __name__ == "__main__":
    unittest.main()
