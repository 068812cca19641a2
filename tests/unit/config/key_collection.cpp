// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/config/key_collection.hpp"

#include <algorithm>
#include <filesystem>
#include <string>

#include "sim/config/dram/dram_loader.hpp"
#include "sim/config/format_reader.hpp"
#include "sim/config/machine_loader.hpp"
#include "sim/config/scheme_loader.hpp"
#include "sim/config/technology/node_scaling_loader.hpp"
#include "sim/config/technology/technology_loader.hpp"
#include "sim/study/sweep.hpp"
#include "sim/workload/workload.hpp"

namespace systole::sim {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = SYSTOLE_SOURCE_DIR;
const fs::path kConfigs = kSource / "configs";

std::vector<fs::path> filesOf(const char* folder) {
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(kConfigs / folder)) {
        if (entry.path().stem() != "node_scaling") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

void readMachines() {
    for (const fs::path& file : filesOf("accelerators")) loadRunConfig(file, {});
    const fs::path edge = kConfigs / "accelerators/edge-16x16.yaml";
    for (const fs::path& file : filesOf("datapaths")) {
        loadRunConfig(edge, {"datapath=" + file.stem().string()});
    }
    for (const fs::path& file : filesOf("dram_controllers")) {
        loadRunConfig(edge, {"dram.controller=" + file.stem().string()});
    }
    loadRunConfig(edge, {"mapping.layers.stem={loop_order: weights_outer, tile: {height: 4, "
                         "width: 4}, channels: 3, output_channels: 16}",
                         R"(dram.hash={"bank[0]": ["row[0]"], "bank[1]": "row[1]"})"});
    loadRunConfig(edge, {"dram.address_map=[row, rank, bank, column, bank_group]"});
    loadRunConfig(edge, {"energy.activity=flat", "energy.sampling=none", "technology=none"});
}

/// Formats and accumulators by their parameters, wherever they may stand.
void readNumbers() {
    const fs::path edge = kConfigs / "accelerators/edge-16x16.yaml";
    for (const char* format : {"{exponent: 3, mantissa: 2, specials: none}", "{bits: 5}",
                               "{posit: 8, es: 1}", "{codebook: [-1, -0.25, 0.25, 1]}"}) {
        parseFormat(format, "a format");
    }
    parseFormat("{element: e2m1, block: 16, scale: e4m3, tensor_scale: true}", "a block format");
    parseFormat(
        "{element: {exponent: 2, mantissa: 1, specials: none}, block: 16, "
        "scale: {exponent: 4, mantissa: 3, specials: nan_only}}",
        "a block format");
    loadRunConfig(edge, {"datapath.activation={bits: 5}", "datapath.weight={bits: 5}"});
    const std::string float16 = "{float: {exponent: 5, mantissa: 10, specials: ieee}";
    for (const std::string& accumulator :
         {std::string("{integer: 32}"), float16 + ", rounding: stochastic, seed: 1}",
          std::string("{float: fp32, chunk: 8, inner: {exact: 4}}"),
          std::string("{float: fp32, chunk: 8, inner: fp16}")}) {
        loadRunConfig(edge, {"datapath.accumulator=" + accumulator});
    }
}

}  // namespace

std::vector<KeyReference::Key> collectKeys() {
    KeyReference reference;
    reference.setRootKind("accelerators");
    readMachines();
    readNumbers();
    reference.setRootKind("dram");
    for (const fs::path& file : filesOf("dram")) loadDram(file, {});
    reference.setRootKind("schemes");
    for (const fs::path& file : filesOf("schemes")) {
        loadScheme(file, {"weight.format=int8", "activation.format=int8", "accumulator=int32"});
    }
    loadScheme(
        kConfigs / "schemes/int8.yaml",
        {"weight.format={bits: 5}", "activation.format={bits: 5}", "accumulator={integer: 32}",
         "layers={fc: {weight: {bits: 5}, activation: {bits: 5}, accumulator: {integer: 32}}}"});
    reference.setRootKind("technology");
    for (const fs::path& file : filesOf("technology")) loadTechnology(file);
    reference.setRootKind("node_scaling");
    loadNodeScaling(kConfigs / "technology/node_scaling.yaml");
    reference.setRootKind("sweeps");
    for (const fs::path& file : filesOf("sweeps")) loadSweep(file);
    reference.setRootKind("workload");
    loadWorkload(kSource / "traces/resnet8_fmnist/workload.yaml", {.images = 1});
    return reference.keys();
}

}  // namespace systole::sim
