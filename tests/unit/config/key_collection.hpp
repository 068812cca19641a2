// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "sim/reader/key_reference.hpp"

namespace systole::sim {

/// Every key that Systole's YAML files may have: what the readers ask for while they read all
/// shipped files, and some more that have the other keys.
std::vector<KeyReference::Key> collectKeys();

}  // namespace systole::sim
