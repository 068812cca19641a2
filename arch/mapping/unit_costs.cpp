// SPDX-License-Identifier: Apache-2.0
#include "arch/mapping/unit_costs.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "arch/fold/fold_schedule.hpp"

namespace systole::arch {
namespace {

/// Bytes a cycle that pass between the DMA engine and a scratchpad. The narrower of the engine and
/// the banks limits them; where nothing limits them the rate is infinite.
double rateInto(const ScratchpadConfig& scratchpad, const DmaConfig& dma) {
    double rate = std::numeric_limits<double>::infinity();
    if (dma.bytesPerCycle) {
        rate = static_cast<double>(*dma.bytesPerCycle);
        if (scratchpad.banks) {
            rate = std::min(rate, static_cast<double>(*scratchpad.banks * scratchpad.wordBytes));
        }
    }
    return rate;
}

/// The factor by which refreshes of all banks at once slow the DRAM down.
double refreshing(const memory::DdrConfig& ddr) {
    using memory::Command;
    if (ddr.refresh.mode != memory::RefreshMode::AllBank) {
        return 1;
    }
    const Cycle busy = ddr.clocksBetween(Command::Refresh, Command::Activate, memory::Level::Rank);
    return 1 + static_cast<double>(busy) / static_cast<double>(ddr.refresh.interval);
}

/// DRAM clocks that a written burst costs beyond its data. A controller collects writes and then
/// writes them together, so the bus turns to writes and back once for all of them.
double turnaround(const memory::DdrConfig& ddr) {
    using memory::Command;
    using memory::Level;
    const Cycle turns =
        ddr.clocksBetween(Command::Read, Command::Write, Level::Rank) +
        std::max(ddr.clocksBetween(Command::Write, Command::Read, Level::Rank),
                 ddr.clocksBetween(Command::Write, Command::Read, Level::BankGroup));
    const std::uint32_t together = std::max(
        1U, ddr.controller.writeHigh - std::min(ddr.controller.writeLow, ddr.controller.writeHigh));
    return static_cast<double>(turns) / together;
}

}  // namespace

/// The period is linear in the number of steps, but it has a least value: a short fold still waits
/// for the load of the next stationary operands. Two calls of the closed form give both parts.
FoldCosts::FoldCosts(const ArrayConfig& array) : stepCycles_(array.cyclesPerStep) {
    const ArrayConfig costs = assumedArray(array);
    const Cycle extra = array.convention == CycleConvention::Stonne ? kStonneOverhead : 0;
    const std::uint64_t many = Cycle{costs.rows} + costs.columns;
    least_ = foldPeriod(costs, 1) + extra;
    gap_ = foldPeriod(costs, many) - stepCycles_ * many + extra;
    alone_ = isolatedFoldCycles(costs, 1) - stepCycles_ + extra;
}

TransferCosts::TransferCosts(const MachineConfig& machine, double slowdown)
    : burstBytes_(machine.dram.burstBytes()),
      activationRate_(rateInto(machine.activationScratchpad, machine.dma)),
      weightRate_(rateInto(machine.weightScratchpad, machine.dma)) {
    if (machine.dram.ideal) {
        const memory::IdealMemoryConfig& ideal = *machine.dram.ideal;
        latency_ = static_cast<double>(ideal.latencyCycles);
        leastBus_ =
            slowdown *
            (ideal.bytesPerCycle ? burstBytes_ / static_cast<double>(*ideal.bytesPerCycle) : 0);
    } else {
        const memory::DdrConfig& ddr = *machine.dram.ddr;
        const double clock = machine.clockHertz / ddr.clockHertz;
        clock_ = slowdown * clock * refreshing(ddr);
        leastBus_ =
            slowdown * refreshing(ddr) * burstBytes_ * machine.clockHertz / ddr.peakBandwidth();
        perTurn_ = clock_ * turnaround(ddr) / ddr.organization.channels;
        // Most transfers begin in another DRAM row than the transfer before, so the row is closed
        // and opened first.
        latency_ = static_cast<double>(ddr.rowConflictClocks()) * clock;
        queue_ = ddr.controller.writeQueue;
        pace_.emplace(ddr, machine.dma.slots());
    }
    if (machine.dma.bytesPerCycle) {
        // A request a cycle, or as many as a wide engine takes.
        const double width = static_cast<double>(*machine.dma.bytesPerCycle);
        perIssue_ = 1 / std::max(width / burstBytes_, 1.0);
    }
    perRequest_ = std::max({leastBus_, latency_ / machine.dma.slots(), perIssue_});
}

double TransferCosts::bursts(const Runs& runs) const {
    const auto burst = static_cast<std::uint64_t>(burstBytes_);
    const auto touched = [&](std::uint64_t bytes, std::uint64_t grain) {
        const std::uint64_t whole = ceilDivide(bytes, grain) * grain;
        return static_cast<double>(whole + burst - grain) / burstBytes_;
    };
    const std::uint64_t grain = runs.count * runs.rows > 1 ? std::gcd(runs.stride, burst) : burst;
    const double each = touched(runs.bytes, grain) * static_cast<double>(runs.count);
    const std::uint64_t span = (runs.count - 1) * runs.stride + runs.bytes;
    return static_cast<double>(runs.rows) * std::min(each, touched(span, grain));
}

/// Core cycles that a burst of the pattern keeps DRAM busy.
double TransferCosts::pace(const Runs& runs) const {
    return pace_ ? std::max(leastBus_, pace_->clocksPerBurst(runs) * clock_) : leastBus_;
}

/// Core cycles that the wanted bytes of a burst take between the DMA engine and the scratchpad.
double TransferCosts::useful(const Runs& runs, double bursts, double rate) const {
    const double each = static_cast<double>(runs.total()) / bursts / rate;
    return rate > burstBytes_ ? each : std::ceil(each);  // of a wide engine bursts share a cycle
}

Transfer TransferCosts::loadAt(double rate, const Runs& runs) const {
    const double count = bursts(runs);
    const double each = pace(runs);
    return {.bursts = count,
            .bus = count * each,
            .cycles = latency_ + count * std::max({each, perRequest_, useful(runs, count, rate)}),
            .after = latency_};
}

Transfer TransferCosts::store(const Runs& runs) const {
    if (!pace_) {
        return loadAt(activationRate_, runs);
    }
    const double count = bursts(runs);
    const double bus = count * (pace(runs) + perTurn_);
    const double held = queue_ * bus / count;
    return {.bursts = count,
            .bus = bus,
            .cycles = std::max(count * std::max(perIssue_, useful(runs, count, activationRate_)),
                               bus - held),
            .after = -held};
}

double TransferCosts::leastCycles(std::uint64_t bytes) const {
    const auto count = static_cast<double>(bytes);
    return std::max(count / burstBytes_ * perRequest_,
                    count / std::max(activationRate_, weightRate_));
}

}  // namespace systole::arch
