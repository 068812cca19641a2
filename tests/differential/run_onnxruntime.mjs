// SPDX-License-Identifier: Apache-2.0
// Runs an ONNX model in ONNX Runtime, graph optimisation disabled, and writes its outputs as .npy.
//
//   node run_onnxruntime.mjs MODULES MODEL.onnx IMAGES.idx OUTPUT --images=N --scale=S --offset=O
//
// MODULES is the folder whose node_modules holds onnxruntime-node. The model's input is one image,
// pixel * scale + offset in binary32. Every output becomes OUTPUT/<name>.npy of shape [images, axes
// as in ONNX]; an axis 0 of extent 1 in a tensor of several axes is the images'. int8 and uint8 are
// written as uint8 bit patterns, float32 as it is, or not at all with --codes.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";

function readIdx(path) {
    let data = readFileSync(path);
    if (path.endsWith(".gz")) data = gunzipSync(data);
    if (data.readUInt16BE(0) !== 0 || data[2] !== 8) {
        throw new Error(`${path}: not an IDX file of bytes`);
    }
    const sizes = Array.from({ length: data[3] }, (_, i) => data.readUInt32BE(4 + 4 * i));
    const [images, height, width = 1, channels = 1] = sizes;
    return { images, height, width, channels, pixels: data.subarray(4 + 4 * data[3]) };
}

// Pixels are channels last; images of rank 4 are channels first in ONNX.
function inputTensor(ort, idx, image, shape, scale, offset) {
    const { height, width, channels, pixels } = idx;
    const size = height * width * channels;
    const values = new Float32Array(size);
    const isImage = shape.length === 4;
    for (let i = 0; i < size; ++i) {
        const position = Math.floor(i / channels);
        const place = isImage ? (i % channels) * height * width + position : i;
        values[place] = Math.fround(Math.fround(pixels[image * size + i] * scale) + offset);
    }
    return new ort.Tensor("float32", values, shape.map((n) => (typeof n === "number" ? n : 1)));
}

function withoutBatch(tensor) {
    const { dims, data } = tensor;
    return { shape: dims.length > 1 && dims[0] === 1 ? dims.slice(1) : dims, data };
}

function npy(shape, arrays) {
    const element = arrays[0].constructor.name;
    const type = { Int8Array: "|u1", Uint8Array: "|u1", Float32Array: "<f4" }[element];
    if (!type) throw new Error(`outputs of type ${element} are not supported`);
    let header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`;
    header = header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11) + "\n";
    const length = Buffer.alloc(2);
    length.writeUInt16LE(header.length);
    const bytes = arrays.map((a) => Buffer.from(a.buffer, a.byteOffset, a.byteLength));
    const magic = Buffer.from("\x93NUMPY\x01\x00", "latin1");
    return Buffer.concat([magic, length, Buffer.from(header), ...bytes]);
}

async function main() {
    const { values, positionals } = parseArgs({
        allowPositionals: true,
        options: {
            codes: { type: "boolean", default: false },
            images: { type: "string", default: "16" },
            scale: { type: "string", default: "1" },
            offset: { type: "string", default: "0" },
        },
    });
    const [modules, model, images, folder] = positionals;
    const ort = createRequire(join(resolve(modules), "package.json"))("onnxruntime-node");
    const session = await ort.InferenceSession.create(model, {
        graphOptimizationLevel: "disabled",
        intraOpNumThreads: 1,
    });
    const idx = readIdx(images);
    const count = Math.min(Number(values.images), idx.images);
    const [scale, offset] = [Math.fround(Number(values.scale)), Math.fround(Number(values.offset))];
    const results = new Map(session.outputNames.map((name) => [name, []]));
    const { name: input, shape } = session.inputMetadata[0];
    for (let image = 0; image < count; ++image) {
        const feeds = { [input]: inputTensor(ort, idx, image, shape, scale, offset) };
        const outputs = await session.run(feeds);
        for (const [name, list] of results) list.push(withoutBatch(outputs[name]));
    }
    mkdirSync(folder, { recursive: true });
    for (const [name, list] of results) {
        if (values.codes && list[0].data instanceof Float32Array) continue;
        const file = join(folder, name.replace(/[^A-Za-z0-9._-]/g, "_") + ".npy");
        writeFileSync(file, npy([count, ...list[0].shape], list.map((r) => r.data)));
    }
    console.log(`onnxruntime-node: ${count} images, ${results.size} outputs`);
}

await main();
