#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
import os
import tempfile
import unittest

import numpy as np

from compare_tensors import compare_folders


class CompareFolders(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.a, self.b = (os.path.join(self.folder.name, name) for name in "ab")
        for folder in (self.a, self.b):
            os.mkdir(folder)
            for name in ("logits", "middle"):
                codes = np.arange(24, dtype=np.uint8).reshape(2, 1, 3, 4)
                np.save(os.path.join(folder, name), codes)

    def _compare(self, optional=()):
        return compare_folders(self.a, self.b, "logits", optional)

    def test_equal_folders_have_no_faults(self):
        self.assertEqual(self._compare(), ([], 2))

    def test_one_changed_code_is_named_with_its_place_and_both_values(self):
        changed = np.arange(24, dtype=np.uint8).reshape(2, 1, 3, 4)
        changed[1, 0, 2, 3] = 255
        np.save(os.path.join(self.b, "middle"), changed)
        faults, _ = self._compare()
        self.assertEqual(faults, ["middle: 1 of 24 codes differ, the first at [image, axes "
                                  "..] [1, 0, 2, 3]: 0x17 expected, 0xff found"])

    def test_another_shape_or_type_is_a_fault(self):
        np.save(os.path.join(self.b, "middle"), np.arange(24, dtype=np.uint8).reshape(2, 3, 1, 4))
        self.assertEqual(len(self._compare()[0]), 1)
        np.save(os.path.join(self.b, "middle"), np.arange(24, dtype=np.int8).reshape(2, 1, 3, 4))
        self.assertEqual(len(self._compare()[0]), 1)

    def test_only_optional_tensors_may_be_missing(self):
        os.remove(os.path.join(self.b, "middle.npy"))
        self.assertEqual(self._compare()[0], ["1 tensors are lacking: middle"])
        self.assertEqual(self._compare(["other"])[0], ["1 tensors are lacking: middle"])
        self.assertEqual(self._compare(["middle"]), ([], 1))

    def test_there_may_be_more_tensors(self):
        os.remove(os.path.join(self.a, "middle.npy"))
        self.assertEqual(self._compare(), ([], 1))

    def test_the_output_may_not_be_missing(self):
        os.remove(os.path.join(self.b, "logits.npy"))
        self.assertEqual(len(self._compare(["logits"])[0]), 1)


if __name__ == "__main__":
    unittest.main()
