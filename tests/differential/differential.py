#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a workload in Systole and in the oracle (tests/oracle); compares the codes of all tensors.

    differential.py build/release/systole WORK --scheme int8                  ResNet-8
    differential.py build/release/systole WORK --scheme e4m3 --random 10      random networks
    differential.py build/release/systole WORK --random 10 --draw             arithmetic drawn, too
    differential.py build/release/systole WORK --scheme int8 --onnxruntime    ONNX Runtime as well

Prints one line, PASS or FAIL, after the differences. Exit 0 or 1; 77 (skipped) where node, npm or a
Python module is missing.
"""
import argparse
import functools
import importlib.util
import json
import math
import os
import subprocess
import sys

sys.dont_write_bytecode = True  # the source tree may be read-only

_SKIPPED = 77
_HERE = os.path.dirname(os.path.abspath(__file__))
_ROOT = os.path.dirname(os.path.dirname(_HERE))
_ORACLE = os.path.join(_ROOT, "tests", "oracle")


class Failure(Exception):
    """A command failed; its message is one line."""


def main():
    arguments = _parse()
    missing = [name for name in ("numpy", "onnx", "yaml") if importlib.util.find_spec(name) is None]
    if missing:
        print(f"SKIPPED: no Python module {', '.join(missing)}")
        return _SKIPPED
    os.makedirs(arguments.work, exist_ok=True)
    modules = None
    if arguments.onnxruntime:
        from onnxruntime_modules import Unavailable, install
        try:
            modules = install(arguments.modules or os.path.join(arguments.work, "onnxruntime"))
        except Unavailable as reason:
            print(f"SKIPPED: {reason}")
            return _SKIPPED
    faults, compared, exported = [], 0, 0
    for name, workload, folder, options in _subjects(arguments):
        try:
            case = _Case(options, workload, folder, modules)
            found, tensors = case.run()
            exported += case.is_exported
        except Failure as failure:
            found, tensors = [str(failure)], 0
        faults += [f"{name}: {fault}" for fault in found]
        compared += tensors
    if arguments.exported and not exported:
        faults.append("no network could be exported")
    for fault in faults:
        print(fault)
    print(f"{'FAIL' if faults else 'PASS'}: {'drawn' if arguments.draw else arguments.scheme}, "
          f"{_subject_name(arguments)}"
          f"{', ONNX Runtime' if modules else ''}"
          f"{f', {exported} exported' if exported else ''}: {compared} tensors compared")
    return 1 if faults else 0


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("systole", help="the executable")
    parser.add_argument("work", help="folder for intermediate files")
    parser.add_argument("--scheme", default="int8", help="a name in configs/schemes")
    parser.add_argument("--scheme-set", action="append", default=[], metavar="KEY.PATH=VALUE",
                        help="override a key of the scheme, e.g. weight.granularity=per_tensor")
    parser.add_argument("--config", help="default: configs/accelerators/edge-16x16.yaml",
                        default=os.path.join(_ROOT, "configs", "accelerators", "edge-16x16.yaml"))
    parser.add_argument("--set", action="append", default=[], help="passed to systole run")
    parser.add_argument("--fold-rows", type=int, default=0, metavar="R",
                        help="products of a fold in the oracle: what --set makes of the array")
    parser.add_argument("--images", type=int, default=16)
    parser.add_argument("--workload", default=os.path.join(_ROOT, "traces", "resnet8_fmnist",
                                                           "workload.yaml"))
    parser.add_argument("--random", type=int, metavar="N", help="N random networks instead")
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--draw", action="store_true",
                        help="draw scheme, dataflow, array and batch of each random network")
    parser.add_argument("--batch", type=int, default=1, metavar="N",
                        help="images of a run, where systole run has the option")
    parser.add_argument("--convolutions", action="store_true",
                        help="random networks of convolutions, pooling, additions, Softmax alone")
    parser.add_argument("--onnxruntime", action="store_true",
                        help="export by systole quantize and run in ONNX Runtime, too")
    parser.add_argument("--exported", action="store_true",
                        help="export by systole quantize and evaluate that, where it can be")
    parser.add_argument("--modules", metavar="DIR",
                        help="where onnxruntime-node is, or is to be, installed; default: in WORK")
    return parser.parse_args()


def _subject_name(arguments):
    if arguments.random is None:
        return os.path.basename(os.path.dirname(os.path.abspath(arguments.workload)))
    return f"random networks of seeds {arguments.first_seed}.." \
           f"{arguments.first_seed + arguments.random - 1}"


def _subjects(arguments):
    """Yields (name, workload, work folder, arguments of that case)."""
    if arguments.random is None:
        yield _subject_name(arguments), arguments.workload, arguments.work, arguments
        return
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.random):
        name, options = f"seed {seed}", arguments
        if arguments.draw:
            from drawn_cases import draw, text
            drawn = draw(seed)
            name = f"{name} {text(drawn)}"
            options = argparse.Namespace(**{**vars(arguments), **drawn})
        folder = os.path.join(arguments.work, f"seed{seed}")
        _write_network(options, seed, folder)
        yield name, os.path.join(folder, "workload.yaml"), folder, options


def _write_network(arguments, seed, folder):
    command = [sys.executable, "-B", os.path.join(_ORACLE, "random_network.py"), "--seed",
               str(seed), "--output", folder, "--images", str(arguments.images)]
    if arguments.onnxruntime:
        command.append("--qlinear")
    if arguments.convolutions:
        command.append("--convolutions")
    formats = [_scheme_document(arguments)[side]["format"] for side in ("activation", "weight")]
    if len({_bytes_of(name) for name in formats}) > 1:
        command.append("--constant-weights")
    _call(command)


def _bytes_of(format_name):
    """What the code of a format takes in memory."""
    sys.path.insert(0, _ORACLE)
    from formats import format_named
    return (format_named(format_name).bits + 7) // 8


def _scheme_document(arguments):
    """The scheme with the overrides."""
    import yaml
    with open(os.path.join(_ROOT, "configs", "schemes", arguments.scheme + ".yaml"),
              encoding="utf-8") as file:
        document = yaml.safe_load(file)
    for item in arguments.scheme_set:
        path, value = item.split("=", 1)
        *sections, key = path.split(".")
        section = document
        for name in sections:
            section = section[name]
        section[key] = yaml.safe_load(value)
    return document


def _call(command):
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise Failure(str(error)) from error
    if result.returncode != 0:
        lines = (result.stderr.strip() or result.stdout.strip() or "no message").splitlines()
        shown = " ".join(os.path.basename(word) for word in command[:4])
        raise Failure(f"'{shown} ...' exited with {result.returncode}: " + " | ".join(lines[-3:]))
    return result.stdout


class _Case:
    """One network: the oracle's tensors, and Systole's and ONNX Runtime's compared with them."""

    def __init__(self, arguments, workload, folder, modules):
        self.arguments, self.workload, self.folder, self.modules = (arguments, workload, folder,
                                                                    modules)
        self.overrides = [item.split("=", 1) for item in arguments.scheme_set]
        self.scheme = self._write_scheme()
        self.is_exported = False

    def run(self):
        """Returns the faults and the number of tensors compared."""
        self._call_oracle()
        self._call_systole()
        faults, compared = self._compare("systole", self.summary["optional"])
        faults = [f"systole run: {fault}" for fault in faults] + self._compare_summaries()
        faults += self._compare_parameters()
        if self.modules:
            self._call_onnxruntime()
            more, tensors = self._compare("onnxruntime", self.summary["optional"])
            faults += [f"ONNX Runtime: {fault}" for fault in more]
            compared += tensors
        self.is_exported = self.arguments.exported and self._evaluate_exported()
        if self.is_exported:
            more, tensors = self._compare("exported", self.summary["optional"])
            faults += [f"exported model: {fault}" for fault in more]
            compared += tensors
        return faults, compared

    def _write_scheme(self):
        """The scheme with the overrides, as a file for the oracle and the exporter."""
        import yaml
        document = _scheme_document(self.arguments)
        os.makedirs(self.folder, exist_ok=True)
        with open(self._path("scheme.yaml"), "w", encoding="utf-8") as file:
            yaml.safe_dump(document, file, sort_keys=False)  # the first of the layers counts
        return self._path("scheme.yaml")

    def _systole_overrides(self):
        """The scheme, and a datapath of the same formats."""
        datapath = self.arguments.scheme.removesuffix("_fixed_point")
        sets = [f"datapath={datapath}", f"scheme={self.arguments.scheme}"]
        for path, value in self.overrides:
            sets.append(f"scheme.{path}={value}")
            if path in ("activation.format", "weight.format", "accumulator"):
                sets.append(f"datapath.{path.removesuffix('.format')}={value}")
        return sets + self.arguments.set

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _empty(self, name):
        """A folder without tensors of an earlier run."""
        os.makedirs(self._path(name), exist_ok=True)
        for file in os.listdir(self._path(name)):
            os.remove(os.path.join(self._path(name), file))
        return self._path(name)

    def _call_oracle(self):
        _call([sys.executable, "-B", os.path.join(_ORACLE, "reference.py"), self.workload,
               "--scheme", self.scheme, "--images", str(self.arguments.images),
               "--fold-rows", str(self.arguments.fold_rows), "--output", self._empty("oracle"),
               "--parameters", self._empty("oracle_parameters")])
        with open(self._path("oracle/summary.json"), encoding="utf-8") as file:
            self.summary = json.load(file)

    def _call_systole(self):
        command = [self.arguments.systole, "run", self.arguments.config, self.workload,
                   "--images", str(self.arguments.images), "--tensors", self._empty("systole"),
                   "--json", self._path("systole.json"), "--quiet"]
        if self.arguments.batch > 1 and _has_batches(self.arguments.systole):
            command += ["--batch", str(self.arguments.batch)]
        for override in self._systole_overrides():
            command += ["--set", override]
        _call(command)
        self._sort_tensors()

    def _sort_tensors(self):
        """Renames the files that the manifest describes as the oracle names its own."""
        sys.path.insert(0, _ORACLE)
        import numpy as np
        from reference import as_codes, file_name
        with open(self._path("systole/manifest.json"), encoding="utf-8") as file:
            tensors = json.load(file)["tensors"]
        layers = {kind: iter(self.summary["layers"]) for kind in ("weight", "bias")}
        self._empty("systole_parameters")
        for tensor in tensors:
            place = self._path(os.path.join("systole", tensor["file"]))
            values = np.load(place)
            os.remove(place)
            kind = tensor["kind"]
            if kind == "activation":
                name = os.path.join("systole", file_name(tensor["name"]))
                values = self._as_oracle(values, tensor)
            else:
                name = os.path.join("systole_parameters",
                                    file_name(f"{next(layers[kind])}.{kind}"))
            np.save(self._path(name), values if kind == "bias" else
                    as_codes(values, tensor["format"]))
        os.remove(self._path("systole/manifest.json"))

    def _as_oracle(self, values, tensor):
        """The axes of ONNX, those of one element as the oracle has them."""
        import numpy as np
        sys.path.insert(0, _ORACLE)
        from reference import file_name
        values = values.transpose(_natural(tensor["layout"]))
        try:
            shape = np.load(self._path(os.path.join("oracle", file_name(tensor["name"])))).shape
        except OSError:
            return values
        return values.reshape(shape) if values.size == np.prod(shape) else values

    def _call_onnxruntime(self):
        sys.path.insert(0, _ORACLE)
        from workload import Workload
        workload = Workload(self.workload)
        scale, offset = workload.input_map
        exported = self._export()
        _call(["node", os.path.join(_HERE, "run_onnxruntime.mjs"), self.modules, exported,
               workload.images_path, self._empty("onnxruntime"), "--codes",
               f"--images={self.arguments.images}", f"--scale={scale!r}", f"--offset={offset!r}"])

    def _export(self):
        exported = self._path("quantized.onnx")
        _call([self.arguments.systole, "quantize", self.workload, self.scheme,
               "--output", exported, "--all-outputs"])
        return exported

    def _evaluate_exported(self):
        """Whether the network has an ONNX of codes; its tensors are in the folder `exported`."""
        folder = self._empty("exported")
        try:
            exported = self._export()
        except Failure as failure:
            if "cannot become ONNX" in str(failure):
                return False
            raise
        import numpy as np
        from exported_onnx import ExportedModel
        from reference import as_file, file_name
        from workload import Workload
        model = ExportedModel(exported)
        images = Workload(self.workload).images(model.input_shape, self.arguments.images)
        results = [model.run(image) for image in images]
        for name in model.outputs:
            np.save(os.path.join(folder, file_name(name)),
                    as_file(np.stack([result[name] for result in results]).view(np.uint8)))
        return True

    def _compare(self, folder, optional=()):
        sys.path.insert(0, _HERE)
        from compare_tensors import compare_folders
        return compare_folders(self._path("oracle"), self._path(folder),
                               self.summary["output_file"], optional)

    def _compare_parameters(self):
        """Weight codes, and biases whatever the type of their numbers."""
        import numpy as np
        faults = []
        ours, theirs = self._path("oracle_parameters"), self._path("systole_parameters")
        for name in sorted(os.listdir(theirs)):
            expected, found = (np.load(os.path.join(folder, name)) for folder in (ours, theirs))
            if expected.dtype.kind == "U":  # beyond 64 bits
                expected = np.array([float(int(code)) for code in expected])
            if expected.size == found.size:  # a kernel that covers an image may be written as a row
                expected = expected.reshape(found.shape)
            if expected.shape != found.shape or not np.array_equal(expected, found):
                faults.append(f"{name} differs from the oracle's")
        if len(os.listdir(theirs)) != 2 * len(self.summary["layers"]):
            faults.append("weights and biases are not those of every layer")
        return faults

    def _compare_summaries(self):
        with open(self._path("systole.json"), encoding="utf-8") as file:
            result = json.load(file)
        accuracy = result["totals"].get("accuracy", {})
        faults = []
        for key in ("top1", "fp32_top1", "sqnr_db"):
            expected, found = self.summary[key], accuracy.get(key)
            if expected is not None and not _equal(expected, found):
                faults.append(f"accuracy.{key}: {expected} expected, {found} found")
        return faults


@functools.cache
def _has_batches(systole):
    return "--batch" in _call([systole, "run", "--help"])


def _natural(layout):
    """The places of the axes in ONNX's order."""
    return sorted(range(len(layout)), key=lambda place: "NBCDHW".index(layout[place]))


def _equal(expected, found):
    """Sums of squares may be in another order; nothing else differs."""
    return isinstance(found, (int, float)) and math.isclose(expected, found, rel_tol=1e-9)


if __name__ == "__main__":
    sys.exit(main())
