// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/run/inference.hpp"

namespace systole::sim {

/// Version of the golden file.
inline constexpr const char* kGoldenSchema = "systole-golden/1";

/// How a golden's run was asked for, enough to repeat it. Files are as the user named them.
struct GoldenRun {
    std::string config;
    Overrides overrides;
    std::string workload;
    std::uint64_t images = 1;
};

/// A frozen run: a textual file (JSON) with the run's result, the hash of every tensor over all
/// images and the output's codes. Paths in it count from the golden's own folder.
void recordGolden(const std::filesystem::path& golden, const GoldenRun& run,
                  const InferenceOutcome& outcome);

/// The run that a golden froze; ConfigError where the file is no golden.
GoldenRun readGoldenRun(const std::filesystem::path& golden);

/// Every difference, a line each, empty if there is none: of tensors by name, of the output with
/// its first differing element, of figures by their key path.
std::vector<std::string> differencesFromGolden(const std::filesystem::path& golden,
                                               const InferenceOutcome& outcome);

}  // namespace systole::sim
