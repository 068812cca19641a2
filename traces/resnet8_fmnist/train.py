# SPDX-License-Identifier: Apache-2.0
"""Make the workload resnet8_fmnist: a trained ResNet-8 and the images it runs on.

Trains a ResNet-8 on Fashion-MNIST and writes into the output folder
(by default the folder of this script):

  model.onnx              float model, opset 13, BatchNormalization left unfused
  images.idx3-ubyte       the first 256 test images, uncompressed IDX
  labels.idx1-ubyte       their labels
  calibration.idx3-ubyte  64 class-balanced training images
  training.json           accuracy, parameter count, seed, versions, checksums

workload.yaml and README.md are written by hand; SCALE and OFFSET below must
agree with workload.yaml.

To rerun on Debian 12 (about seven minutes on one core):

  apt install python3-torch python3-onnx python3-numpy dataset-fashion-mnist
  /usr/bin/python3 train.py

A rerun with the same library versions on the same kind of CPU gives the same
files. Another CPU may round differently, so its weights and its accuracy may
differ slightly; the image files do not change.
"""

import argparse
import gzip
import hashlib
import json
import platform
import struct
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from torch.nn import functional as F

# x = pixel * SCALE + OFFSET, so that x * 128 is exactly the integer pixel - 128.
SCALE = 1.0 / 128.0
OFFSET = -1.0

CLASSES = 10
SHIPPED_IMAGES = 256
CALIBRATION_IMAGES = 64
MAX_SHIFT = 2  # pixels, in both directions, on both axes


# --- Data -------------------------------------------------------------------


def read_idx(path):
    """Read a gzip-compressed IDX file of unsigned bytes."""
    data = gzip.decompress(Path(path).read_bytes())
    zero, kind, rank = struct.unpack(">HBB", data[:4])
    if zero != 0 or kind != 0x08:
        raise ValueError(f"{path}: not an IDX file of unsigned bytes")
    shape = struct.unpack(f">{rank}I", data[4 : 4 + 4 * rank])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape).copy()


def write_idx(path, array):
    """Write an array of unsigned bytes as an uncompressed IDX file."""
    header = struct.pack(">HBB", 0, 0x08, array.ndim)
    header += struct.pack(f">{array.ndim}I", *array.shape)
    Path(path).write_bytes(header + np.ascontiguousarray(array, np.uint8).tobytes())


def load_split(folder, prefix):
    images = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz")
    labels = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz")
    return images, labels


def normalise(pixels):
    """uint8 [N, 28, 28] -> float [N, 1, 28, 28]."""
    return torch.as_tensor(pixels).float().unsqueeze(1) * SCALE + OFFSET


def augment(pixels, generator):
    """Shift every image by up to MAX_SHIFT pixels and mirror half of them."""
    count, height, width = pixels.shape
    padded = F.pad(pixels, [MAX_SHIFT] * 4)
    shift = torch.randint(0, 2 * MAX_SHIFT + 1, (2, count, 1), generator=generator)
    mirror = torch.randint(0, 2, (count, 1), generator=generator).bool()
    rows = torch.arange(height) + shift[0]
    columns = torch.arange(width).expand(count, width)
    columns = torch.where(mirror, columns.flip(1), columns) + shift[1]
    image = torch.arange(count).view(count, 1, 1)
    return padded[image, rows.unsqueeze(2), columns.unsqueeze(1)]


def draw_calibration(labels, seed):
    """Indices of training images, as many of each class as can be."""
    rng = np.random.default_rng(seed)
    per_class, extra = divmod(CALIBRATION_IMAGES, CLASSES)
    with_extra = set(rng.permutation(CLASSES)[:extra].tolist())
    chosen = []
    for label in range(CLASSES):
        wanted = per_class + (label in with_extra)
        chosen.append(rng.choice(np.flatnonzero(labels == label), wanted, replace=False))
    return rng.permutation(np.concatenate(chosen))


# --- Model ------------------------------------------------------------------


def conv(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)


