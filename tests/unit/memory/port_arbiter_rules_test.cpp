// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <vector>

#include "models/check.hpp"
#include "models/memory/ports/port_arbiter.hpp"
#include "models/memory/ports/port_map.hpp"

namespace systole::memory {
namespace {

constexpr ClientId kArray = 0;
constexpr ClientId kLoad = 1;

PortArbiter fixedPriority(std::uint32_t resources) {
    return {resources, {Arbitration::Fixed, {kLoad, kArray}}};
}

AccessStep accesses(std::vector<Access> list) { return {.accesses = std::move(list)}; }

TEST(PortArbiterRules, AnAccessPostedAtACycleIsServedInItAndCompleteInTheNext) {
    PortArbiter ports = fixedPriority(1);
    const Ticket ticket = ports.post(kArray, streamOf({accesses({{0, 1}})}), 7);
    EXPECT_EQ(ports.completion(ticket), 8u);
}

TEST(PortArbiterRules, AStepIsOverWhenItsBusiestResourceHasServedItAndItsCyclesHavePassed) {
    PortArbiter ports = fixedPriority(2);
    const Ticket ticket = ports.post(
        kArray,
        streamOf({accesses({{0, 1}, {1, 3}}), accesses({}), {.cycles = 5, .accesses = {{0, 2}}}}),
        0);
    EXPECT_EQ(ports.completesNoSoonerThan(ticket), 3u + 1u + 5u);
    EXPECT_EQ(ports.completion(ticket), 3u + 1u + 5u);
    ports.advance(9);
    EXPECT_EQ(ports.counters(kArray), (PortCounters{6, 0, 2}));
}

TEST(PortArbiterRules, AStepDoesNotBeginBeforeItsEarliestCycleAndLosesNothingUntilThen) {
    PortArbiter ports = fixedPriority(1);
    const Ticket ticket = ports.post(kArray, streamOf({{.earliest = 10, .accesses = {{0, 1}}}}), 2);
    EXPECT_EQ(ports.completesNoSoonerThan(ticket), 11u);
    EXPECT_EQ(ports.completion(ticket), 11u);
    ports.advance(11);
    EXPECT_EQ(ports.counters(kArray), (PortCounters{1, 0, 0}));
}

TEST(PortArbiterRules, WhatAWaitingClientHasGotItKeeps) {
    PortArbiter ports = fixedPriority(2);
    ports.post(kLoad, streamOf({accesses({{0, 2}}), accesses({{1, 4}})}), 0);
    const Ticket ticket = ports.post(kArray, streamOf({accesses({{0, 1}, {1, 1}})}), 0);
    // Served at resource 1 in cycle 0, at resource 0 in cycle 2: the load has it before.
    EXPECT_EQ(ports.completion(ticket), 3u);
    ports.advance(3);
    EXPECT_EQ(ports.counters(kArray), (PortCounters{2, 2, 0}));
}

TEST(PortArbiterRules, ALaterPostDelaysAPrediction) {
    PortArbiter ports = fixedPriority(1);
    const Ticket ticket = ports.post(kArray, streamOf({accesses({}), accesses({{0, 1}})}), 0);
    EXPECT_EQ(ports.completion(ticket), 2u);
    ports.post(kLoad, streamOf({accesses({{0, 3}})}), 1);
    EXPECT_EQ(ports.completion(ticket), 5u);
}

TEST(PortArbiterRules, APostThatDelaysARivalHastensAPrediction) {
    PortArbiter ports(2, {Arbitration::Fixed, {2, kLoad, kArray}});
    const Ticket ticket =
        ports.post(kArray, streamOf({accesses({}), accesses({}), accesses({{1, 1}})}), 0);
    ports.post(kLoad, streamOf({accesses({{0, 1}}), accesses({}), accesses({{1, 4}})}), 0);
    EXPECT_EQ(ports.completion(ticket), 7u);
    ports.post(2, streamOf({accesses({{0, 1}})}), 0);
    EXPECT_EQ(ports.completion(ticket), 3u);
}

TEST(PortArbiterRules, RotationGoesOnAfterTheClientServedLast) {
    PortArbiter ports(1, {Arbitration::RoundRobin, {2, 0, 1}});
    const Ticket first = ports.post(0, streamOf({accesses({{0, 2}})}), 0);
    const Ticket second = ports.post(1, streamOf({accesses({{0, 2}})}), 0);
    const Ticket third = ports.post(2, streamOf({accesses({{0, 1}})}), 0);
    // 2 0 1 0 1
    EXPECT_EQ(ports.completion(third), 1u);
    EXPECT_EQ(ports.completion(first), 4u);
    EXPECT_EQ(ports.completion(second), 5u);
    ports.advance(4);
    // Now 1, which is served in cycle 4; then 2, before 0.
    const Ticket late = ports.post(0, streamOf({accesses({{0, 1}})}), 4);
    const Ticket later = ports.post(2, streamOf({accesses({{0, 1}})}), 4);
    EXPECT_EQ(ports.completion(second), 5u);
    EXPECT_EQ(ports.completion(later), 6u);
    EXPECT_EQ(ports.completion(late), 7u);
}

TEST(PortArbiterRules, StreamsOfABusyClientQueue) {
    PortArbiter ports = fixedPriority(1);
    const Ticket first = ports.post(kLoad, streamOf({accesses({{0, 3}})}), 0);
    const Ticket second = ports.post(kLoad, streamOf({accesses({{0, 2}})}), 1);
    const Ticket empty = ports.post(kLoad, streamOf({}), 1);
    EXPECT_EQ(ports.completesNoSoonerThan(second), 5u);
    EXPECT_EQ(ports.completion(empty), 5u);
    EXPECT_EQ(ports.completion(second), 5u);
    EXPECT_EQ(ports.completion(first), 3u);
    ports.advance(4);
    EXPECT_TRUE(ports.isComplete(first));
    EXPECT_FALSE(ports.isComplete(second));
}

/// A million steps through a lookup of their own; `drawn` counts how many were asked for.
AccessStream millionReads(std::shared_ptr<std::uint64_t> drawn) {
    constexpr std::uint64_t kSteps = 1'000'000;
    return {[drawn = std::move(drawn), i = std::uint64_t{0}](AccessStep& step) mutable {
                if (i == kSteps) return false;
                ++*drawn;
                step.accesses.push_back({static_cast<ResourceId>(i++ % 4)});
                return true;
            },
            kSteps};
}

TEST(PortArbiterRules, StepsAreDrawnWhenTheirTimeComes) {
    PortArbiter ports = fixedPriority(4);
    const auto drawn = std::make_shared<std::uint64_t>(0);
    const Ticket ticket = ports.post(kArray, millionReads(drawn), 0);
    EXPECT_EQ(ports.completesNoSoonerThan(ticket), 1'000'000u);
    ports.advance(1000);
    EXPECT_EQ(*drawn, 1001u);
    EXPECT_EQ(ports.completion(ticket), 1'000'000u);
    const std::uint64_t drawnAhead = *drawn;
    ports.advance(2000);
    EXPECT_EQ(ports.completion(ticket), 1'000'000u);
    ports.advance(1'000'000);
    EXPECT_EQ(*drawn, drawnAhead + 1000) << "what was computed ahead is kept";
}

TEST(PortArbiterRules, IdleStretchesArePassedInOneStep) {
    constexpr Cycle kLong = 1'000'000'000'000'000;
    PortArbiter ports = fixedPriority(1);
    const Ticket array = ports.post(kArray,
                                    streamOf({{.earliest = kLong, .accesses = {{0, kLong}}},
                                              {.cycles = kLong, .accesses = {}}}),
                                    0);
    const Ticket load =
        ports.post(kLoad, streamOf({{.cycles = 4 * kLong, .accesses = {{0, 3}}}}), kLong + 5);
    EXPECT_EQ(ports.completion(load), 5 * kLong + 5);
    EXPECT_EQ(ports.completion(array), 3 * kLong + 3);
    ports.advance(4 * kLong);
    EXPECT_EQ(ports.counters(kArray), (PortCounters{kLong, 3, kLong - 1}));
}

TEST(PortArbiterRules, DefectsOfTheCallerAreFound) {
    EXPECT_THROW(PortArbiter(1, {Arbitration::Fixed, {0, 0}}), InvariantError);
    EXPECT_THROW(PortArbiter(1, {Arbitration::Fixed, {1, 2}}), InvariantError);
    PortArbiter ports = fixedPriority(1);
    ports.advance(5);
    EXPECT_THROW(ports.advance(4), InvariantError);
    EXPECT_THROW(ports.post(2, streamOf({}), 5), InvariantError);
    EXPECT_THROW(ports.post(kLoad, {}, 5), InvariantError);
    EXPECT_THROW(ports.post(kLoad, streamOf({accesses({{1, 1}})}), 5), InvariantError);
    EXPECT_THROW(ports.completion({kArray, 0}), InvariantError);
    AccessStream tooSure = streamOf({accesses({{0, 1}})});
    tooSure.leastCycles = 2;
    PortArbiter other = fixedPriority(1);
    other.post(kLoad, tooSure, 0);
    EXPECT_THROW(other.advance(9), InvariantError);
}

TEST(PortMap, ConsecutiveWordsLieInConsecutiveBanksAndOneReadWritePortServesBoth) {
    const PortMap map(10, 4, PortKind::OneReadWrite);
    EXPECT_EQ(map.end(), 14u);
    for (std::uint64_t word = 0; word < 12; ++word) {
        EXPECT_EQ(map.readPort(word), 10 + word % 4);
        EXPECT_EQ(map.writePort(word), map.readPort(word));
    }
}

TEST(PortMap, AReadAndAWritePortOfABankAreDifferent) {
    const PortMap map(10, 3, PortKind::OneReadOneWrite);
    EXPECT_EQ(map.end(), 16u);
    std::set<ResourceId> ports;
    for (std::uint64_t word = 0; word < 3; ++word) {
        ports.insert({*map.readPort(word), *map.writePort(word)});
        EXPECT_EQ(map.readPort(word + 3), map.readPort(word));
        EXPECT_EQ(map.writePort(word + 3), map.writePort(word));
    }
    EXPECT_EQ(ports, (std::set<ResourceId>{10, 11, 12, 13, 14, 15}));
}

TEST(PortMap, UnlimitedBanksHaveNoPortsToWaitFor) {
    const PortMap map(10, std::nullopt, PortKind::OneReadWrite);
    AccessStep step;
    map.read(5, step);
    map.write(5, step);
    EXPECT_EQ(map.end(), 10u);
    EXPECT_TRUE(step.accesses.empty());
}

}  // namespace
}  // namespace systole::memory
