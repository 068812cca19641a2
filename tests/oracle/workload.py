# SPDX-License-Identifier: Apache-2.0
"""workload.yaml and the IDX files that it names."""
import gzip
import os

import numpy as np
import yaml


def read_idx(path):
    """An IDX file of unsigned bytes: 0, 0, 8, number of dimensions, sizes (big endian), data."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        data = file.read()
    if data[:3] != b"\0\0\x08":
        raise ValueError(f"{path}: not an IDX file of unsigned bytes")
    dimensions = np.frombuffer(data, dtype=">u4", count=data[3], offset=4).astype(int)
    return np.frombuffer(data, dtype=np.uint8, offset=4 + 4 * data[3]).reshape(dimensions)


class Workload:
    def __init__(self, path):
        self._folder = os.path.dirname(os.path.abspath(path))
        with open(path, encoding="utf-8") as file:
            document = yaml.safe_load(file)
        self.model = self._path(document["model"])
        self._scale = np.float32(document["input"]["scale"])
        self._offset = np.float32(document["input"]["offset"])
        self._data = document["data"]

    @property
    def input_map(self):
        """(scale, offset) as Python floats that binary32 holds."""
        return float(self._scale), float(self._offset)

    @property
    def images_path(self):
        return self._path(self._data["images"])

    def _path(self, name):
        return os.path.join(self._folder, name)

    def _read(self, key, shape, count):
        """[images, *shape]. IDX images [images, height, width(, channels)] of an input N C H W have
        their channels last; those of other inputs have the elements in ONNX's order."""
        pixels = read_idx(self._path(self._data[key]))[:count]
        if len(shape) == 4:
            pixels = pixels.reshape(len(pixels), *shape[2:], shape[1]).transpose(0, 3, 1, 2)
        pixels = pixels.reshape(len(pixels), *shape)
        return pixels.astype(np.float32) * self._scale + self._offset

    def images(self, shape, count=None):
        """`shape`: of the network's input."""
        return self._read("images", shape, count)

    def calibration(self, shape, count=None):
        return self._read("calibration", shape, count)

    def labels(self, count=None):
        if "labels" not in self._data:
            return None
        return read_idx(self._path(self._data["labels"]))[:count].astype(int)
