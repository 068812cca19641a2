// SPDX-License-Identifier: Apache-2.0
#include "arch/dma/transfer_unit.hpp"

#include <algorithm>
#include <utility>

#include "models/check.hpp"

namespace systole::arch {
namespace {

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

/// The requests of a load: one a cycle, or as many as the width of the engine holds. What is left
/// of a cycle's width is of use in the next one alone: 96 bytes a cycle are 1, 2, 1, 2, .. bursts
/// of 64.
class RequestPace {
public:
    RequestPace(const Limit& bytesPerCycle, std::uint32_t burstBytes)
        : isLimited_(bytesPerCycle.has_value()),
          width_(std::max<std::uint64_t>(bytesPerCycle.value_or(0), burstBytes)),
          burst_(burstBytes),
          isWide_(bytesPerCycle && *bytesPerCycle > burstBytes) {}

    bool mayAsk(Cycle cycle) {
        if (cycle != cycle_) {
            const bool follows = cycle_ != kNever && cycle == cycle_ + 1 && isWide_;
            left_ = width_ + (follows ? std::min(left_, burst_ - 1) : 0);
            cycle_ = cycle;
        }
        return !isLimited_ || left_ >= burst_;
    }
    void ask() { left_ -= isLimited_ ? burst_ : 0; }

private:
    bool isLimited_;
    std::uint64_t width_;
    std::uint64_t burst_;
    bool isWide_;
    std::uint64_t left_ = 0;  ///< of the width of the present cycle
    Cycle cycle_ = kNever;
};

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

TransferUnit::TransferUnit(const sc_core::sc_module_name& name, UnitId unit,
                           const MachineConfig& config, Replay& replay)
    : CommandUnit(name, unit, replay), config_(config), isLoad_(unit.kind == UnitKind::Load) {
    SC_HAS_PROCESS(TransferUnit);
    SC_METHOD(pass);
    sensitive << passNext_;
    dont_initialize();
}

void TransferUnit::reset() {
    CommandUnit::reset();
    layerBursts_.assign(replay().program->layerNames.size(), 0);
}

void TransferUnit::burstDone(std::uint64_t tag) {
    SYSTOLE_CHECK(inFlight_ > 0 && tag < bursts_.size(), "cycle {}: {}: answer {} to no request",
                  cycle(), name(), tag);
    --inFlight_;
    if (!isLoad_ || !passage_) {
        moved_.notify(sc_core::SC_ZERO_TIME);
        return;
    }
    ++passing_;
    passage_->push(bursts_[tag]);
    if (isWide_) {
        passNext_.notify(timeOf(cycle()) - sc_core::sc_time_stamp());
    } else {
        writing_.push_back({post(wholePassage()), 1});
        moved_.notify(sc_core::SC_ZERO_TIME);
    }
}

void TransferUnit::burstsDone(std::uint64_t tag, std::uint64_t count) {
    if (!bursts_.empty()) {
        BurstClient::burstsDone(tag, count);
        return;
    }
    SYSTOLE_CHECK(inFlight_ >= count, "cycle {}: {}: {} answers to {} requests", cycle(), name(),
                  count, inFlight_);
    inFlight_ -= count;
    moved_.notify(sc_core::SC_ZERO_TIME);
}

memory::AccessStream TransferUnit::wholePassage() {
    std::vector<memory::AccessStep> steps;
    while (!passage_->empty()) {
        steps.push_back(passage_->next().step);
    }
    moving_ += steps.size();
    return memory::streamOf(std::move(steps));
}

/// Of a wide load: what has arrived passes, a cycle's worth at a time, so that bursts that come
/// while the one before passes share the next cycle. First lets all answers of the instant come.
void TransferUnit::pass() {
    if (!std::exchange(isSettled_, !isSettled_)) {
        next_trigger(sc_core::SC_ZERO_TIME);
        return;
    }
    freeSlots();
    if (writing_.empty() && !passage_->empty()) {
        BurstPassage::Turn next = passage_->next();
        ++moving_;
        writing_.push_back({post(memory::streamOf({std::move(next.step)})), next.bursts});
    }
    if (!writing_.empty()) {
        const Cycle next = arbiter().completesNoSoonerThan(writing_.front().ticket);
        passNext_.notify(timeOf(next) - sc_core::sc_time_stamp());
    }
    moved_.notify(sc_core::SC_ZERO_TIME);
}

/// Forgets the bursts that have reached the scratchpad. Returns whether the unit may ask for
/// another one.
bool TransferUnit::freeSlots() {
    arbiter().advance(cycle());
    while (!writing_.empty() && arbiter().isComplete(writing_.front().ticket)) {
        passing_ -= writing_.front().bursts;
        writing_.pop_front();
    }
    return hasSlot();
}

void TransferUnit::awaitSlot() {
    while (!freeSlots()) {
        if (isWide_ || writing_.empty()) {
            wait(moved_);
        } else {
            waitUntil(arbiter().completesNoSoonerThan(writing_.front().ticket));
        }
        waitUntil(cycle());  // answers come at edges of the DRAM's clock
    }
}

void TransferUnit::request(std::size_t burst, std::uint32_t layer) {
    ++inFlight_;
    memory->request({bursts_[burst].address, !isLoad_, burst, layer}, *this);
}

void TransferUnit::transfer(std::uint32_t layer) {
    bursts_ = burstsOf(transfer_.box, replay().program->dram, memory->burstBytes());
    layerBursts_.at(layer) += bursts_.size();
    if (isLoad_) {
        load(layer);
    } else if (isWide_) {
        storeWide(layer);
    } else {
        store(layer);
    }
}

/// All bursts of a cycle at once, where neither the memory nor the scratchpad looks at each.
void TransferUnit::transferRuns(std::uint32_t layer) {
    bursts_.clear();
    const std::uint64_t bursts =
        burstCount(transfer_.box, replay().program->dram, memory->burstBytes());
    layerBursts_.at(layer) += bursts;
    for (std::uint64_t sent = 0; sent < bursts;) {
        awaitSlot();
        const std::uint64_t count =
            std::min<std::uint64_t>(config_.dma.slots() - inFlight_, bursts - sent);
        inFlight_ += count;
        memory->request({0, !isLoad_, sent, layer, count}, *this);
        sent += count;
    }
}

void TransferUnit::load(std::uint32_t layer) {
    RequestPace pace(config_.dma.bytesPerCycle, memory->burstBytes());
    for (std::size_t i = 0; i < bursts_.size(); ++i) {
        awaitSlot();
        if (!pace.mayAsk(cycle())) {
            waitUntil(cycle() + 1);
            SYSTOLE_CHECK(pace.mayAsk(cycle()), "cycle {}: {}: no request a cycle", cycle(),
                          name());
        }
        pace.ask();
        request(i, layer);
    }
}

void TransferUnit::store(std::uint32_t layer) {
    for (std::size_t i = 0; i < bursts_.size(); ++i) {
        awaitSlot();
        if (passage_) {
            passage_->push(bursts_[i]);
            awaitPorts(post(wholePassage()));
        }
        request(i, layer);
    }
}

/// Reads a cycle's worth of bytes at a time, of bursts for which there are slots, and asks for
/// those whose bytes are all read.
void TransferUnit::storeWide(std::uint32_t layer) {
    std::size_t asked = 0;
    for (std::size_t read = 0; asked < bursts_.size();) {
        if (passage_->empty()) {
            awaitSlot();
        }
        while (read < bursts_.size() && passage_->bytes() < *config_.dma.bytesPerCycle &&
               hasSlot()) {
            passage_->push(bursts_[read++]);
            ++passing_;
        }
        BurstPassage::Turn next = passage_->next();
        ++moving_;
        awaitPorts(post(memory::streamOf({std::move(next.step)})));
        for (; next.bursts > 0; --next.bursts) {
            --passing_;
            request(asked++, layer);
        }
    }
}

/// Waits until all bursts have been answered and, of a load, have reached the scratchpad.
void TransferUnit::awaitArrivals() {
    while (inFlight_ > 0 || (isWide_ && passing_ > 0)) {
        wait(moved_);
    }
    waitUntil(cycle());
    for (; !writing_.empty(); writing_.pop_front()) {
        awaitPorts(writing_.front().ticket);
        passing_ -= writing_.front().bursts;
    }
}

void TransferUnit::count(const Command& command, const TransferCommand& transfer) {
    const memory::ElementRoom room = replay().program->dram.roomAt(transfer.box.address);
    const std::uint64_t words = words_->wordOf(transfer.address + transfer.box.bytes() - 1) -
                                words_->wordOf(transfer.address) + 1;
    cost::Counters& count = counters(command);
    (isLoad_ ? count.bytesLoaded : count.bytesStored) += room.memoryBytes(transfer.box.bytes());
    count.haloBytes += room.memoryBytes(transfer.haloBytes);
    if (transfer.scratchpad == Scratchpad::Weight) {
        (isLoad_ ? count.weightScratchpadWrites : count.weightScratchpadReads) += words;
    } else {
        (isLoad_ ? count.activationScratchpadWrites : count.activationScratchpadReads) += words;
    }
}

PassagePlace TransferUnit::placeOf(const TransferCommand& transfer) const {
    const bool isWeights = transfer.scratchpad == Scratchpad::Weight;
    const ScratchpadPorts& ports = replay().ports;
    return {.ports = isWeights ? &ports.weights() : &ports.activations(),
            .words = isWeights ? &ports.weightWords() : &ports.activationWords(),
            .address = transfer.address,
            .bytes = transfer.box.bytes(),
            .room = replay().program->dram.roomAt(transfer.box.address),
            .isLoad = isLoad_,
            .bytesPerCycle = config_.dma.bytesPerCycle.value_or(0),
            .isWide = isWide_};
}

/// Steps never overlap, so that what is neither their own time nor what the ports took beyond it
/// was spent waiting for the DRAM.
void TransferUnit::recordStates(Cycle begin, Cycle conflicts) {
    const Cycle moved = begin + moving_;
    SYSTOLE_CHECK(moved + conflicts <= cycle(), "cycle {}: {}: {} cycles of {} and {} of conflicts",
                  cycle(), name(), moving_, cycle() - begin, conflicts);
    record(begin, moved, UnitState::Busy);
    record(moved, moved + conflicts, UnitState::ScratchpadConflict);
    record(moved + conflicts, cycle(), UnitState::Memory);
}

void TransferUnit::execute(const Command& command) {
    const Cycle begin = cycle();
    transfer_ = std::get<TransferCommand>(command.operation);
    isWide_ = config_.dma.bytesPerCycle && *config_.dma.bytesPerCycle > memory->burstBytes();
    const PassagePlace place = placeOf(transfer_);
    words_ = place.words;
    passage_ = config_.dma.bytesPerCycle ? std::optional(BurstPassage(place)) : std::nullopt;
    moving_ = 0;
    if (memory->takesRuns() && !passage_) {
        transferRuns(command.layer);
    } else {
        transfer(command.layer);
    }
    awaitArrivals();
    count(command, transfer_);
    recordStates(begin, countPorts(command));
    finish(command);
}

}  // namespace systole::arch
