// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram/dram_replay.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <tuple>
#include <utility>

#include "models/check.hpp"
#include "models/memory/dram/address_map.hpp"
#include "models/memory/dram/ideal_memory.hpp"
#include "models/memory/dram/memory_controller.hpp"

namespace systole::memory {
namespace {

using Block = std::array<ReplayRequest, 512>;

/// Brings the commands of several channels into one order. Each channel reports its own in order,
/// but may run ahead of the others.
class CommandMerge {
public:
    using Sink = std::function<void(std::uint32_t, const IssuedCommand&)>;

    explicit CommandMerge(Sink sink) : sink_(std::move(sink)) {}

    void add(std::uint32_t channel, const IssuedCommand& command) {
        waiting_.push_back({channel, command});
    }

    /// No channel will issue a command before `clock` any more.
    void passBefore(Cycle clock) {
        if (std::exchange(passed_, clock) == clock) return;
        const auto end =
            std::stable_partition(waiting_.begin(), waiting_.end(),
                                  [&](const Entry& entry) { return entry.command.clock < clock; });
        std::stable_sort(waiting_.begin(), end, [](const Entry& left, const Entry& right) {
            return std::tie(left.command.clock, left.channel) <
                   std::tie(right.command.clock, right.channel);
        });
        std::for_each(waiting_.begin(), end,
                      [&](const Entry& entry) { sink_(entry.channel, entry.command); });
        waiting_.erase(waiting_.begin(), end);
    }

private:
    struct Entry {
        std::uint32_t channel;
        IssuedCommand command;
    };
    Sink sink_;
    std::vector<Entry> waiting_;
    Cycle passed_ = 0;
};

class DdrReplay {
public:
    DdrReplay(const DdrConfig& config, const ReplayOptions& options)
        : map_(config),
          organization_(config.organization),
          isDependent_(options.isDependent),
          window_(options.window),
          merge_(options.onCommand) {
        SYSTOLE_CHECK(window_ > 0, "a window of no request");
        const std::uint32_t paths =
            organization_.dataPathPerBank ? organization_.ranks * organization_.banks() : 1;
        for (std::uint32_t c = 0; c < organization_.channels; ++c) {
            lanes_.push_back({MemoryController(config), std::vector<Cycle>(paths), 0});
        }
        if (!options.onCommand) return;
        isMerging_ = lanes_.size() > 1;
        for (std::uint32_t c = 0; c < lanes_.size(); ++c) {
            lanes_[c].controller.observe(
                [this, c, sink = options.onCommand](const IssuedCommand& command) {
                    isMerging_ ? merge_.add(c, command) : sink(c, command);
                });
        }
    }

    // The observers point here.
    DdrReplay(const DdrReplay&) = delete;
    DdrReplay& operator=(const DdrReplay&) = delete;
    ~DdrReplay() = default;

    void offer(const ReplayRequest& request) {
        const DramAddress address = map_.decode(request.address);
        Lane& lane = lanes_[address.channel];
        Cycle& nextOffer = lane.nextOffer[pathOf(address.bank)];
        moveWindow();
        head_ = std::max(head_, request.notBefore);
        const Cycle arrival = std::max({head_, lane.head, nextOffer});
        Cycle clock = arrival;
        while (!lane.controller.hasRoom(request.isWrite)) {
            clock = std::max(clock, step(lane) + 1);
        }
        while (lane.controller.nextClock() < clock) step(lane);
        // The tag brings the arrival back with the burst: nothing to look up.
        const auto answer = lane.controller.offer({arrival, address, request.isWrite}, clock);
        ++(request.isWrite ? result_.writes : result_.reads);
        isReading_ = !request.isWrite;
        lane.head = clock;
        nextOffer = clock + 1;
        if (lanes_.size() > 1) offered_.push_back(clock);
        if (answer) finish(*answer);
        if (isDependent_ && isReading_) awaitRead(lane);
    }

    /// Everything before what may be offered next, in all channels: commands can be passed on.
    void catchUp() {
        if (!isMerging_) return;
        for (Lane& lane : lanes_) {
            while (lane.controller.nextClock() < head_) step(lane);
            if (lane.controller.waiting() == 0 && lane.head < head_) {
                lane.controller.idleUntil(head_);
            }
        }
        merge_.passBefore(head_);
    }

