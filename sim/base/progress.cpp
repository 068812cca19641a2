// SPDX-License-Identifier: Apache-2.0
#include "sim/base/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <stop_token>
#include <system_error>
#include <thread>
#include <vector>

#include "sim/base/text.hpp"

namespace systole::sim {
namespace {

using Clock = std::chrono::steady_clock;

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

/// What is under way, and the thread that shows it.
class Board {
public:
    static Board& only() {
        static Board board;
        return board;
    }

    void add(const Progress& progress) {
        if (!isTerminal_) return;
        const std::lock_guard lock(mutex_);
        underWay_.push_back(&progress);
        if (drawer_.joinable()) return;
        try {
            drawer_ = std::jthread([this](const std::stop_token& stop) { draw(stop); });
        } catch (const std::system_error&) {  // no further thread: nothing is shown
        }
    }

    void remove(const Progress& progress) {
        if (!isTerminal_) return;
        const std::lock_guard lock(mutex_);
        std::erase(underWay_, &progress);
        erase();
    }

    void printBeside(const std::function<void()>& print) {
        const std::lock_guard lock(mutex_);
        erase();
        print();
    }

private:
    Board() : isTerminal_(::isatty(STDERR_FILENO) == 1) {}

    void draw(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
            ended_.wait_for(lock, stop, kRedraw, [] { return false; });
            const auto since = Clock::now() - kPatience;
            const auto shown =
                std::find_if(underWay_.rbegin(), underWay_.rend(),
                             [&](const Progress* part) { return part->start() <= since; });
            if (stop.stop_requested() || shown == underWay_.rend()) continue;
            fmt::print(stderr, "\r\x1b[K{}", (*shown)->text());
            std::fflush(stderr);
            isDrawn_ = true;
        }
    }

    void erase() {
        if (!isDrawn_) return;
        fmt::print(stderr, "\r\x1b[K");
        std::fflush(stderr);
        isDrawn_ = false;
    }

    const bool isTerminal_;
    std::mutex mutex_;
    std::condition_variable_any ended_;
    std::vector<const Progress*> underWay_;  ///< the innermost one last
    bool isDrawn_ = false;
    std::jthread drawer_;  // the last member: it ends before the others do
};

}  // namespace

Progress::Progress(const std::string& what, std::uint64_t total)
    : what_(titleName(what)), total_(total), start_(Clock::now()) {
    Board::only().add(*this);
}

Progress::~Progress() { Board::only().remove(*this); }

std::string Progress::text() const {
    const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
    if (total_ == 0) return fmt::format("{}: {}", what_, durationText(elapsed));
    const std::uint64_t done = std::min<std::uint64_t>(done_, total_);
    const auto filled = static_cast<std::uint64_t>(
        static_cast<double>(kWidth) * static_cast<double>(done) / static_cast<double>(total_));
    const std::string left = done == 0 ? durationText(elapsed)
                                       : durationText(elapsed * static_cast<double>(total_ - done) /
                                                      static_cast<double>(done)) +
                                             " left";
    return fmt::format("{} [{:#<{}}{:.<{}}] {}/{}, {}", what_, "", filled, "", kWidth - filled,
                       done, total_, left);
}

void printBesideProgress(const std::function<void()>& print) { Board::only().printBeside(print); }

}  // namespace systole::sim
