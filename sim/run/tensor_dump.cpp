// SPDX-License-Identifier: Apache-2.0
#include "sim/run/tensor_dump.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <system_error>

#include "sim/base/atomic_file.hpp"
#include "sim/base/config_error.hpp"
#include "sim/run/tensor_files.hpp"

namespace systole::sim {
namespace {

namespace fs = std::filesystem;

void makeFolder(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) {
        throw ConfigError(
            fmt::format("{}: cannot be created: {}", folder.string(), error.message()));
    }
}

}  // namespace

TensorDump::TensorDump(const graph::Graph& graph, const LoweredNetwork& lowered) : graph_(graph) {
    for (graph::TensorId tensor = 0; tensor < lowered.tensors.size(); ++tensor) {
        const bool isConstant = graph.tensors[tensor].origin == graph::Origin::Constant;
        if (lowered.tensors[tensor].address && graph.rootOf(tensor) == tensor && !isConstant) {
            records_[tensor];
        }
    }
}

void TensorDump::add(Simulation& simulation, std::uint64_t images) {
    images_ += images;
    for (auto& [tensor, record] : records_) {
        record.add(simulation.readTensor(tensor), graph_.quantizerOf(tensor).value().format);
    }
}

std::vector<TensorHash> TensorDump::hashes() const {
    std::vector<TensorHash> hashes;
    for (const auto& [tensor, record] : records_) {
        hashes.push_back({graph_.tensors[tensor].name, record.hash()});
    }
    return hashes;
}

template <typename Visit>
void TensorDump::forEachFile(const Visit& visit) const {
    TensorFiles names(graph_);
    const auto visitActivation = [&](graph::TensorId tensor) {
        const auto record = records_.find(tensor);
        if (record == records_.end()) return;  // it never reaches the DRAM
        TensorFile file = names.activation(tensor);
        file.shape.front() = images_;
        std::vector<std::uint8_t> bytes = record->second.bytes();
        toElements(graph_.quantizerOf(tensor).value().format, bytes);
        visit(file, bytes);
    };
    visitActivation(graph_.rootOf(graph_.input));
    for (const graph::Node& node : graph_.nodes) {
        for (const ConstantFile& constant : names.constants(node)) {
            visit(constant.description, constant.bytes);
        }
        visitActivation(node.output);
    }
}

void TensorDump::check(const fs::path& folder) const {
    if (!fs::exists(folder)) return;
    forEachFile([&](const TensorFile& file, std::span<const std::uint8_t>) {
        if (fs::exists(folder / file.file)) WriteProbe(folder / file.file);
    });
}

void TensorDump::write(const fs::path& folder) const {
    makeFolder(folder);
    // What is there of an earlier run counts no more, even if this one breaks off.
    std::error_code error;
    fs::remove(folder / kManifestName, error);
    std::vector<TensorFile> files;
    forEachFile([&](const TensorFile& file, std::span<const std::uint8_t> bytes) {
        writeFileAtomically(folder / file.file, npyFile(bytes, file.type, file.shape));
        files.push_back(file);
    });
    writeFileAtomically(folder / kManifestName,
                        manifestJson(graph_, images_, files).dump(2) + "\n");
}

}  // namespace systole::sim
