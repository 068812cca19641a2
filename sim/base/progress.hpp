// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace systole::sim {

/// Says on standard error how far work is that lasts longer than two seconds; nothing where
/// standard error is not a terminal. A thread draws, so that work need not report to be seen.
///
/// Work has parts, and a part may have parts: of those under way for two seconds the innermost one
/// is shown. `systole run` is, for example, in `Inference 0/1`, and that in `Folds 2304/16875`.
class Progress {
public:
    /// `total`: what `advanceTo` counts up to; 0: not known, then the time that went by is shown.
    explicit Progress(const std::string& what, std::uint64_t total = 0);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void advance() { advanceTo(done_ + 1); }
    void advanceTo(std::uint64_t done) { done_ = done; }

    std::string text() const;  ///< one line, without its end
    std::chrono::steady_clock::time_point start() const { return start_; }

private:
    std::string what_;
    std::uint64_t total_;
    std::atomic<std::uint64_t> done_ = 0;
    std::chrono::steady_clock::time_point start_;
};

/// Runs `print`, which writes to the terminal, while no progress is in its line.
void printBesideProgress(const std::function<void()>& print);

}  // namespace systole::sim
