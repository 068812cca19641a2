// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "models/memory/dram/address_map.hpp"
#include "models/memory/dram/dram_config.hpp"
#include "models/memory/dram/request_source.hpp"
#include "models/split_mix.hpp"

namespace systole::memory {

/// Streams of requests that show one property of a memory each.
enum class DramPattern : std::uint8_t {
    Sequential,
    SequentialWrites,
    Random,
    RandomMixed,
    RowConflict,
    TwoStreams,
    TwoStreamsInBlocks,
    DependentSequential,
    DependentRandom,
    DependentConflict
};

struct DramPatternInfo {
    DramPattern pattern;
    std::string_view name;
    std::string_view alias;  ///< another name, or empty
    std::string_view description;
    /// The next request comes only after the last read returned.
    bool isDependent;
    /// It is about rows and banks, which an ideal memory has none of.
    bool needsRows;

    std::uint64_t defaultRequests() const { return isDependent ? 10'000 : 100'000; }
};

inline constexpr std::array kDramPatterns{
    DramPatternInfo{DramPattern::Sequential, "seq", "seq_rd", "reads, burst after burst", false,
                    false},
    DramPatternInfo{DramPattern::SequentialWrites, "seq_wr", "", "writes, burst after burst", false,
                    false},
    DramPatternInfo{DramPattern::Random, "rand", "rand_rd", "reads all over the memory", false,
                    false},
    DramPatternInfo{DramPattern::RandomMixed, "rand_rw", "",
                    "reads and writes, half of each, all over the memory", false, false},
    DramPatternInfo{DramPattern::RowConflict, "row_conf", "",
                    "reads of one bank, each of another row", false, true},
    DramPatternInfo{DramPattern::TwoStreams, "rw_2stream", "",
                    "a sequential read, a sequential write half the capacity away, and so on",
                    false, false},
    DramPatternInfo{DramPattern::TwoStreamsInBlocks, "rw_2stream_blk", "",
                    "the same in blocks of 64 bursts", false, false},
    DramPatternInfo{DramPattern::DependentSequential, "dep_seq", "",
                    "seq, each read after the last one returned", true, false},
    DramPatternInfo{DramPattern::DependentRandom, "dep_rand", "",
                    "rand, each read after the last one returned", true, false},
    DramPatternInfo{DramPattern::DependentConflict, "dep_conf", "",
                    "row_conf, each read after the last one returned", true, true},
};

/// By name or alias; null if there is none.
const DramPatternInfo* dramPatternNamed(std::string_view name);
const DramPatternInfo& infoOf(DramPattern pattern);

/// The requests of a pattern, number k = 0, 1, ...; addresses wrap at the capacity, of all channels
/// together (row conflicts stay in channel 0). The same arguments give the same requests.
class PatternSource final : public RequestSource {
public:
    PatternSource(const DramConfig& config, DramPattern pattern, std::uint64_t requests,
                  std::uint64_t seed);

    std::size_t fill(std::span<ReplayRequest> block) override;

private:
    /// `x % size`, for the sizes that are powers of two (nearly all) without a division.
    struct Wrap {
        explicit Wrap(std::uint64_t count);
        std::uint64_t operator()(std::uint64_t x) const { return isPower ? x & mask : x % size; }
        std::uint64_t size;
        std::uint64_t mask;
        bool isPower;
    };

    template <class Request>
    void fillWith(std::span<ReplayRequest> block, Request&& request);
    std::uint64_t rowAddress(std::uint64_t k);

    DramPattern pattern_;
    std::uint64_t requests_;
    std::uint64_t next_ = 0;
    std::uint64_t burstBytes_;
    Wrap bursts_;
    Wrap halfBursts_;
    std::uint64_t upperHalf_;  ///< address
    SplitMix64 random_;
    DramOrganization organization_;  ///< with those below, of a memory with rows
    std::uint64_t interleaveBytes_ = 0;
    std::optional<AddressMap> map_;
    DramAddress rowPlace_;  ///< of the last row conflict
};

}  // namespace systole::memory
