// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>

#include "sim/run/inference.hpp"
#include "sim/run/output_record.hpp"
#include "sim/run/simulation.hpp"

namespace systole::sim {

/// Collects the codes of every tensor that lies in DRAM, over all images. Views are their tensor,
/// and constants are not among them.
class TensorDump {
public:
    TensorDump(const graph::Graph& graph, const LoweredNetwork& lowered);

    /// ConfigError unless all files can be written; before the first inference.
    void check(const std::filesystem::path& folder) const;

    /// After a replay of so many images.
    void add(Simulation& simulation, std::uint64_t images);

    /// An .npy for each tensor, and for the weights and biases of each layer, in the order of
    /// execution, and the manifest that describes them (docs/tensors.md), which comes last.
    void write(const std::filesystem::path& folder) const;

    std::vector<TensorHash> hashes() const;

private:
    /// Calls visit(file, bytes) in the order of the manifest.
    template <typename Visit>
    void forEachFile(const Visit& visit) const;

    const graph::Graph& graph_;
    std::map<graph::TensorId, OutputRecord> records_;
    std::uint64_t images_ = 0;
};

}  // namespace systole::sim
