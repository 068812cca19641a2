// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace systole::sim {

/// A bar on standard error for work that lasts longer than two seconds; nothing where standard
/// error is not a terminal.
class Progress {
public:
    Progress(std::string what, std::uint64_t total);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void advance() { advanceTo(done_ + 1); }
    void advanceTo(std::uint64_t done);

private:
    void draw() const;

    std::string what_;
    std::uint64_t total_;
    std::uint64_t done_ = 0;
    bool isTerminal_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point start_;
    std::chrono::steady_clock::time_point nextDraw_;
};

}  // namespace systole::sim
