# SPDX-License-Identifier: Apache-2.0
"""Random networks of all three kinds of work, ranks 1 to 5."""
import numpy as np

from random_base import MOST_ELEMENTS
from random_images import ImageBlocks
from random_rows import RowBlocks


class RandomNetwork(ImageBlocks, RowBlocks):
    def __init__(self, rng, qlinear, convolutions_only, constant_weights):
        self.constant_weights = constant_weights
        super().__init__(rng, qlinear, convolutions_only)
        rank = 4 if convolutions_only or qlinear else self.pick((4, 4, 4, 4, 3, 2))
        height, width = self.pair(5, 12)
        channels = 1 if convolutions_only or self.chance(0.7) else self.number(2, 4)
        self.shape = {4: (1, channels, height, width), 3: (1, height, width),
                      2: (1, height * width)}[rank]
        self.input_shape = self.shape

    def add_random_block(self):
        blocks = self._image_blocks() if len(self.shape) == 4 and self.shape[0] == 1 else \
            self._row_blocks()
        if self.constant_weights:
            blocks = [block for block in blocks if block not in (
                self.attention, self.attention_images, self.batches, self.product_with_itself)]
        self.pick(blocks)()

    def _image_blocks(self):
        blocks = [self.plain, self.plain, self.depthwise, self.transposed, self.residual,
                  self.max_pool, self.average_pool, self.lone_batch_norm, self.read_twice]
        if not self.convolutions_only:
            blocks += [self.branches, self.split_channels, self.shuffle, self.any_slice,
                       self.any_concat, self.squeeze_and_excite, self.element_wise,
                       self.element_wise, self.row_of_image]
            if not self.qlinear:
                blocks += [self.resize, self.to_rows, self.to_rows, self.function, self.function,
                           self.softmax, self.layer_norm, self.reduction, self.attention_images,
                           self.other_rank]
        return [block for block in blocks
                if block != self.transposed or np.prod(self.shape) < MOST_ELEMENTS]

    def _row_blocks(self):
        rank = len(self.shape)
        blocks = [self.function] * 4 + [
            self.element_wise, self.element_wise, self.any_slice, self.any_concat, self.softmax,
            self.layer_norm, self.unsqueeze]
        if rank >= 2:
            blocks += [self.any_transpose, self.matmul, self.matmul, self.reduction,
                       self.other_rank, self.product_with_itself]
        if rank == 2:
            blocks += [self.gemm_rows, self.gemm_rows]
        if rank == 3 and self.shape[0] == 1:
            blocks += [self.attention, self.attention, self.feed_forward, self.convolve_rows,
                       self.convolve_rows, self.to_image]
        if rank in (1, 5):
            blocks += [self.other_rank, self.other_rank]
        if rank > 2:
            blocks += [self.batches, self.batches]
        return blocks

    def add_head(self):
        image = len(self.shape) == 4 and self.shape[0] == 1
        if image and self.chance(0.5):
            self.on("GlobalAveragePool", shape=(*self.shape[:2], 1, 1))
        if image and self.shape[2:] == (1, 1) and not self.convolutions_only and self.chance(0.3):
            self.on("Squeeze", self.numbers([2, 3]), shape=self.shape[:2])
        elif image and self.chance(0.8):
            self.on("Flatten", shape=(1, int(np.prod(self.shape))), axis=1)
        elif len(self.shape) != 2 or self.shape[0] != 1:
            self.reshape((1, int(np.prod(self.shape))))
        if self.chance(0.3):
            self.gemm(self.number(3, 16))
            self.bounded()
        self.gemm(self.number(2, 12))
        if self.chance(0.3) and not self.qlinear:
            self.on("Softmax", axis=1)
