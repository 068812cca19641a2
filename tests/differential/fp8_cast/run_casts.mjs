// SPDX-License-Identifier: Apache-2.0
// Runs a model of casts in ONNX Runtime, graph optimisation disabled.
//
//   node run_casts.mjs MODULES MODEL.onnx INPUT.f32 FOLDER
//
// MODULES is the folder whose node_modules holds onnxruntime-node. INPUT.f32 are the values of the
// model's one input, of shape [N]; each output becomes FOLDER/<name>.f32, binary32 as well.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const [modules, model, input, folder] = process.argv.slice(2);
const ort = createRequire(join(resolve(modules), "package.json"))("onnxruntime-node");
const session = await ort.InferenceSession.create(model, {
    graphOptimizationLevel: "disabled",
    intraOpNumThreads: 1,
});
const bytes = readFileSync(input);
const values = new Float32Array(bytes.length / 4);
Buffer.from(values.buffer).set(bytes);
const tensor = new ort.Tensor("float32", values, [values.length]);
const outputs = await session.run({ [session.inputNames[0]]: tensor });
for (const name of session.outputNames) {
    const { buffer, byteOffset, byteLength } = outputs[name].data;
    writeFileSync(join(folder, name + ".f32"), Buffer.from(buffer, byteOffset, byteLength));
}
console.log(`onnxruntime-node: ${values.length} values, ${session.outputNames.length} casts`);
