// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>

#include "models/memory/dram/dram_command.hpp"
#include "models/memory/dram/dram_config.hpp"
#include "sim/base/atomic_file.hpp"

namespace systole::sim {

/// DRAM commands as CSV, `clock,channel,command,rank,bank_group,bank,row,column`, a line each; a
/// field that means nothing to the command is empty. The file appears when it is complete.
class CommandLog {
public:
    CommandLog(const std::filesystem::path& file, memory::RefreshSet refreshSet);

    void add(std::uint32_t channel, const memory::IssuedCommand& command);
    void commit();

private:
    AtomicFile file_;
    memory::RefreshSet refreshSet_;
    fmt::memory_buffer pending_;
};

}  // namespace systole::sim
