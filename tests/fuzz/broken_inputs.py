# SPDX-License-Identifier: Apache-2.0
"""Gives the program broken inputs: each must end with exit code 2 and a message that names the place,
quickly, without a crash and without leaving a result.

    /usr/bin/python3 tests/fuzz/broken_inputs.py build/release/systole
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import onnx
from onnx import TensorProto, helper

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TIMEOUT_SECONDS = 60


class Bench:
    """A folder with good inputs that a case may break, and a place for results."""

    def __init__(self, systole, folder):
        self.systole = systole
        self.folder = folder
        shutil.copytree(ROOT / "configs", folder / "configs")
        shutil.copytree(ROOT / "traces/resnet8_fmnist", folder / "traces")
        self.config = folder / "configs/accelerators/edge-16x16.yaml"
        self.workload = folder / "traces/workload.yaml"

    def edit(self, path, old, new):
        text = path.read_text()
        assert old in text, f"{path} has no '{old}'"
        path.write_text(text.replace(old, new, 1))

    def run_command(self, *extra):
        return ["run", self.config, self.workload, "--images", "1", *extra]


def yaml_case(old, new):
    def prepare(bench):
        bench.edit(bench.config, old, new)
        return bench.run_command()
    return prepare


def override_case(*overrides):
    def prepare(bench):
        extra = []
        for override in overrides:
            extra += ["--set", override]
        return bench.run_command(*extra)
    return prepare


def edit_case(file, old, new):
    """Changes a file that the config names."""
    def prepare(bench):
        bench.edit(bench.folder / file, old, new)
        return bench.run_command()
    return prepare


def part_case(old, new):
    return edit_case("configs/dram/ddr4_2400.yaml", old, new)


def standard_case(old, new):
    return edit_case("configs/dram_standards/ddr4.yaml", old, new)


def workload_case(old, new):
    def prepare(bench):
        bench.edit(bench.workload, old, new)
        return bench.run_command()
    return prepare


def file_case(name, change):
    """Changes the bytes of a file of the workload."""
    def prepare(bench):
        path = bench.folder / "traces" / name
        path.write_bytes(change(path.read_bytes()))
        return bench.run_command()
    return prepare


def model_case(build):
    """Another model in place of the workload's."""
    def prepare(bench):
        onnx.save(build(), str(bench.folder / "traces/model.onnx"))
        return bench.run_command()
    return prepare


def arguments_case(make):
    return make


def node_model(operator, shape=(1, 1, 28, 28), **attributes):
    node = helper.make_node(operator, ["image"], ["logits"], name="culprit", **attributes)
    value = helper.make_tensor_value_info
    graph = helper.make_graph([node], "g", [value("image", TensorProto.FLOAT, shape)],
                              [value("logits", TensorProto.FLOAT, shape)])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])


def renamed(model, name):
    model.graph.node[0].name = name
    return model


def conv_model(weight_shape, **attributes):
    size = 1
    for extent in weight_shape:
        size *= extent
    weight = helper.make_tensor("w", TensorProto.FLOAT, weight_shape, [0.5] * size)
    node = helper.make_node("Conv", ["image", "w"], ["logits"], name="culprit", **attributes)
    value = helper.make_tensor_value_info
    graph = helper.make_graph([node], "g", [value("image", TensorProto.FLOAT, (1, 1, 28, 28))],
                              [value("logits", TensorProto.FLOAT, None)], [weight])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])


def large_kernel(bench):
    """A window that no tile of the machine can hold."""
    onnx.save(conv_model([4, 1, 27, 27]), str(bench.folder / "traces/model.onnx"))
    return bench.run_command("--set", "activation_scratchpad.capacity=1KiB")


