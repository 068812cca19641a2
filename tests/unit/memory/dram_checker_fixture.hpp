// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/oracle/dram_checker.hpp"

/// Streams of DRAM commands as text, for the tests of the oracle's checker.
namespace systole {

using DramParameters = std::map<std::string, std::int64_t>;

/// Two ranks of 2 x 2 banks. Parameters are small and distinct: a case raises the one that it is
/// about, so that no other binds.
inline oracle::DramSpec smallDram(const char* standard, const DramParameters& changed = {}) {
    oracle::DramSpec spec;
    spec.standard = standard;
    spec.ranks = 2;
    spec.bankGroups = 2;
    spec.banksPerGroup = 2;
    spec.parameters = {{"CL", 10},      {"CWL", 8},     {"tRCD", 5},   {"tRP", 4},
                       {"tRAS", 9},     {"tRC", 13},    {"tRFC", 50},  {"tRFCpb", 20},
                       {"tREFI", 1000}, {"tCCD_S", 4},  {"tCCD_L", 4}, {"tRRD_S", 1},
                       {"tRRD_L", 1},   {"tFAW", 4},    {"tWTR_S", 1}, {"tWTR_L", 1},
                       {"tWR", 3},      {"tRTP", 2},    {"tRTRS", 0},  {"tXP", 3},
                       {"tCKE", 2},     {"tCKESR", 5},  {"tXS", 60},   {"tACTPDEN", 1},
                       {"tPRPDEN", 1},  {"tREFPDEN", 1}};
    for (const auto& [name, value] : changed) {
        spec.parameters[name] = value;
    }
    for (int op = 0; op <= static_cast<int>(oracle::DramOp::SRX); ++op) {
        spec.commands[static_cast<oracle::DramOp>(op)] = {.bus = "", .clocks = 1};
    }
    return spec;
}

/// "RD 0.1.0" at `clock`: of rank 0, group 1, bank 0, its row 1 and column 0.
inline oracle::DramEvent dramEvent(std::int64_t clock, const std::string& text) {
    std::istringstream stream(text);
    std::string name;
    char dot = 0;
    oracle::DramEvent event;
    stream >> name >> event.rank;
    stream >> dot >> event.group >> dot >> event.bank;
    event.clock = clock;
    event.op = oracle::dramOpOf(name).value();
    event.row = event.op == oracle::DramOp::ACT ? 1 : oracle::kNotGiven;
    event.column =
        event.op == oracle::DramOp::RD || event.op == oracle::DramOp::WR ? 0 : oracle::kNotGiven;
    return event;
}

/// "0 ACT 0.0.0; 5 RD 0.0.0".
inline std::vector<oracle::DramEvent> dramStream(const std::string& text) {
    std::vector<oracle::DramEvent> events;
    std::istringstream stream(text);
    for (std::string item; std::getline(stream, item, ';');) {
        std::istringstream fields(item);
        std::int64_t clock = 0;
        std::string rest;
        fields >> clock >> std::ws;
        std::getline(fields, rest);
        events.push_back(dramEvent(clock, rest));
    }
    return events;
}

inline oracle::DramChecker checkedDram(const oracle::DramSpec& spec, const std::string& stream) {
    oracle::DramChecker checker(spec);
    for (const oracle::DramEvent& event : dramStream(stream)) {
        checker.check(event);
    }
    return checker;
}

/// A command that is legal at `clock` after `before`, and one clock earlier breaks `rule` alone.
struct DramBound {
    const char* rule;
    DramParameters changed;
    std::string before;
    std::string command;
    std::int64_t clock;
    const char* standard = "DDR4";
};

inline void expectBound(const oracle::DramSpec& spec, const DramBound& bound) {
    SCOPED_TRACE(std::string(bound.standard) + ", " + bound.rule + ": " + bound.before + "; " +
                 std::to_string(bound.clock) + " " + bound.command);
    const auto withLast = [&](std::int64_t clock) {
        return checkedDram(spec, bound.before + "; " + std::to_string(clock) + " " + bound.command)
            .violations();
    };
    EXPECT_THAT(withLast(bound.clock), testing::IsEmpty());
    EXPECT_THAT(withLast(bound.clock - 1),
                testing::AllOf(testing::Not(testing::IsEmpty()),
                               testing::Each(testing::StartsWith(std::string(bound.rule) + ":"))));
}

inline void expectBounds(const std::vector<DramBound>& bounds) {
    for (const DramBound& bound : bounds) {
        expectBound(smallDram(bound.standard, bound.changed), bound);
    }
}

}  // namespace systole
