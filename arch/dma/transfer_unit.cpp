// SPDX-License-Identifier: Apache-2.0
#include "arch/dma/transfer_unit.hpp"

#include <algorithm>

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

/// The byte of the scratchpad at which the command's data begin.
std::uint32_t addressOf(const Operation& operation) {
    if (const auto* load = std::get_if<LoadTile>(&operation)) {
        return load->destination;
    }
    if (const auto* load = std::get_if<LoadWeights>(&operation)) {
        return load->destination;
    }
    return std::get<StoreTile>(operation).source;
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
            const std::uint32_t offset =
                bursts.empty() ? 0 : bursts.back().offset + bursts.back().usefulBytes;
            bursts.push_back({burst, bytes, offset});
        }
        begin = stop;
    }
}

}  // namespace

std::vector<BurstShare> burstsOf(const DramBox& box, const DramLayout& layout,
                                 std::uint32_t burstBytes) {
    std::vector<BurstShare> bursts;
    for (std::uint32_t outer = 0; outer < box.counts[0]; ++outer) {
        for (std::uint32_t inner = 0; inner < box.counts[1]; ++inner) {
            const DramLayout::Run run = layout.memoryRun(
                box.address + outer * box.strides[0] + inner * box.strides[1], box.runBytes);
            appendRun(bursts, run.begin, run.end, burstBytes);
        }
    }
    return bursts;
}

std::uint64_t burstCount(const DramBox& box, const DramLayout& layout, std::uint32_t burstBytes) {
    std::uint64_t bursts = 0;
    std::uint64_t last = ~std::uint64_t{0};
    for (std::uint32_t outer = 0; outer < box.counts[0]; ++outer) {
        for (std::uint32_t inner = 0; inner < box.counts[1]; ++inner) {
            const DramLayout::Run run = layout.memoryRun(
                box.address + outer * box.strides[0] + inner * box.strides[1], box.runBytes);
            if (run.begin == run.end) {
                continue;
            }
            const std::uint64_t first = run.begin / burstBytes;
            const bool isShared = bursts > 0 && first == last;
            last = (run.end - 1) / burstBytes;
            bursts += last - first + (isShared ? 0 : 1);
        }
    }
    return bursts;
}

TransferUnit::TransferUnit(const sc_core::sc_module_name& name, Unit unit,
                           const MachineConfig& config, Replay& replay)
    : CommandUnit(name, unit, replay), config_(config), isLoad_(unit == Unit::Load) {}

void TransferUnit::reset() {
    CommandUnit::reset();
    layerBursts_.assign(replay().program->layerNames.size(), 0);
}

void TransferUnit::burstDone(std::uint64_t tag) {
    SYSTOLE_CHECK(inFlight_ > 0 && tag < bursts_.size(), "cycle {}: {}: answer {} to no request",
                  cycle(), name(), tag);
    --inFlight_;
    if (isLoad_) {
        if (const memory::AccessStream steps = portSteps(bursts_[tag]); steps.next) {
            writing_.push_back(post(steps));
        }
    }
    answered_.notify(sc_core::SC_ZERO_TIME);
}

void TransferUnit::burstsDone(std::uint64_t tag, std::uint64_t count) {
    if (!bursts_.empty()) {
        BurstClient::burstsDone(tag, count);
        return;
    }
    SYSTOLE_CHECK(inFlight_ >= count, "cycle {}: {}: {} answers to {} requests", cycle(), name(),
                  count, inFlight_);
    inFlight_ -= count;
    answered_.notify(sc_core::SC_ZERO_TIME);
}

/// Storage bytes of the scratchpad that the first `bytes` of the transfer fill.
std::uint64_t TransferUnit::storageBytes(std::uint64_t bytes) const {
    const std::uint64_t elements = bytes * 8 / room_.bits;
    return std::min(box_.bytes(), elements * room_.imageBytes);
}

memory::AccessStream TransferUnit::portSteps(const BurstShare& burst) const {
    if (!config_.dma.bytesPerCycle) {
        return {};
    }
    const std::uint64_t last = burst.offset + burst.usefulBytes;
    const std::uint64_t begin = storageBytes(burst.offset);
    const std::uint64_t end = storageBytes(last);
    std::vector<memory::AccessStep> steps;
    for (std::uint64_t at = burst.offset; at < last;) {
        const std::uint64_t next = std::min(last, at + *config_.dma.bytesPerCycle);
        addWords(storageBytes(at), storageBytes(next), begin, end, steps.emplace_back());
        at = next;
    }
    return memory::streamOf(std::move(steps));
}

