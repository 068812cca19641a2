// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram/latency_record.hpp"

#include <bit>

namespace systole::memory {
namespace {

constexpr Cycle kLongestInTable = Cycle{1} << 20U;
constexpr unsigned kBinsOfOctaveLog2 = 2;

/// Every bin is a power of two wide and starts at a multiple of its width.
Cycle binWidth(Cycle clocks) {
    const auto octave = static_cast<unsigned>(std::bit_width(clocks));
    return octave <= kBinsOfOctaveLog2 + 1 ? 1 : Cycle{1} << (octave - kBinsOfOctaveLog2 - 1);
}

class Summarizer {
public:
    explicit Summarizer(std::uint64_t count) : count_(count) { summary_.count = count; }

    /// In ascending order.
    void add(Cycle clocks, std::uint64_t count) {
        if (seen_ == 0) {
            summary_.least = clocks;
            nextBin_ = clocks / binWidth(clocks) * binWidth(clocks);
        }
        sum_ += static_cast<double>(clocks) * static_cast<double>(count);
        setPercentile(summary_.p50, 50, clocks, count);
        setPercentile(summary_.p95, 95, clocks, count);
        setPercentile(summary_.p99, 99, clocks, count);
        seen_ += count;
        summary_.most = clocks;
        while (nextBin_ <= clocks) {
            summary_.histogram.push_back({nextBin_, nextBin_ + binWidth(nextBin_), 0});
            nextBin_ += binWidth(nextBin_);
        }
        summary_.histogram.back().count += count;
    }

    LatencySummary finish() {
        summary_.mean = count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
        return std::move(summary_);
    }

private:
    void setPercentile(Cycle& result, std::uint64_t percent, Cycle clocks,
                       std::uint64_t count) const {
        const std::uint64_t rank = ceilDivide(count_ * percent, 100);
        if (seen_ < rank && rank <= seen_ + count) {
            result = clocks;
        }
    }

    std::uint64_t count_;
    std::uint64_t seen_ = 0;
    double sum_ = 0;
    Cycle nextBin_ = 0;
    LatencySummary summary_;
};

}  // namespace

void LatencyRecord::addNew(Cycle clocks) {
    if (clocks >= kLongestInTable) {
        ++rare_[clocks];
        return;
    }
    counts_.resize(std::bit_ceil(clocks + 1));
    ++counts_[clocks];
}

LatencySummary LatencyRecord::summary() const {
    std::uint64_t total = 0;
    for (const std::uint64_t count : counts_) total += count;
    for (const auto& [clocks, count] : rare_) total += count;
    Summarizer summarizer(total);
    for (Cycle clocks = 0; clocks < counts_.size(); ++clocks) {
        if (counts_[clocks] > 0) summarizer.add(clocks, counts_[clocks]);
    }
    for (const auto& [clocks, count] : rare_) summarizer.add(clocks, count);
    return summarizer.finish();
}

}  // namespace systole::memory
