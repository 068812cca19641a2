#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the random networks hold, and that the oracle reads them: over 200 seeds every operator,
rank and number of batches occurs; shapes are those that ONNX infers (RandomNetwork.model)."""
import collections
import os
import tempfile
import unittest

import numpy as np
import onnx

from float_model import run_float
from graph import MatrixWork, MoveWork, VectorWork
from onnx_graph import load_graph
from random_network import random_network, write_workload
from workload import Workload

_SEEDS = 200
_OPERATORS = """
    Add AveragePool BatchNormalization Clip Concat Conv ConvTranspose Div Erf Exp Flatten
    Gelu Gemm GlobalAveragePool HardSigmoid HardSwish LayerNormalization MatMul MaxPool
    Mul ReduceMax ReduceMean Relu Reshape Resize Sigmoid Slice Softmax Squeeze Sub Tanh
    Transpose Unsqueeze""".split()


class RandomNetworks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.networks = [random_network(seed)[0] for seed in range(_SEEDS)]
        cls.models = [network.model() for network in cls.networks]

    def test_every_operator_occurs(self):
        counts = collections.Counter(node.op_type for model in self.models
                                     for node in model.graph.node)
        rare = {name: counts[name] for name in _OPERATORS if counts[name] < 10}
        self.assertEqual(rare, {})

    def test_ranks_are_1_to_5_and_inputs_2_to_4(self):
        ranks = collections.Counter(len(shape) for network in self.networks
                                    for shape in network.shapes.values())
        self.assertEqual([rank for rank in range(1, 6) if ranks[rank] < 10], [])
        inputs = {len(network.input_shape) for network in self.networks}
        self.assertEqual(inputs, {2, 3, 4})

    def test_products_of_tensors_have_1_to_4_batches(self):
        counts = collections.Counter()
        for network, model in zip(self.networks, self.models):
            constants = {value.name for value in model.graph.initializer}
            for node in model.graph.node:
                if node.op_type == "MatMul" and node.input[1] not in constants:
                    counts[int(np.prod(network.shapes[node.output[0]][:-2]))] += 1
        self.assertEqual([batches for batches in range(1, 5) if counts[batches] < 5], [])

    def test_constants_are_batches_of_matrices_and_parts_of_concatenations(self):
        counts = collections.Counter()
        for model in self.models:
            ranks = {value.name: len(value.dims) for value in model.graph.initializer}
            for node in model.graph.node:
                if node.op_type in ("MatMul", "Concat"):
                    counts[node.op_type] += any(ranks.get(name, 0) > 2 for name in node.input)
        self.assertGreater(counts["MatMul"], 5)
        self.assertGreater(counts["Concat"], 5)

    def test_qlinear_networks_have_nothing_that_rounds_elsewhere(self):
        for seed in range(50):
            kinds = {node.op_type for node in random_network(seed, qlinear=True)[0].nodes}
            self.assertFalse(kinds & {"Softmax", "LayerNormalization", "Sigmoid", "ReduceMean"})

    def test_a_seed_gives_the_same_network_again(self):
        again = random_network(7)[0].model().SerializeToString()
        self.assertEqual(again, self.models[7].SerializeToString())


class Graphs(unittest.TestCase):
    def test_tensors_have_the_shapes_of_the_model_and_nodes_each_kind_of_work(self):
        works = collections.Counter()
        for seed in range(0, _SEEDS, 5):
            network, _ = random_network(seed)
            with tempfile.TemporaryDirectory() as folder:
                write_workload(seed, folder, images=1)
                workload = Workload(os.path.join(folder, "workload.yaml"))
                graph = load_graph(workload.model)
                x = workload.images(graph.tensors[graph.input].shape)
            works.update(type(node.work) for node in graph.nodes)
            for name, tensor in run_float(graph, x).items():
                self.assertTrue(np.isfinite(tensor).all(), f"seed {seed}: {name}")
                if name in network.shapes:
                    self.assertEqual(tensor.shape[1:], network.shapes[name], f"seed {seed}")
        for kind in (MatrixWork, VectorWork, MoveWork):
            self.assertGreater(works[kind], 20)

    def test_an_operator_without_a_row_is_an_error(self):
        model = random_network(1)[0].model()
        model.graph.node[0].op_type = "Nonsense"
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "model.onnx")
            onnx.save(model, path)
            with self.assertRaisesRegex(ValueError, "Nonsense"):
                load_graph(path)


if __name__ == "__main__":
    unittest.main()
