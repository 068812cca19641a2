// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram/dram_patterns.hpp"

#include <algorithm>
#include <bit>

#include "models/check.hpp"

namespace systole::memory {
namespace {

constexpr std::uint64_t kBlockBursts = 64;

}  // namespace

const DramPatternInfo* dramPatternNamed(std::string_view name) {
    const auto* found =
        std::find_if(kDramPatterns.begin(), kDramPatterns.end(), [&](const DramPatternInfo& info) {
            return info.name == name || (!info.alias.empty() && info.alias == name);
        });
    return found == kDramPatterns.end() ? nullptr : found;
}

const DramPatternInfo& infoOf(DramPattern pattern) {
    const auto* found =
        std::find_if(kDramPatterns.begin(), kDramPatterns.end(),
                     [&](const DramPatternInfo& info) { return info.pattern == pattern; });
    SYSTOLE_CHECK(found != kDramPatterns.end(), "pattern {}", static_cast<int>(pattern));
    return *found;
}

PatternSource::Wrap::Wrap(std::uint64_t count)
    : size(count), mask(count - 1), isPower(std::has_single_bit(count)) {}

PatternSource::PatternSource(const DramConfig& config, DramPattern pattern, std::uint64_t requests,
                             std::uint64_t seed)
    : pattern_(pattern),
      requests_(requests),
      burstBytes_(config.burstBytes()),
      bursts_(config.capacityBytes() / burstBytes_),
      halfBursts_(std::max<std::uint64_t>(bursts_.size / 2, 1)),
      upperHalf_(bursts_.size / 2 * burstBytes_),
      random_(seed) {
    if (infoOf(pattern).needsRows) {
        SYSTOLE_CHECK(config.ddr.has_value(), "row conflicts of a memory without rows");
        organization_ = config.ddr->organization;
        interleaveBytes_ = config.ddr->channelInterleaveBytes;
        map_.emplace(*config.ddr);
    }
}

template <class Request>
void PatternSource::fillWith(std::span<ReplayRequest> block, Request&& request) {
    for (ReplayRequest& slot : block) {
        slot = request(next_++);
    }
}

/// Successive rows of one bank; after the last row again from the first, one burst further on.
std::uint64_t PatternSource::rowAddress(std::uint64_t k) {
    const std::uint64_t row = k % organization_.rows;
    if (row == 0) {
        const std::uint64_t further =
            k / organization_.rows * burstBytes_ % organization_.channelBytes();
        // That burst of channel 0.
        rowPlace_ =
            map_->decode(further / interleaveBytes_ * interleaveBytes_ * organization_.channels +
                         further % interleaveBytes_);
    }
    rowPlace_.row = static_cast<std::uint32_t>(row);
    return map_->encode(rowPlace_);
}

std::size_t PatternSource::fill(std::span<ReplayRequest> block) {
    block = block.first(std::min<std::uint64_t>(block.size(), requests_ - next_));
    const auto stream = [this](std::uint64_t index, bool isWrite) {
        const std::uint64_t address = halfBursts_(index) * burstBytes_;
        return ReplayRequest{address + (isWrite ? upperHalf_ : 0), 0, isWrite};
    };
    const auto sequential = [this](std::uint64_t k) { return bursts_(k) * burstBytes_; };
    const auto random = [this] { return bursts_(random_()) * burstBytes_; };
    switch (pattern_) {
        case DramPattern::Sequential:
        case DramPattern::DependentSequential:
            fillWith(block, [&](std::uint64_t k) { return ReplayRequest{sequential(k)}; });
            break;
        case DramPattern::SequentialWrites:
            fillWith(block, [&](std::uint64_t k) { return ReplayRequest{sequential(k), 0, true}; });
            break;
        case DramPattern::Random:
        case DramPattern::DependentRandom:
            fillWith(block, [&](std::uint64_t) { return ReplayRequest{random()}; });
            break;
        case DramPattern::RandomMixed:
            fillWith(block, [&](std::uint64_t) {
                const std::uint64_t address = random();
                return ReplayRequest{address, 0, random_() % 2 == 1};
            });
            break;
        case DramPattern::RowConflict:
        case DramPattern::DependentConflict:
            fillWith(block, [&](std::uint64_t k) { return ReplayRequest{rowAddress(k)}; });
            break;
        case DramPattern::TwoStreams:
            fillWith(block, [&](std::uint64_t k) { return stream(k / 2, k % 2 == 1); });
            break;
        case DramPattern::TwoStreamsInBlocks:
            fillWith(block, [&](std::uint64_t k) {
                const std::uint64_t number = k / kBlockBursts;
                return stream(number / 2 * kBlockBursts + k % kBlockBursts, number % 2 == 1);
            });
            break;
    }
    return block.size();
}

}  // namespace systole::memory
