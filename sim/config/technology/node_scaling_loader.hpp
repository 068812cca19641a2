// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "models/cost/technology/node_scaling.hpp"
#include "sim/reader/config_reader.hpp"

namespace systole::sim {

/// Reads configs/technology/node_scaling.yaml. Throws ConfigError with all problems of the file.
cost::NodeScaling loadNodeScaling(const std::filesystem::path& file,
                                  const Overrides& overrides = {});

/// The factors. Throws ConfigError where the nodes' families mix or a voltage is out of range.
cost::ScalingFactors requireScaling(const cost::NodeScaling& scaling,
                                    const cost::OperatingPoint& from,
                                    const cost::OperatingPoint& to);

}  // namespace systole::sim
