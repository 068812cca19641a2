// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/memory/dram/dram_closed_form.hpp"
#include "models/memory/dram/dram_config.hpp"
#include "models/memory/dram/dram_energy.hpp"
#include "models/memory/dram/dram_patterns.hpp"
#include "models/memory/dram/dram_replay.hpp"
#include "sim/reader/resolved_config.hpp"

namespace systole::sim {

/// Version of the JSON of `systole dram`; a change that breaks readers raises it.
inline constexpr const char* kDramResultSchema = "systole-dram/1";

/// What a memory alone did with a stream of requests.
struct DramResult {
    std::string configFile;
    std::vector<std::string> overrides;
    memory::DramConfig config;
    ResolvedConfig resolved;
    std::string workload;                        ///< name of the pattern, or file of the trace
    std::optional<memory::DramPattern> pattern;  ///< empty of a trace
    std::uint64_t seed = 0;                      ///< of the pattern
    std::uint64_t window = memory::kDefaultWindow;
    memory::ReplayResult replay;

    /// What the data paths carried; reads answered from the write queue do not pass them.
    std::uint64_t bytesMoved() const;
    memory::DramEnergy energy() const;  ///< of a memory with a DDR section

    // An ideal memory has no clock of its own: nothing that needs a second.
    std::optional<double> seconds() const;
    std::optional<double> bandwidth() const;      ///< bytes a second
    std::optional<double> peakBandwidth() const;  ///< bytes a second
    std::optional<double> rowHitRate() const;     ///< nothing where no burst moved either
    std::optional<memory::ClosedForm> closedForm() const;
    double clocksPerRequest() const;
};

/// One JSON document; same result, same bytes.
std::string dramResultJson(const DramResult& result);
/// For the terminal.
std::string dramResultTable(const DramResult& result);

}  // namespace systole::sim
