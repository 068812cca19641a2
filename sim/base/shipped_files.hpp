// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

/// Where the files lie that Systole ships: `configs/` and `traces/`.
namespace systole::sim {

/// Folders of the shipped configs, those to be looked at first in front:
/// - the environment variable SYSTOLE_CONFIGS, if it is set;
/// - an installed program's: `bin/systole` finds `share/systole/configs`;
/// - the source tree that the program was built from.
/// A folder that does not exist is left out.
std::vector<std::filesystem::path> configFolders();

/// The same for the shipped networks, `traces/`; no variable names them.
std::vector<std::filesystem::path> traceFolders();

/// `given` if such a file exists, or if it is more than a plain name. Else the shipped config of
/// that name, the first that there is of several kinds: of `accelerators`, `edge-16x16` is
/// `configs/accelerators/edge-16x16.yaml`. Where there is none either, `given`.
std::string shippedConfig(const std::string& given, const std::vector<std::string>& kinds);

/// The same for a network: `resnet8_fmnist` for `traces/resnet8_fmnist/workload.yaml`.
std::string shippedWorkload(const std::string& given);

}  // namespace systole::sim
