# SPDX-License-Identifier: Apache-2.0
"""An installed systole runs from any folder, with the configs and networks that lie beside it.

    /usr/bin/python3 tests/install/test_install.py build/release
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.prefix = pathlib.Path(cls.scratch.name) / "a prefix"
        cls.elsewhere = pathlib.Path(cls.scratch.name) / "else where"
        cls.elsewhere.mkdir()
        subprocess.run(["cmake", "--install", BUILD, "--prefix", cls.prefix], check=True,
                       capture_output=True)

    def systole(self, *arguments):
        """Its name found on PATH, in a folder that knows nothing of the project."""
        environment = {"PATH": f"{self.prefix}/bin:{os.environ['PATH']}"}
        return subprocess.run(["systole", *arguments], cwd=self.elsewhere, env=environment,
                              capture_output=True, text=True, check=False)

    def array_rows(self, *arguments):
        run = self.systole("gemm", *arguments, "8", "8", "8", "--json", "result.json")
        self.assertEqual(run.returncode, 0, run.stderr)
        return json.loads((self.elsewhere / "result.json").read_text())["config"]["array_rows"]

    def test_a_config_is_known_by_its_name(self):
        self.assertEqual(self.array_rows("edge-16x16"), 16)

    def test_the_installed_files_are_read_and_not_those_of_the_sources(self):
        installed = self.prefix / "share/systole/configs/accelerators/edge-16x16.yaml"
        text = installed.read_text()
        self.addCleanup(installed.write_text, text)
        installed.write_text(text.replace("rows: 16,", "rows: 8,"))
        self.assertEqual(self.array_rows("edge-16x16"), 8)

    def test_a_file_of_the_users_own_takes_shipped_fragments(self):
        shipped = self.prefix / "share/systole/configs/accelerators/edge-16x16.yaml"
        (self.elsewhere / "own.yaml").write_text(shipped.read_text())
        self.assertEqual(self.array_rows("own.yaml", "--set", "datapath=e4m3"), 16)

    def test_a_file_here_goes_before_a_shipped_one_of_its_name(self):
        here = self.elsewhere / "edge-16x16"
        self.addCleanup(here.unlink)
        here.write_text("name: mine\n")
        run = self.systole("gemm", "edge-16x16", "8", "8", "8")
        self.assertEqual(run.returncode, 2)
        self.assertIn("edge-16x16:1:1: array: missing key", run.stderr)

    def test_a_shipped_network_is_known_by_its_name(self):
        run = self.systole("run", "edge-16x16", "resnet8_fmnist", "--images", "1")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("resnet8_fmnist", run.stdout)

    def test_a_memory_a_sweep_and_a_scheme_are(self):
        for arguments in (["dram", "ddr4_2400", "seq", "--requests", "100"],
                          ["dram", "edge-16x16", "seq", "--requests", "100"],
                          ["sweep", "array_by_format"],
                          ["quantize", "resnet8_fmnist", "int8", "--output", "q.onnx"]):
            run = self.systole(*arguments)
            self.assertEqual(run.returncode, 0, run.stderr)

    def test_an_unknown_name_is_an_error_that_names_it(self):
        run = self.systole("gemm", "edge-17x17", "8", "8", "8")
        self.assertEqual(run.returncode, 2)
        self.assertIn("edge-17x17", run.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
