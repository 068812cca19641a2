// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/run/inference.hpp"
#include "sim/study/golden_difference.hpp"

namespace systole::sim {

/// Version of the golden file.
inline constexpr const char* kGoldenSchema = "systole-golden/2";

/// How a golden's run was asked for, enough to repeat it. Files are as the user named them.
struct GoldenRun {
    std::string config;
    Overrides overrides;
    std::string workload;
    std::uint64_t images = 1;
    std::uint32_t batch = 1;
    bool costs = false;  ///< area and energy are frozen as well: they move with every coefficient
};

/// A frozen run: a textual file (JSON) with the resolved configuration, the run's result, the hash
/// of every tensor over all images and the output's codes. Paths in it count from the golden's own
/// folder. It is small and made to be compared as text: `jsonForDiffs` says how its lines are laid
/// out.
void recordGolden(const std::filesystem::path& golden, const GoldenRun& run,
                  const InferenceOutcome& outcome);

/// The run that a golden froze; ConfigError where the file is no golden.
GoldenRun readGoldenRun(const std::filesystem::path& golden);

/// How a run differs from the golden.
GoldenDifferences differencesFromGolden(const std::filesystem::path& golden,
                                        const InferenceOutcome& outcome);

}  // namespace systole::sim
