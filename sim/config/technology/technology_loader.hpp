// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "models/cost/technology/technology.hpp"
#include "sim/reader/config_reader.hpp"

namespace systole::sim {

/// Reads the section that a file of configs/technology holds. Every coefficient must be there, none
/// may be negative; problems are noted with the reader.
cost::Technology readTechnology(const Section& section);

/// Throws ConfigError with all problems of the file.
cost::Technology loadTechnology(const std::filesystem::path& file, const Overrides& overrides = {});

/// The technology that a text of the command line stands for: a name of configs/technology, a file,
/// or the section itself. `source` names the text in messages.
cost::Technology parseTechnology(const std::string& text, const std::string& source);

}  // namespace systole::sim