# name: (what to do, what the message must contain)
CASES = {
    # YAML
    "unknown key": (yaml_case("clock:", "klock:"), ["edge-16x16.yaml:", "klock", "clock"]),
    "duplicate key": (yaml_case("clock: 500MHz", "clock: 500MHz\nclock: 1GHz"), ["edge-16x16.yaml:5:1", "clock"]),
    "mistyped number": (yaml_case("rows: 16, columns", "rows: 8x, columns"), ["array.rows", "8x"]),
    "zero rows": (yaml_case("rows: 16, columns", "rows: 0, columns"), ["edge-16x16.yaml:5:15", "array.rows"]),
    "negative columns": (yaml_case("columns: 16", "columns: -4"), ["array.columns", "-4"]),
    "unit missing": (yaml_case("500MHz", "500"), ["clock", "500"]),
    "unit unknown": (yaml_case("64KiB", "64KB"), ["activation_scratchpad.capacity", "64KB"]),
    "unknown fragment": (yaml_case("ddr4_2400", "ddr9_9999"), ["dram", "ddr9_9999"]),
    "unknown format": (override_case("datapath.weight=e9m3"), ["--set", "e9m3", "exponent: 9, expected 1 to 8"]),
    "unknown format in a fragment": (lambda b: (b.edit(b.folder / "configs/datapaths/int8.yaml", "weight: int8", "weight: e9m3"), b.run_command())[1], ["int8.yaml:4:9", "datapath.weight", "e9m3"]),
    "bias out of range": (override_case("datapath.weight={exponent: 4, mantissa: 3, bias: 300, specials: none}"), ["datapath.weight.bias", "300"]),
    "codebook with duplicates": (override_case("datapath.weight={codebook: [1, 2, 2]}"), ["datapath.weight.codebook", "2 is there twice"]),
    "accumulator that cannot hold a product": (override_case("datapath.accumulator=int12"), ["datapath.accumulator", "16 bits"]),
    "formats: wrong parameters": (arguments_case(lambda b: ["formats", "{exponent: 3, mantissa: 2, bias: 5, specials: all}"]), ["NAME:1:", "specials", "all"]),
    "formats: not YAML": (arguments_case(lambda b: ["formats", "{exponent: 3"]), ["NAME:1:"]),
    "second document": (yaml_case("scheme: auto", "scheme: auto\n---\nname: other"), ["edge-16x16.yaml", "document"]),
    "not YAML": (yaml_case("name: edge-16x16", "name: [edge"), ["edge-16x16.yaml:"]),
    "banks not a power of two": (yaml_case("banks: 16", "banks: 12"), ["activation_scratchpad.banks", "12"]),
    "scratchpad too small for a fold": (yaml_case("weight_scratchpad: {capacity: 64KiB", "weight_scratchpad: {capacity: 256B"), ["weight_scratchpad"]),
    # memories
    "missing timing": (part_case("tRFC:", "# tRFC:"), ["ddr4_2400.yaml:", "dram.timing: missing key 'tRFC'", "ddr4.yaml:"]),
    "missing current": (part_case("IDD2N:", "# IDD2N:"), ["ddr4_2400.yaml:", "dram.power: missing key 'IDD2N'"]),
    "misspelt timing": (part_case("tRCD:", "tRDC:"), ["ddr4_2400.yaml:", "dram.timing: unknown key 'tRDC' (did you mean '"]),
    "timing with a unit": (part_case("tRCD: 17", "tRCD: 14ns"), ["ddr4_2400.yaml:", "dram.timing.tRCD: '14ns' is not an integer"]),
    "density unlike the rows": (part_case("density: 8Gb", "density: 4Gb"), ["ddr4_2400.yaml:", "dram.organization.density: 4Gb"]),
    "address map names a field twice": (override_case("dram.address_map=[row, row, column, bank_group]"), ["dram.address_map[1]: names bits 0..15 of row twice"]),
    "address map names a bit twice": (part_case("row rank bank column bank_group", "row bank column column[3] bank_group"), ["ddr4_2400.yaml:", "dram.address_map: names bit 3 of column twice"]),
    "address map leaves bits out": (part_case("row rank bank column bank_group", "row bank column[6:3] bank_group"), ["ddr4_2400.yaml:", "dram.address_map: leaves out bits 0..2 of column"]),
    "address map of huge bits": (override_case("dram.address_map=row[99999999999999999999:0] bank column bank_group"), ["dram.address_map: 'row[99999999999999999999:0]'"]),
    "hash of what is hashed": (override_case('dram.hash={"bank[0]": "row[0] bank[0]"}'), ['dram.hash."bank[0]": bank[0] is hashed itself']),
    "queue of zero": (override_case("dram.controller.queues.write=0"), ["dram.controller.queues.write: '0' is out of range"]),
    "watermarks out of order": (override_case("dram.controller.write_watermarks={high: 8, low: 9}"), ["dram.controller.write_watermarks.low: 9"]),
    "refresh by bank without it": (override_case("dram.controller.refresh=per_bank"), ["dram.controller.refresh: DDR4 has no REFB"]),
    "formula cut short": (standard_case("clocks: tRCD}", "clocks: tRCD +}"), ["ddr4.yaml:", "dram.standard.rules[0].clocks: 'tRCD +' is no formula"]),
    "formula of a fraction": (standard_case("clocks: tRCD}", "clocks: tRCD / 2}"), ["ddr4.yaml:", "'tRCD / 2' is 8.5"]),
    "formula of nobody's name": (standard_case("clocks: tRCD}", "clocks: tRCDX}"), ["ddr4_2400.yaml:", "dram.timing: missing key 'tRCDX', needed by", "ddr4.yaml:"]),
    "formula divided by zero": (standard_case("clocks: tRCD}", "clocks: tRCD / 0}"), ["ddr4.yaml:", "dram.standard.rules[0].clocks"]),
    "rule of an unknown level": (standard_case("level: bank_group,", "level: bankgroup,"), ["ddr4.yaml:", "unknown value 'bankgroup'"]),
    "rule of an unknown command": (standard_case("previous: ACT,", "previous: ACTX,"), ["ddr4.yaml:", "dram.standard.rules[0].previous: unknown value 'ACTX'"]),
    "rule of a command that is not there": (standard_case("previous: ACT,", "previous: REFB,"), ["ddr4.yaml:", "dram.standard.rules[0].previous: REFB is not among the commands"]),
    "rules that are no list": (standard_case("rules:\n", "rules: none\nrulez:\n"), ["ddr4.yaml:", "dram.standard.rules: found 'none'"]),
    "missing coefficient": (lambda b: (b.edit(b.folder / "configs/technology/generic_45nm.yaml", "clock_fj:", "clock_fjj:"), b.run_command())[1], ["generic_45nm.yaml:", "clock_fj"]),
    "scheme that does not fit": (override_case("scheme=e4m3"), ["scheme", "e4m3"]),
    "override without value": (override_case("array.rows"), ["--set array.rows", "key.path=value"]),
    "override of nothing": (override_case("array.rowz=4"), ["--set array.rowz=4"]),
    # files
    "no such config": (arguments_case(lambda b: ["run", "nowhere.yaml", b.workload]), ["nowhere.yaml"]),
    "config is a folder": (arguments_case(lambda b: ["run", b.folder, b.workload]), [str(ROOT.anchor)]),
    "no such workload": (arguments_case(lambda b: ["run", b.config, "nowhere.yaml"]), ["nowhere.yaml"]),
    "workload of unknown kind": (arguments_case(lambda b: ["run", b.config, b.folder / "traces/train.py"]), ["train.py"]),
    "model missing": (workload_case("model: model.onnx", "model: lost.onnx"), ["workload.yaml:", "lost.onnx"]),
    "more images than there are": (arguments_case(lambda b: ["run", b.config, b.workload, "--images", "999999"]), ["999999"]),
    "result in a missing folder": (arguments_case(lambda b: ["run", b.config, b.workload, "--json", b.folder / "no/such/result.json"]), ["result.json"]),
    "result on a full disk": (arguments_case(lambda b: ["run", b.config, b.workload, "--images", "1", "--json", "/dev/full"]), ["/dev/full", "No space left"]),
    # data
    "images cut short": (file_case("images.idx3-ubyte", lambda data: data[:-100]), ["images.idx3-ubyte"]),
    "images with a wrong magic number": (file_case("images.idx3-ubyte", lambda data: b"\x01" + data[1:]), ["images.idx3-ubyte"]),
    "labels fewer than images": (file_case("labels.idx1-ubyte", lambda data: data[:7] + b"\x05" + data[8:13]), ["labels"]),
    "label out of range": (file_case("labels.idx1-ubyte", lambda data: data[:8] + b"\xff" + data[9:]), ["labels.idx1-ubyte", "255"]),
    # models
    "model cut short": (file_case("model.onnx", lambda data: data[:len(data) // 2]), ["model.onnx"]),
    "model of garbage": (file_case("model.onnx", lambda data: bytes(range(256)) * 16), ["model.onnx"]),
    "empty model": (file_case("model.onnx", lambda data: b""), ["model.onnx"]),
    "unknown operator": (model_case(lambda: node_model("NonMaxSuppression")), ["model.onnx", "culprit", "NonMaxSuppression"]),
    "node of an unprintable name": (model_case(lambda: renamed(node_model("NonMaxSuppression"), "cul\x1b[31mprit\n\u202e")), ["model.onnx", r"'cul\x1b[31mprit\n\u202e'", "NonMaxSuppression"]),
    "weight of wrong shape": (model_case(lambda: conv_model([4, 2, 3, 3])), ["model.onnx", "culprit"]),
    "kernel larger than the image": (model_case(lambda: conv_model([4, 1, 40, 40])), ["model.onnx", "culprit"]),
    "stride of zero": (model_case(lambda: conv_model([4, 1, 3, 3], strides=[0, 1])), ["model.onnx", "culprit", "stride"]),
    "pads of wrong number": (model_case(lambda: conv_model([4, 1, 3, 3], pads=[1, 1])), ["model.onnx", "culprit", "pads"]),
    "input shape unlike the images": (model_case(lambda: node_model("Relu", (1, 1, 8, 8))), ["images.idx3-ubyte", "28 x 28", "8 x 8"]),
    # too small a machine for the network
    "layer does not fit": (large_kernel, ["edge-16x16", "culprit", "activation scratchpad"]),
    # command line
    "no command": (arguments_case(lambda b: []), ["a command is missing"]),
    "unknown option": (arguments_case(lambda b: ["run", b.config, b.workload, "--imagez", "3"]), ["--imagez"]),
    "GEMM of no rows": (arguments_case(lambda b: ["gemm", b.config, "0", "4", "4"]), ["M"]),
    "golden of another kind": (arguments_case(lambda b: ["golden", "check", b.workload]), ["workload.yaml"]),
}


def tree(folder):
    return {path for path in folder.rglob("*") if path.is_file()}


def check(systole, name, prepare, expected):
    """An error message, or None."""
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(systole, pathlib.Path(scratch))
        command = [str(argument) for argument in prepare(bench)]
        before = tree(bench.folder)
        if command and command[0] == "run" and "--json" not in command:
            command += ["--json", str(bench.folder / "result.json"), "--csv", str(bench.folder / "result.csv"),
                        "--tensors", str(bench.folder / "tensors")]
        try:
            run = subprocess.run([systole, *command], capture_output=True, text=True, check=False,
                                 timeout=TIMEOUT_SECONDS, cwd=scratch, env={**os.environ, "SYSTOLE_CONFIGS": ""})
        except subprocess.TimeoutExpired:
            return "does not end"
        if run.returncode != 2:
            return f"exit code {run.returncode}, expected 2; stderr: {run.stderr.strip()[:300]}"
        missing = [text for text in expected if text not in run.stderr]
        if missing:
            return f"message without {missing}: {run.stderr.strip()[:400]}"
        left = tree(bench.folder) - before
        return f"left {sorted(map(str, left))}" if left else None


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    systole = str(pathlib.Path(sys.argv[1]).resolve())
    if b"__asan_init" in pathlib.Path(systole).read_bytes():
        # What is thrown after SystemC has switched stacks looks like a use after scope to AddressSanitizer.
        del CASES["result on a full disk"]
    failures = 0
    for name, (prepare, expected) in CASES.items():
        problem = check(systole, name, prepare, expected)
        if problem:
            failures += 1
            print(f"FAIL {name}: {problem}")
    print(f"{len(CASES) - failures} passed, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