class Stage(nn.Module):
    """One basic residual block; a projection where the shape changes."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = conv(inputs, outputs, 3, stride)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu1 = nn.ReLU()
        self.conv2 = conv(outputs, outputs, 3)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.projects = stride != 1 or inputs != outputs
        if self.projects:
            self.proj = conv(inputs, outputs, 1, stride)
            self.proj_bn = nn.BatchNorm2d(outputs)
        self.relu2 = nn.ReLU()

    def forward(self, x):
        y = self.relu1(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        shortcut = self.proj_bn(self.proj(x)) if self.projects else x
        return self.relu2(y + shortcut)


class Stem(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = conv(inputs, outputs, 3)
        self.bn = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.bn(self.conv(x)))


class ResNet8(nn.Module):
    """The ResNet-8 of MLPerf Tiny, for one input channel."""

    def __init__(self):
        super().__init__()
        self.stem = Stem(1, 16)
        self.stage1 = Stage(16, 16, 1)
        self.stage2 = Stage(16, 32, 2)
        self.stage3 = Stage(32, 64, 2)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(64, CLASSES)

    def forward(self, x):
        x = self.stage3(self.stage2(self.stage1(self.stem(x))))
        return self.fc(self.flatten(self.pool(x)))


# --- Training ---------------------------------------------------------------


def make_deterministic(seed):
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # the order of summation depends on it
    torch.use_deterministic_algorithms(True)


def train(model, images, labels, args):
    images = torch.tensor(images)
    labels = torch.tensor(labels).long()
    generator = torch.Generator().manual_seed(args.seed)
    batches = len(images) // args.batch
    optimiser = torch.optim.SGD(
        model.parameters(), args.lr, momentum=0.9, nesterov=True, weight_decay=5e-4
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, args.lr, epochs=args.epochs, steps_per_epoch=batches
    )
    model.train()
    for epoch in range(args.epochs):
        start = time.time()
        order = torch.randperm(len(images), generator=generator)
        total_loss = 0.0
        for index in order[: batches * args.batch].view(batches, args.batch):
            x = normalise(augment(images[index], generator))
            loss = F.cross_entropy(model(x), labels[index])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total_loss += loss.item()
        seconds = time.time() - start
        print(f"epoch {epoch + 1}: loss {total_loss / batches:.4f}, {seconds:.0f} s", flush=True)


@torch.no_grad()
def count_correct(model, images, labels, batch=500):
    correct = 0
    for first in range(0, len(images), batch):
        guess = model(normalise(images[first : first + batch])).argmax(1).numpy()
        correct += int((guess == labels[first : first + batch]).sum())
    return correct


# --- ONNX -------------------------------------------------------------------


def export_onnx(model, path):
    """Write the model in evaluation mode, with BatchNormalization unfused."""
    torch.onnx.export(
        model,
        torch.zeros(1, 1, 28, 28),
        str(path),
        opset_version=13,
        input_names=["image"],
        output_names=["logits"],
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
    )
    exported = onnx.load(str(path))
    exported.graph.name = "resnet8_fmnist"
    unshare_weights(exported.graph)
    rename_nodes(exported.graph)
    exported = onnx.shape_inference.infer_shapes(exported)
    onnx.checker.check_model(exported, full_check=True)
    onnx.save(exported, str(path))


def unshare_weights(graph):
    """Give every layer its own weights instead of Identity nodes.

    The exporter stores equal tensors once. bn2.bias and proj_bn.bias of a stage
    are equal: they start at zero and their gradients are the same.
    """
    weights = {w.name: w for w in graph.initializer}
    for node in [n for n in graph.node if n.op_type == "Identity"]:
        copy = graph.initializer.add()
        copy.CopyFrom(weights[node.input[0]])
        copy.name = node.output[0]
        graph.node.remove(node)


def rename_nodes(graph):
    """'/stage1/conv1/Conv' becomes 'stage1.conv1', and its result 'stage1.conv1.out'."""
    del graph.value_info[:]
    renamed = {}
    for node in graph.node:
        scope = node.name.strip("/").split("/")
        is_add = node.op_type == "Add"  # not a module, so it has no scope of its own
        node.name = ".".join(scope[:-1] + (["add"] if is_add else []))
        for i, name in enumerate(node.input):
            node.input[i] = renamed.get(name, name)
        if node.output[0] != graph.output[0].name:
            renamed[node.output[0]] = f"{node.name}.out"
            node.output[0] = renamed[node.output[0]]
    if len({node.name for node in graph.node}) != len(graph.node):
        raise ValueError("two nodes have the same name")


def run_node(node, values):
    """Compute one ONNX node of the kinds this model has."""
    args = [values[name] for name in node.input]
    attrs = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    if node.op_type == "Conv":
        pads = attrs["pads"]
        x = F.pad(args[0], (pads[1], pads[3], pads[0], pads[2]))
        return F.conv2d(x, *args[1:], stride=attrs["strides"], groups=attrs["group"])
    if node.op_type == "BatchNormalization":
        x, gamma, beta, mean, variance = args
        return F.batch_norm(x, mean, variance, gamma, beta, eps=attrs["epsilon"])
    if node.op_type == "Gemm":
        weight = args[1].T if attrs.get("transB") else args[1]
        return attrs["alpha"] * args[0] @ weight + attrs["beta"] * args[2]
    simple = {
        "Relu": F.relu,
        "Add": torch.add,
        "GlobalAveragePool": lambda x: x.mean((2, 3), keepdim=True),
        "Flatten": lambda x: x.flatten(attrs["axis"]),
    }
    return simple[node.op_type](*args)


@torch.no_grad()
def check_export(model, path, images):
    """Read the ONNX file back, run its graph, and compare it with the model."""
    graph = onnx.load(str(path)).graph
    values = {w.name: torch.tensor(numpy_helper.to_array(w)) for w in graph.initializer}
    values["image"] = normalise(images)
    for node in graph.node:
        values[node.output[0]] = run_node(node, values)
    error = (values["logits"] - model(values["image"])).abs().max().item()
    if error > 1e-3:
        raise ValueError(f"{path} differs from the trained model by {error}")
    return error


# --- Report -----------------------------------------------------------------


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def accuracy(correct, count):
    return {"correct": correct, "images": count, "top1_percent": round(100 * correct / count, 4)}


def library_versions():
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "onnx": onnx.__version__,
        "numpy": np.__version__,
    }


def parse_args():
    parser = argparse.ArgumentParser(
        description="Train ResNet-8 on Fashion-MNIST and write the workload's files."
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("/usr/share/datasets/fashion-mnist"),
        help="folder of the four gzip-compressed IDX files (default: %(default)s)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(__file__).resolve().parent,
        help="folder to write into (default: the folder of this script)",
    )
    parser.add_argument("--epochs", type=int, default=8, help="default: %(default)s")
    parser.add_argument("--batch", type=int, default=128, help="default: %(default)s")
    parser.add_argument("--lr", type=float, default=0.1, help="peak rate, default: %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="default: %(default)s")
    return parser.parse_args()


def main():
    args = parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    train_images, train_labels = load_split(args.data, "train")
    test_images, test_labels = load_split(args.data, "t10k")
    few_images, few_labels = test_images[:SHIPPED_IMAGES], test_labels[:SHIPPED_IMAGES]

    files = ["model.onnx", "images.idx3-ubyte", "labels.idx1-ubyte", "calibration.idx3-ubyte"]
    onnx_path, images_path, labels_path, calibration_path = (args.out / name for name in files)
    write_idx(images_path, few_images)
    write_idx(labels_path, few_labels)
    write_idx(calibration_path, train_images[draw_calibration(train_labels, args.seed)])

    make_deterministic(args.seed)
    model = ResNet8().to(memory_format=torch.channels_last)  # faster on CPU
    train(model, train_images, train_labels, args)
    model = model.to(memory_format=torch.contiguous_format).eval()
    export_onnx(model, onnx_path)
    error = check_export(model, onnx_path, few_images)
    correct_all = count_correct(model, test_images, test_labels)
    correct_few = count_correct(model, few_images, few_labels)

    report = {
        "model": "resnet8_fmnist",
        "parameters": sum(p.numel() for p in model.parameters()),
        "fp32_test_all": accuracy(correct_all, len(test_images)),
        "fp32_test_shipped": accuracy(correct_few, len(few_images)),
        "onnx_max_logit_error": error,
        "seed": args.seed,
        "epochs": args.epochs,
        "batch": args.batch,
        "peak_learning_rate": args.lr,
        "input": {"scale": SCALE, "offset": OFFSET},
        "versions": library_versions(),
        "sha256": {name: sha256(args.out / name) for name in files},
    }
    text = json.dumps(report, indent=2) + "\n"
    (args.out / "training.json").write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
