// SPDX-License-Identifier: Apache-2.0
#include "sim/base/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace systole::sim {
namespace {

constexpr std::chrono::seconds kPatience{2};
constexpr std::chrono::milliseconds kRedraw{200};
constexpr std::uint64_t kWidth = 40;

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
    done_ = done;
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
    fmt::print(stderr, "\r\x1b[K{} [{:#<{}}{:.<{}}] {}/{}, {:.0f} s left", what_, "", filled, "",
               kWidth - filled, done_, total_, left);
    std::fflush(stderr);
}

}  // namespace systole::sim
