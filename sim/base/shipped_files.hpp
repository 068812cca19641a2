// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
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

/// What a shipped file is called that a name stands for; the name itself where there is none.
using ShippedFile = std::function<std::string(const std::string& name)>;

/// The shipped config of a name, the first that there is of several kinds: of `accelerators`,
/// `edge-16x16` is `configs/accelerators/edge-16x16.yaml`. A path is no name.
std::string shippedConfig(const std::string& name, const std::vector<std::string>& kinds);

/// A shipped network: `resnet8_fmnist` is `traces/resnet8_fmnist/workload.yaml`.
std::string shippedWorkload(const std::string& name);

/// A file of the user's, if there is one, goes before a shipped one of its name.
std::string fileOrShipped(const std::string& given, const ShippedFile& shipped);

}  // namespace systole::sim
