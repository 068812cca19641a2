// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sim/graph/graph.hpp"
#include "sim/workload/image_set.hpp"

namespace systole::sim {

/// A float network and what runs through it.
struct Workload {
    std::string name;
    graph::Graph network;
    ImageSet images;                   ///< exactly as many as were asked for, or more
    std::vector<std::uint8_t> labels;  ///< one an image, an index of the output; empty: unknown
    ImageSet calibration;              ///< for the quantizer's ranges
};

struct WorkloadOptions {
    /// Images that the run needs; without: those of `data`, or one random image for a bare model.
    std::optional<std::uint64_t> images;
    /// Random images for the calibration of a bare model.
    std::uint64_t calibrationImages = 64;
    std::uint64_t seed = 1;  ///< of random images
};

/// Notes what `loadWorkload` would read as inputs, and reads no data.
void noteWorkload(const std::filesystem::path& path);

/// Reads a `workload.yaml` (docs/configuration.md) or a bare `.onnx`. A bare model has random
/// normal images (ImageSet::isRandom) and no labels. `full_data` stands in for `data` where its
/// files exist and more images are asked for than `data` has. Throws ConfigError for unreadable
/// files, images that are not of the network's input shape, labels that do not fit, and fewer
/// images than asked for.
Workload loadWorkload(const std::filesystem::path& path, const WorkloadOptions& options);

}  // namespace systole::sim
