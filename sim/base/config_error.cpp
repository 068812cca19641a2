// SPDX-License-Identifier: Apache-2.0
#include "sim/base/config_error.hpp"

#include "sim/base/text.hpp"

namespace systole::sim {

ConfigError::ConfigError(const std::string& problem) : std::runtime_error(printable(problem)) {}

ConfigError ConfigError::ofLines(const std::vector<std::string>& problems) {
    Lines lines;
    for (const std::string& problem : problems) {
        lines.text += (lines.text.empty() ? "" : "\n") + printable(problem);
    }
    return ConfigError(lines);
}

}  // namespace systole::sim
