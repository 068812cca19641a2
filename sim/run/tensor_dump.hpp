// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>

#include "sim/run/inference.hpp"
#include "sim/run/output_record.hpp"
#include "sim/run/simulation.hpp"

namespace systole::sim {

/// Collects the codes of every tensor that lies in DRAM, over all images.
class TensorDump {
public:
    TensorDump(const QuantizedNetwork& network, const LoweredNetwork& lowered);

    /// After an inference.
    void add(Simulation& simulation);

    /// One .npy a tensor, [images, height, width, channels] of codes; named after the tensor, where
    /// every character that is not a letter, digit, dot, minus or underscore became an underscore.
    void write(const std::filesystem::path& folder) const;

    std::vector<TensorHash> hashes() const;

private:
    const QuantizedNetwork& network_;
    std::map<TensorId, OutputRecord> records_;
    std::uint64_t images_ = 0;
};

}  // namespace systole::sim
