// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "models/memory/dram/dram_counters.hpp"
#include "models/memory/dram/timing_engine.hpp"

namespace systole::memory {

enum class PowerState : std::uint8_t { Up, PoweredDown, SelfRefresh };

/// The banks of one channel: which rows are open, which ranks are powered down, what is legal when,
/// what was issued. The controller decides what to issue; this class refuses what is not legal.
class DramDevice {
public:
    explicit DramDevice(const DdrConfig& config);

    void observe(CommandObserver observer) { observer_ = std::move(observer); }

    static constexpr std::uint32_t kClosed = ~std::uint32_t{0};
    /// The open row, or kClosed.
    std::uint32_t openRow(std::uint32_t bank) const { return row_[bank]; }
    bool isOpen(std::uint32_t bank) const { return row_[bank] != kClosed; }
    std::uint32_t openBanks(std::uint32_t rank) const { return ranks_[rank].openBanks; }
    PowerState power(std::uint32_t rank) const { return ranks_[rank].power; }
    const BankIndex& banks() const { return timing_.banks(); }
    std::vector<std::uint32_t> refreshSet(std::uint32_t bank) const {
        return timing_.refreshSet(bank);
    }

    /// The first clock at which rules and buses allow the command, whatever the state of the bank.
    Cycle earliest(Command command, std::uint32_t bank) const {
        return timing_.earliest(command, bank);
    }
    const TimingEngine& timing() const { return timing_; }
    /// Whether state, rules and buses allow it.
    bool allows(const IssuedCommand& issued) const;

    /// Issues it; an invariant breaks if it is not allowed.
    void issue(const IssuedCommand& issued);

    /// Commands and clocks by state up to `endClock`; what requests waited for is not known here.
    DramCounters countersAt(Cycle endClock) const;

private:
    struct Rank {
        std::uint32_t openBanks = 0;
        PowerState power = PowerState::Up;
        Cycle since = 0;  ///< in this state
    };

    bool stateAllows(const IssuedCommand& issued) const;
    bool anyOpen(std::uint32_t bank) const;
    void update(const IssuedCommand& issued, std::uint32_t bank);
    void updateRank(const IssuedCommand& issued, std::uint32_t bank);
    void closeBank(std::uint32_t bank);
    void closeRank(std::uint32_t rank);
    static std::uint64_t& clocksOf(DramCounters& counters, const Rank& rank);

    TimingEngine timing_;
    std::vector<std::uint32_t> row_;
    std::vector<Rank> ranks_;
    DramCounters counters_;
    CommandObserver observer_;
};

}  // namespace systole::memory
