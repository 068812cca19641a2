// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "sim/run/result.hpp"
#include "sim/workload/workload.hpp"

namespace systole::sim {

/// Images of one program at most.
inline constexpr std::uint32_t kMostBatch = 65536;

struct InferenceOptions {
    std::uint64_t images = 1;
    /// Images of one program (graph::withImages). The last ones, if they are fewer, have a program
    /// of their own. Without `timingOnly` no more than `images`.
    std::uint32_t batch = 1;
    bool timingOnly = false;
    /// Replay every batch cycle by cycle and check that each takes the same; else only the first,
    /// and the others for their values alone.
    bool timeEveryImage = false;
    std::optional<std::filesystem::path> tensors;  ///< folder for an .npy a tensor
    bool hashTensors = false;                      ///< fill InferenceOutcome::tensorHashes
};

/// SHA-256 of a tensor's codes over all images.
struct TensorHash {
    std::string name;
    std::string sha256;
};

struct InferenceOutcome {
    Result result;
    std::string outputTensor;
    std::vector<std::uint8_t> outputs;       ///< codes, low byte first, image after image
    std::vector<std::uint64_t> outputShape;  ///< images, then axes from slowest to fastest
    std::uint32_t elementBytes = 1;
    std::vector<TensorHash> tensorHashes;  ///< in the order of execution
};

/// Quantizes the workload by the config's scheme, lowers it and replays it.
InferenceOutcome infer(const RunConfig& config, const Workload& workload,
                       const InferenceOptions& options);

}  // namespace systole::sim
