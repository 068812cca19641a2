// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>

namespace systole::sim {

/// Writes a whole file or nothing: to a temporary beside it, which then takes its name. (Devices
/// and pipes are written to as they are, links are followed.) ConfigError with the path and the
/// system's reason where that is not possible (no such folder, disk full).
void writeFileAtomically(const std::filesystem::path& path, std::string_view content);

/// ConfigError unless a file of that name could be created now: found out before a long run, not
/// after.
void checkWritable(const std::filesystem::path& path);

}  // namespace systole::sim
