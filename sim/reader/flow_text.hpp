// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sim/reader/yaml_document.hpp"

namespace systole::sim {

/// A value as YAML in one line, as it may stand after `--set key=`. Relative paths of files count
/// from the working directory then: `./fp5.yaml` in sweeps/a.yaml becomes `sweeps/fp5.yaml`.
std::string flowText(const yaml::Node& node);

}  // namespace systole::sim
