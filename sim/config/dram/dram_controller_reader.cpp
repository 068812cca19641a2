// SPDX-License-Identifier: Apache-2.0
#include "sim/config/dram/dram_controller_reader.hpp"

#include <fmt/format.h>

namespace systole::sim {
namespace {

using memory::Command;
using memory::DdrConfig;
using memory::DramControllerConfig;
using memory::PagePolicy;
using memory::RefreshMode;
using memory::SchedulingPolicy;

constexpr IntegerRange kEntries{1, 65536};
constexpr IntegerRange kClocks{1, 1'000'000'000};
/// JESD79-4, refresh command: up to eight may be postponed.
constexpr IntegerRange kPostponed{0, 8};

void readQueues(const Section& section, DramControllerConfig& controller) {
    const Section queues = section.at("queues").section();
    controller.readQueue = queues.at("read").integer<std::uint32_t>(kEntries);
    controller.writeQueue = queues.at("write").integer<std::uint32_t>(kEntries);
    const Section marks = section.at("write_watermarks").section();
    const Value high = marks.at("high");
    const Value low = marks.at("low");
    controller.writeHigh = high.integer<std::uint32_t>(kEntries);
    controller.writeLow = low.integer<std::uint32_t>({0, kEntries.most});
    if (!queues.clean() || !marks.clean()) {
        return;
    }
    if (controller.writeHigh > controller.writeQueue) {
        high.fail(fmt::format("{} writes do not fit the queue, expected at most its {} entries",
                              controller.writeHigh, controller.writeQueue));
    }
    if (controller.writeLow >= controller.writeHigh) {
        low.fail(fmt::format("{} is not below the high watermark, expected less than {}",
                             controller.writeLow, controller.writeHigh));
    }
}

void checkRefresh(const Value& mode, const DramPart& part, const DdrConfig& ddr) {
    if (ddr.refresh.mode == RefreshMode::AllBank && !part.standard.has(Command::Refresh)) {
        mode.fail(fmt::format("{} has no REF, expected another refresh", part.standard.name));
    }
    if (ddr.refresh.mode != RefreshMode::PerBank) {
        return;
    }
    if (!part.standard.has(Command::RefreshBank)) {
        mode.fail(fmt::format("{} has no REFB, expected all_bank or none", part.standard.name));
    } else if (!part.noRefreshBank.empty()) {
        mode.fail(fmt::format("the part has no refresh by bank: {}, expected all_bank or none",
                              part.noRefreshBank));
    }
}

/// All banks, set by set, within an interval; before each the bank's row is used and closed.
void checkRefreshByBank(const Value& mode, const DdrConfig& ddr) {
    const std::uint32_t sets = ddr.refresh.set == memory::RefreshSet::OneBank
                                   ? ddr.organization.banks()
                                   : ddr.organization.banksPerGroup;
    const Cycle recovery =
        ddr.clocksBetween(Command::RefreshBank, Command::RefreshBank, memory::Level::Rank);
    const Cycle row = ddr.rowCycleClocks();
    if ((recovery + row) * sets > ddr.refresh.interval) {
        mode.fail(
            fmt::format("{} refreshes by bank, each of {} clocks after {} for a row, do not fit an "
                        "interval of {} clocks, expected all_bank or none",
                        sets, recovery, row, ddr.refresh.interval));
    }
}

void readIdleTimes(const Section& section, const DramPart& part, DramControllerConfig& controller) {
    const Value down = section.at("power_down_after");
    controller.powerDownAfter = down.clocksOrNever(kClocks);
    if (part.sound && controller.powerDownAfter && !part.standard.has(Command::PowerDownEntry)) {
        down.fail(fmt::format("{} has no PDE, expected never", part.standard.name));
    }
    const Value self = section.at("self_refresh_after");
    controller.selfRefreshAfter = self.clocksOrNever(kClocks);
    if (part.sound && controller.selfRefreshAfter &&
        !part.standard.has(Command::SelfRefreshEntry)) {
        self.fail(fmt::format("{} has no SRE, expected never", part.standard.name));
    }
}

}  // namespace

void readController(const Section& section, const DramPart& part, DdrConfig& ddr) {
    DramControllerConfig& controller = ddr.controller;
    controller.policy = section.at("policy").oneOf<SchedulingPolicy>(
        {{"fr_fcfs", SchedulingPolicy::FrFcfs}, {"fcfs", SchedulingPolicy::Fcfs}});
    controller.pagePolicy = section.at("page_policy")
                                .oneOf<PagePolicy>({{"open", PagePolicy::Open},
                                                    {"closed", PagePolicy::Closed},
                                                    {"adaptive", PagePolicy::Adaptive}});
    readQueues(section, controller);
    controller.rowHitCap = section.at("row_hit_cap").limit({1, 1'000'000});
    controller.ageLimit = section.at("age_limit").integer<Cycle>(kClocks);
    const Value mode = section.at("refresh");
    ddr.refresh.mode = mode.oneOf<RefreshMode>({{"none", RefreshMode::None},
                                                {"all_bank", RefreshMode::AllBank},
                                                {"per_bank", RefreshMode::PerBank}});
    ddr.refresh.postponed = section.at("postponed_refreshes").integer<std::uint32_t>(kPostponed);
    readIdleTimes(section, part, controller);
    controller.pipelineClocks = section.at("pipeline_clocks").integer<Cycle>({0, 10'000});
    if (part.sound) {
        checkRefresh(mode, part, ddr);
    }
    if (part.sound && section.clean() && ddr.refresh.mode == RefreshMode::PerBank) {
        ddr.refresh.interval = part.intervalByBank;
        checkRefreshByBank(mode, ddr);
    }
}

}  // namespace systole::sim
