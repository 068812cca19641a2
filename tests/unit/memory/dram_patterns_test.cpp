// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram/dram_patterns.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/memory/dram/address_map.hpp"
#include "tests/unit/memory/dram_replay_fixture.hpp"

namespace systole::memory {
namespace {

using testing::drain;
using ::testing::ElementsAre;
using testing::idealMemory;
using testing::shippedDdr4;

std::vector<ReplayRequest> requestsOf(const DramConfig& config, const char* pattern,
                                      std::uint64_t count, std::uint64_t seed = 42) {
    PatternSource source(config, dramPatternNamed(pattern)->pattern, count, seed);
    return drain(source);
}

std::vector<std::uint64_t> addressesOf(const DramConfig& config, const char* pattern,
                                       std::uint64_t count, std::uint64_t seed = 42) {
    std::vector<std::uint64_t> addresses;
    for (const ReplayRequest& request : requestsOf(config, pattern, count, seed)) {
        addresses.push_back(request.address);
    }
    return addresses;
}

std::size_t writesOf(const std::vector<ReplayRequest>& requests) {
    return static_cast<std::size_t>(
        std::count_if(requests.begin(), requests.end(), [](const auto& r) { return r.isWrite; }));
}

TEST(DramPatterns, TheGeneratorIsSplitmix64) {
    // The published first numbers of seed 0, and of 42.
    SplitMix64 zero(0);
    EXPECT_EQ(zero(), 0xe220a8397b1dcdafU);
    EXPECT_EQ(zero(), 0x6e789e6aa1b965f4U);
    EXPECT_EQ(zero(), 0x06c45d188009454fU);
    SplitMix64 random(42);
    EXPECT_EQ(random(), 13679457532755275413U);
    EXPECT_EQ(random(), 2949826092126892291U);
    EXPECT_EQ(random(), 5139283748462763858U);
}

TEST(DramPatterns, AreFoundByNameAndByAlias) {
    EXPECT_EQ(dramPatternNamed("seq"), dramPatternNamed("seq_rd"));
    EXPECT_EQ(dramPatternNamed("rand")->pattern, DramPattern::Random);
    EXPECT_EQ(dramPatternNamed("rand_rd")->pattern, DramPattern::Random);
    EXPECT_EQ(dramPatternNamed(""), nullptr);
    EXPECT_EQ(dramPatternNamed("sequential"), nullptr);
    for (const DramPatternInfo& info : kDramPatterns) {
        EXPECT_EQ(dramPatternNamed(info.name), &info);
        EXPECT_EQ(&infoOf(info.pattern), &info);
    }
}

TEST(DramPatterns, SequentialOnesGoBurstByBurst) {
    const DramConfig config = shippedDdr4();
    EXPECT_THAT(addressesOf(config, "seq", 4), ElementsAre(0, 64, 128, 192));
    EXPECT_THAT(addressesOf(config, "seq_wr", 4), ElementsAre(0, 64, 128, 192));
    EXPECT_THAT(addressesOf(config, "dep_seq", 4), ElementsAre(0, 64, 128, 192));
    EXPECT_EQ(writesOf(requestsOf(config, "seq", 100)), 0U);
    EXPECT_EQ(writesOf(requestsOf(config, "seq_wr", 100)), 100U);
}

TEST(DramPatterns, SequentialOnesBeginAgainAtTheCapacity) {
    EXPECT_THAT(
        addressesOf(idealMemory({.bytesPerCycle = {}, .burstBytes = 32, .capacityBytes = 128}),
                    "seq", 5),
        ElementsAre(0, 32, 64, 96, 0));
    EXPECT_THAT(
        addressesOf(idealMemory({.bytesPerCycle = {}, .burstBytes = 32, .capacityBytes = 96}),
                    "seq", 5),
        ElementsAre(0, 32, 64, 0, 32));
}

TEST(DramPatterns, RandomOnesTakeADrawOfAllBursts) {
    const DramConfig config = shippedDdr4();
    ASSERT_EQ(config.capacityBytes(), std::uint64_t{1} << 33U);
    constexpr std::uint64_t kBursts = std::uint64_t{1} << 27U;
    EXPECT_THAT(addressesOf(config, "rand", 3), ElementsAre(13679457532755275413U % kBursts * 64,
                                                            2949826092126892291U % kBursts * 64,
                                                            5139283748462763858U % kBursts * 64));
    EXPECT_EQ(addressesOf(config, "dep_rand", 100), addressesOf(config, "rand", 100));
    EXPECT_NE(addressesOf(config, "rand", 100, 43), addressesOf(config, "rand", 100));
    EXPECT_THAT(
        addressesOf(idealMemory({.bytesPerCycle = {}, .burstBytes = 8, .capacityBytes = 24}),
                    "rand", 3),
        ElementsAre(13679457532755275413U % 3 * 8, 2949826092126892291U % 3 * 8,
                    5139283748462763858U % 3 * 8));
}

TEST(DramPatterns, MixedRandomOnesWriteWhereTheSecondDrawIsOdd) {
    const DramConfig config = shippedDdr4();
    const auto requests = requestsOf(config, "rand_rw", 100'000);
    EXPECT_EQ(requests[0].address, 13679457532755275413U % (1U << 27U) * 64);
    EXPECT_TRUE(requests[0].isWrite);  // 2949826092126892291
    EXPECT_EQ(requests[1].address, 5139283748462763858U % (1U << 27U) * 64);
    // What three other simulators were given, by the reference figures.
    EXPECT_EQ(writesOf(requests), 49'991U);
}

TEST(DramPatterns, RowConflictsGoFromRowToRowOfOneBank) {
    // A row of all banks is 4 groups x 4 banks x 8 KiB.
    const DramConfig config = shippedDdr4();
    const auto addresses = addressesOf(config, "row_conf", 65'538);
    EXPECT_EQ(addresses[0], 0U);
    EXPECT_EQ(addresses[1], 131'072U);
    EXPECT_EQ(addresses[65'535], std::uint64_t{65'535} * 131'072);
    EXPECT_EQ(addresses[65'536], 64U);
    EXPECT_EQ(addresses[65'537], 131'072U + 64);
    EXPECT_EQ(addressesOf(config, "dep_conf", 100), addressesOf(config, "row_conf", 100));
}

TEST(DramPatterns, RowConflictsStayInTheirBankWhateverTheMap) {
    DramConfig config = shippedDdr4();
    config.ddr->organization.channels = 3;
    config.ddr->organization.rows = 256;
    std::erase_if(config.ddr->addressMap.bits, [](const AddressBit& bit) {
        return bit.field == AddressField::Row && bit.bit >= 8;
    });
    config.ddr->addressMap.hashes = {
        {{AddressField::BankGroup, 0}, {{AddressField::Row, 0}, {AddressField::Row, 3}}},
        {{AddressField::Bank, 1}, {{AddressField::Row, 1}}}};
    const AddressMap map(*config.ddr);
    const auto addresses = addressesOf(config, "row_conf", 6 * 256);
    for (std::uint64_t k = 0; k < addresses.size(); ++k) {
        const DramAddress place = map.decode(addresses[k]);
        const DramAddress first = map.decode(addresses[k - k % 256]);
        ASSERT_EQ(place.channel, 0U) << k;
        ASSERT_EQ(place.bank, first.bank) << k;
        ASSERT_EQ(place.column, first.column) << k;
        ASSERT_EQ(place.row, k % 256) << k;
    }
    EXPECT_EQ(map.decode(addresses[256]).bank.bankGroup, 1U);  // one burst further on
}

TEST(DramPatterns, TwoStreamsAlternateHalfTheCapacityApart) {
    const auto requests = requestsOf(shippedDdr4(), "rw_2stream", 6);
    constexpr std::uint64_t kHalf = std::uint64_t{1} << 32U;
    EXPECT_THAT(addressesOf(shippedDdr4(), "rw_2stream", 6),
                ElementsAre(0, kHalf, 64, kHalf + 64, 128, kHalf + 128));
    for (std::size_t k = 0; k < requests.size(); ++k) EXPECT_EQ(requests[k].isWrite, k % 2 == 1);
}

TEST(DramPatterns, TwoStreamsInBlocksAlternateEvery64) {
    const auto requests = requestsOf(shippedDdr4(), "rw_2stream_blk", 100'000);
    constexpr std::uint64_t kHalf = std::uint64_t{1} << 32U;
    EXPECT_EQ(requests[63].address, 63U * 64);
    EXPECT_EQ(requests[64].address, kHalf);
    EXPECT_EQ(requests[127].address, kHalf + 63 * 64);
    EXPECT_EQ(requests[128].address, 64U * 64);
    EXPECT_EQ(requests[192].address, kHalf + 64 * 64);
    EXPECT_FALSE(requests[63].isWrite);
    EXPECT_TRUE(requests[64].isWrite);
    EXPECT_FALSE(requests[128].isWrite);
    EXPECT_EQ(writesOf(requests), 49'984U);  // the reference figures, again
}

TEST(DramPatterns, DoNotDependOnTheBlocksTheyAreTakenIn) {
    const DramConfig config = shippedDdr4();
    for (const DramPatternInfo& info : kDramPatterns) {
        PatternSource one(config, info.pattern, 1000, 7);
        PatternSource other(config, info.pattern, 1000, 7);
        const auto left = drain(one, 1000);
        const auto right = drain(other, 7);
        ASSERT_EQ(left.size(), 1000U);
        ASSERT_EQ(right.size(), 1000U);
        for (std::size_t k = 0; k < left.size(); ++k) {
            ASSERT_EQ(left[k].address, right[k].address) << info.name << " " << k;
            ASSERT_EQ(left[k].isWrite, right[k].isWrite) << info.name << " " << k;
        }
    }
}

}  // namespace
}  // namespace systole::memory
