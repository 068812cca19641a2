// SPDX-License-Identifier: Apache-2.0
#include "arch/transfer_unit.hpp"

#include <algorithm>

#include "arch/operand_reads.hpp"
#include "models/check.hpp"

namespace systole::arch {
namespace {

const DramBox& boxOf(const Operation& operation) {
    if (const auto* load = std::get_if<LoadTile>(&operation)) {
        return load->source;
    }
    if (const auto* load = std::get_if<LoadWeights>(&operation)) {
        return load->source;
    }
    return std::get<StoreTile>(operation).destination;
}

void appendRun(std::vector<BurstShare>& bursts, std::uint64_t begin, std::uint64_t end,
               std::uint32_t burstBytes) {
    while (begin < end) {
        const std::uint64_t burst = begin - begin % burstBytes;
        const std::uint64_t stop = std::min(end, burst + burstBytes);
        const auto bytes = static_cast<std::uint32_t>(stop - begin);
        if (!bursts.empty() && bursts.back().address == burst) {
            bursts.back().usefulBytes += bytes;
        } else {
            bursts.push_back({burst, bytes});
        }
        begin = stop;
    }
}

}  // namespace

std::vector<BurstShare> burstsOf(const DramBox& box, std::uint32_t burstBytes) {
    std::vector<BurstShare> bursts;
    for (std::uint32_t outer = 0; outer < box.counts[0]; ++outer) {
        for (std::uint32_t inner = 0; inner < box.counts[1]; ++inner) {
            const std::uint64_t begin =
                box.address + outer * box.strides[0] + inner * box.strides[1];
            appendRun(bursts, begin, begin + box.runBytes, burstBytes);
        }
    }
    return bursts;
}

TransferUnit::TransferUnit(const sc_core::sc_module_name& name, Unit unit,
                           const MachineConfig& config, Replay& replay)
    : CommandUnit(name, unit, replay), config_(config), isLoad_(unit == Unit::Load) {}

void TransferUnit::burstDone(std::uint64_t tag) {
    SYSTOLE_CHECK(inFlight_ > 0 && tag < bursts_.size(), "cycle {}: {}: answer {} to no request",
                  cycle(), name(), tag);
    --inFlight_;
    if (isLoad_) {
        usePort(bursts_[tag].usefulBytes);
    }
    slotsFree_.push_back(std::max(portFree_, cycle()));
    answered_.notify(sc_core::SC_ZERO_TIME);
}

void TransferUnit::usePort(std::uint32_t bytes) {
    portFree_ = std::max(portFree_, cycle()) + cyclesAtRate(bytes, config_.dma.bytesPerCycle);
}

void TransferUnit::awaitSlot() {
    for (;;) {
        while (!slotsFree_.empty() && slotsFree_.front() <= cycle()) {
            slotsFree_.pop_front();
        }
        if (inFlight_ + slotsFree_.size() < config_.dma.outstandingBursts) {
            return;
        }
        if (slotsFree_.empty()) {
            wait(answered_);
        } else {
            waitUntil(slotsFree_.front());
        }
        waitUntil(cycle());  // answers come at edges of the DRAM's clock
    }
}

void TransferUnit::transfer(const Command& command) {
    const bool isWrite = !isLoad_;
    bursts_ = burstsOf(boxOf(command.operation), memory->burstBytes());
    portFree_ = cycle();
    slotsFree_.clear();
    for (std::size_t i = 0; i < bursts_.size(); ++i) {
        awaitSlot();
        if (isWrite) {
            usePort(bursts_[i].usefulBytes);
            waitUntil(portFree_);
        }
        ++inFlight_;
        memory->request({bursts_[i].address, isWrite, i, command.layer}, *this);
        if (config_.dma.bytesPerCycle && !isWrite) {
            waitUntil(cycle() + 1);  // one request a cycle
        }
    }
    while (inFlight_ > 0) {
        wait(answered_);
    }
    waitUntil(std::max(cycle(), portFree_));
}

void TransferUnit::count(const Command& command) {
    const std::uint64_t bytes = boxOf(command.operation).bytes();
    cost::Counters& count = counters(command);
    if (std::holds_alternative<StoreTile>(command.operation)) {
        count.bytesStored += bytes;
        count.activationScratchpadReads += wordsOf(config_.activationScratchpad, bytes);
    } else if (std::holds_alternative<LoadWeights>(command.operation)) {
        count.bytesLoaded += bytes;
        count.weightScratchpadWrites += wordsOf(config_.weightScratchpad, bytes);
    } else {
        count.bytesLoaded += bytes;
        count.activationScratchpadWrites += wordsOf(config_.activationScratchpad, bytes);
    }
}

void TransferUnit::execute(const Command& command) {
    const Cycle begin = cycle();
    transfer(command);
    count(command);

    Cycle moving = 0;
    for (const BurstShare& burst : bursts_) {
        moving += cyclesAtRate(burst.usefulBytes, config_.dma.bytesPerCycle);
    }
    const Cycle busyUntil = std::min(cycle(), begin + moving);
    record(begin, busyUntil, UnitState::Busy);
    record(busyUntil, cycle(), UnitState::Memory);
    finish(command);
}

}  // namespace systole::arch
