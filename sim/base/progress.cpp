// SPDX-License-Identifier: Apache-2.0
#include "sim/base/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace systole::sim {
namespace {

constexpr std::chrono::seconds kPatience{2};
constexpr std::chrono::milliseconds kRedraw{200};
constexpr std::uint64_t kWidth = 40;

std::string durationText(double seconds) {
    constexpr double kMinute = 60;
    constexpr double kHour = 3600;
    return seconds < 2 * kMinute ? fmt::format("{:.0f} s", seconds)
           : seconds < 2 * kHour ? fmt::format("{:.0f} min", seconds / kMinute)
                                 : fmt::format("{:.0f} h", seconds / kHour);
}

}  // namespace

Progress::Progress(std::string what, std::uint64_t total)
    : what_(std::move(what)),
      total_(total),
      isTerminal_(::isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()),
      nextDraw_(start_ + kPatience) {}

Progress::~Progress() {
    if (drawn_) {
        fmt::print(stderr, "\r\x1b[K");
    }
}

void Progress::advanceTo(std::uint64_t done) {
    done_ = std::min(done, total_);
    const auto now = std::chrono::steady_clock::now();
    if (isTerminal_ && done_ > 0 && now >= nextDraw_) {
        nextDraw_ = now + kRedraw;
        drawn_ = true;
        draw();
    }
}

void Progress::draw() const {
    const std::uint64_t filled = kWidth * done_ / total_;
    const auto elapsed =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const double left = elapsed * static_cast<double>(total_ - done_) / static_cast<double>(done_);
    fmt::print(stderr, "\r\x1b[K{} [{:#<{}}{:.<{}}] {}/{}, {} left", what_, "", filled, "",
               kWidth - filled, done_, total_, durationText(left));
    std::fflush(stderr);
}

}  // namespace systole::sim
