// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "sim/run/result.hpp"
#include "sim/workload/workload.hpp"

namespace systole::sim {

struct InferenceOptions {
    std::uint64_t images = 1;
    bool timingOnly = false;
    /// Replay every image cycle by cycle and check that each takes the same; else only the first,
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