    ReplayResult finish() {
        for (Lane& lane : lanes_) {
            while (lane.controller.waiting() > 0) step(lane);
            result_.cycles = std::max(result_.cycles, lane.controller.lastDataClock());
        }
        for (Lane& lane : lanes_) {
            lane.controller.idleUntil(result_.cycles);
            result_.channels.push_back(lane.controller.countersAt(result_.cycles));
        }
        if (isMerging_) merge_.passBefore(kNever);
        result_.readLatency = readLatency_.summary();
        result_.writeLatency = writeLatency_.summary();
        return std::move(result_);
    }

private:
    struct Lane {
        MemoryController controller;
        std::vector<Cycle> nextOffer;  ///< of each data path
        Cycle head;                    ///< nothing is offered to this channel before
    };

    /// Before a request is offered: the one a window before it was.
    void moveWindow() {
        if (offered_.size() < window_) return;
        head_ = std::max(head_, offered_.front());
        offered_.pop_front();
    }

    std::size_t pathOf(BankId bank) const {
        if (!organization_.dataPathPerBank) return 0;
        return (std::size_t{bank.rank} * organization_.bankGroups + bank.bankGroup) *
                   organization_.banksPerGroup +
               bank.bank;
    }

    Cycle step(Lane& lane) {
        const Cycle clock = lane.controller.nextClock();
        if (const auto served = lane.controller.step()) finish(*served);
        return clock;
    }

    void finish(const ServedBurst& served) {
        (served.isWrite ? writeLatency_ : readLatency_).add(served.dataEndClock - served.tag);
        if (isDependent_ && !served.isWrite) {
            isReading_ = false;
            head_ = served.dataEndClock;
        }
    }

    /// Of the one read that is under way.
    void awaitRead(Lane& lane) {
        while (isReading_) step(lane);
    }

    AddressMap map_;
    DramOrganization organization_;
    std::vector<Lane> lanes_;
    bool isDependent_;
    std::uint64_t window_;
    std::deque<Cycle> offered_;  ///< when the requests of the window were, of several channels
    bool isMerging_ = false;
    CommandMerge merge_;
    Cycle head_ = 0;          ///< nothing is offered to any channel before
    bool isReading_ = false;  ///< where requests are dependent: a read is under way
    LatencyRecord readLatency_;
    LatencyRecord writeLatency_;
    ReplayResult result_;
};

class IdealReplay {
public:
    IdealReplay(const IdealMemoryConfig& config, const ReplayOptions& options)
        : memory_(config),
          burstBytes_(config.burstBytes),
          latency_(config.latencyCycles),
          isDependent_(options.isDependent) {}

    void offer(const ReplayRequest& request) {
        const Cycle arrival = std::max(request.notBefore, next_);
        const Cycle end = memory_.serve(burstBytes_, arrival);
        const Cycle portFree = end - latency_;
        next_ = std::max(arrival + 1, portFree > 0 ? portFree - 1 : 0);
        if (isDependent_ && !request.isWrite) next_ = std::max(next_, end);
        ++(request.isWrite ? result_.writes : result_.reads);
        (request.isWrite ? writeLatency_ : readLatency_).add(end - arrival);
        result_.cycles = std::max(result_.cycles, end);
    }

    void catchUp() {}

    ReplayResult finish() {
        result_.readLatency = readLatency_.summary();
        result_.writeLatency = writeLatency_.summary();
        return std::move(result_);
    }

private:
    IdealMemory memory_;
    std::uint64_t burstBytes_;
    Cycle latency_;
    bool isDependent_;
    Cycle next_ = 0;
    LatencyRecord readLatency_;
    LatencyRecord writeLatency_;
    ReplayResult result_;
};

template <class Replay>
ReplayResult drive(Replay&& replay, RequestSource& source, const ReplayOptions& options) {
    Block block;
    std::uint64_t offered = 0;
    for (std::size_t count = source.fill(block); count > 0; count = source.fill(block)) {
        for (std::size_t i = 0; i < count; ++i) replay.offer(block[i]);
        replay.catchUp();
        offered += count;
        if (options.onProgress) options.onProgress(offered);
    }
    return replay.finish();
}

}  // namespace

DramCounters ReplayResult::counters() const {
    DramCounters sum;
    for (const DramCounters& channel : channels) sum += channel;
    return sum;
}

ReplayResult replay(const DramConfig& config, RequestSource& source, const ReplayOptions& options) {
    return config.ddr ? drive(DdrReplay(*config.ddr, options), source, options)
                      : drive(IdealReplay(*config.ideal, options), source, options);
}

}  // namespace systole::memory
