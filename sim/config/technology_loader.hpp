// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "models/cost/technology.hpp"
#include "sim/config/config_reader.hpp"

namespace systole::sim {

/// Reads the section that a file of configs/technology holds. Every coefficient must be there, none
/// may be negative; problems are noted with the reader.
cost::Technology readTechnology(const Section& section);

/// Throws ConfigError with all problems of the file.
cost::Technology loadTechnology(const std::filesystem::path& file, const Overrides& overrides = {});

/// The processing element of the technology. Throws ConfigError, which lists those that there are.
const cost::ProcessingElement& requireProcessingElement(const cost::Technology& technology,
                                                        const std::string& activation,
                                                        const std::string& weight,
                                                        const std::string& accumulator);

}  // namespace systole::sim
