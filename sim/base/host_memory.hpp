// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace systole::sim {

/// Bytes of memory that this process can still get, as far as the system says so: the least of what
/// is free, of the process's limit (`ulimit -v`) and of its control group's.
std::uint64_t availableMemory();

/// ConfigError if `bytes` is more than that: `WHAT takes about 18.2 GiB of memory, 3.1 GiB are
/// available, expected EXPECTED`. Before the work, and before anything is allocated.
void checkMemory(std::uint64_t bytes, const std::string& what, const std::string& expected);

/// Says, as long as it lives, what the program is busy with. The innermost one is named when memory
/// runs out.
class WorkInHand {
public:
    explicit WorkInHand(std::string what);
    ~WorkInHand();
    WorkInHand(const WorkInHand&) = delete;
    WorkInHand& operator=(const WorkInHand&) = delete;
};

/// The sentence for a failed allocation. It names the work that it happened in.
std::string outOfMemoryText();

}  // namespace systole::sim