/// Adds the words that are touched when the part `from` .. `to` of a burst's `begin` .. `end`
/// passes.
void TransferUnit::addWords(std::uint64_t from, std::uint64_t to, std::uint64_t begin,
                            std::uint64_t end, memory::AccessStep& step) const {
    if (from == to) {
        return;
    }
    words_->forEachWord(scratchpadAddress_ + from, to - from, [&](std::uint64_t word) {
        const std::uint64_t wordBegin = word * words_->wordBytes();
        const std::uint64_t first = std::max(scratchpadAddress_ + begin, wordBegin);
        const std::uint64_t last =
            std::min(scratchpadAddress_ + end, wordBegin + words_->wordBytes());
        if (isLoad_ && last <= scratchpadAddress_ + to) {
            ports_->write(word, step);
        } else if (!isLoad_ && first >= scratchpadAddress_ + from) {
            ports_->read(word, step);
        }
    });
}

/// Forgets the bursts that have reached the scratchpad. Returns whether the unit may ask for
/// another one.
bool TransferUnit::freeSlots() {
    arbiter().advance(cycle());
    while (!writing_.empty() && arbiter().isComplete(writing_.front())) {
        writing_.pop_front();
    }
    return inFlight_ + writing_.size() < config_.dma.outstandingBursts;
}

void TransferUnit::awaitSlot() {
    while (!freeSlots()) {
        if (writing_.empty()) {
            wait(answered_);
        } else {
            waitUntil(arbiter().completesNoSoonerThan(writing_.front()));
        }
        waitUntil(cycle());  // answers come at edges of the DRAM's clock
    }
}

/// All bursts of a cycle at once, where neither the memory nor the scratchpad looks at each.
void TransferUnit::transferRuns(const Command& command) {
    bursts_.clear();
    const std::uint32_t burstBytes = memory->burstBytes();
    const std::uint64_t bursts = burstCount(box_, replay().program->dram, burstBytes);
    layerBursts_.at(command.layer) += bursts;
    for (std::uint64_t sent = 0; sent < bursts;) {
        awaitSlot();
        const std::uint64_t count =
            std::min<std::uint64_t>(config_.dma.outstandingBursts - inFlight_, bursts - sent);
        inFlight_ += count;
        memory->request({0, !isLoad_, sent, command.layer, count}, *this);
        sent += count;
    }
    while (inFlight_ > 0) {
        wait(answered_);
    }
    waitUntil(cycle());
}

void TransferUnit::transfer(const Command& command) {
    if (memory->takesRuns() && !config_.dma.bytesPerCycle) {
        transferRuns(command);
        return;
    }
    const bool isWrite = !isLoad_;
    bursts_ = burstsOf(box_, replay().program->dram, memory->burstBytes());
    layerBursts_.at(command.layer) += bursts_.size();
    for (std::size_t i = 0; i < bursts_.size(); ++i) {
        awaitSlot();
        if (isWrite) {
            if (const memory::AccessStream steps = portSteps(bursts_[i]); steps.next) {
                awaitPorts(post(steps));
            }
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
    waitUntil(cycle());
    for (; !writing_.empty(); writing_.pop_front()) {
        awaitPorts(writing_.front());
    }
}

void TransferUnit::count(const Command& command) {
    const std::uint64_t bytes = room_.memoryBytes(box_.bytes());
    const std::uint64_t words = words_->wordOf(scratchpadAddress_ + box_.bytes() - 1) -
                                words_->wordOf(scratchpadAddress_) + 1;
    cost::Counters& count = counters(command);
    if (std::holds_alternative<StoreTile>(command.operation)) {
        count.bytesStored += bytes;
        count.activationScratchpadReads += words;
    } else if (std::holds_alternative<LoadWeights>(command.operation)) {
        count.bytesLoaded += bytes;
        count.weightScratchpadWrites += words;
    } else {
        count.bytesLoaded += bytes;
        count.haloBytes += room_.memoryBytes(std::get<LoadTile>(command.operation).haloBytes);
        count.activationScratchpadWrites += words;
    }
    countPorts(command);
}

void TransferUnit::execute(const Command& command) {
    const Cycle begin = cycle();
    const bool weights = std::holds_alternative<LoadWeights>(command.operation);
    const ScratchpadPorts& ports = replay().ports;
    ports_ = weights ? &ports.weights() : &ports.activations();
    words_ = weights ? &ports.weightWords() : &ports.activationWords();
    scratchpadAddress_ = addressOf(command.operation);
    box_ = boxOf(command.operation);
    room_ = replay().program->dram.roomAt(box_.address);
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
