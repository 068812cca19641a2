// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

/// Where the files lie that Systole ships: `configs/` and `traces/`.
namespace systole::sim {

/// Folders of the shipped configs, those to be looked at first in front:
/// - the environment variable SYSTOLE_CONFIGS, if it is set;
/// - an installed program's: `bin/systole` finds `share/systole/configs`;
/// - the source tree that the program was built from.
/// Of the last two, a folder that does not exist is left out.
std::vector<std::filesystem::path> configFolders();

/// The same for the shipped networks, `traces/`; no variable names them.
std::vector<std::filesystem::path> traceFolders();

}  // namespace systole::sim
