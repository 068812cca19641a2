// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/memory/dram/dram_command.hpp"
#include "models/units.hpp"

/// A DRAM as plain numbers. What a standard says (which rules there are, which command takes which
/// bus, what a command costs) is data as well: a new one needs no code.
namespace systole::memory {

/// Which commands a rule ties together.
enum class Level : std::uint8_t {
    Bank,       ///< of the same bank
    BankGroup,  ///< of the same bank group
    Rank,       ///< of the same rank
    OtherRank,  ///< of any two different ranks of the channel
    Channel
};
inline constexpr std::array kLevelNames{"bank", "bank_group", "rank", "other_rank", "channel"};

/// `next` may follow any of `previous` after `clocks` at the earliest.
struct TimingRule {
    Level level = Level::Bank;
    std::vector<Command> previous;
    Command next = Command::Activate;
    Cycle clocks = 0;
    /// Counts back: 4 binds the fourth last of all `previous` (a window of four); of Rank only.
    std::uint32_t window = 1;
    std::string text;  ///< what `clocks` was computed from, in JEDEC names

    bool follows(Command command) const {
        return std::find(previous.begin(), previous.end(), command) != previous.end();
    }
};

/// How a command occupies the command bus. HBM has a bus each for row and column commands, LPDDR
/// commands take several clocks.
struct CommandSlot {
    std::optional<std::uint32_t> bus = 0;  ///< none: commands of this kind never meet
    std::uint32_t clocks = 1;
};
inline constexpr std::uint32_t kMostCommandBuses = 4;

/// From the command to the data, and how long the data take.
struct DramLatencies {
    Cycle read = 0;   ///< from Read to the first beat (CL, RL)
    Cycle write = 0;  ///< from Write to the first beat (CWL, WL)
    Cycle burst = 0;  ///< of data: burst length over beats a clock
};

enum class RefreshMode : std::uint8_t { None, AllBank, PerBank };
/// What one RefreshBank refreshes.
enum class RefreshSet : std::uint8_t { OneBank, SameBankOfGroups };

struct RefreshConfig {
    RefreshMode mode = RefreshMode::AllBank;
    RefreshSet set = RefreshSet::OneBank;
    /// tREFI: in this time all banks are refreshed once; each set in its turn, where by bank.
    Cycle interval = 0;
    /// How many refreshes of all banks (or as many rounds over the sets) may be put off while
    /// requests wait.
    std::uint32_t postponed = 0;
};

/// In mW x clocks (commands) and mW (states), of one device: what the IDD currents say.
struct DramPower {
    double activate = 0;  ///< with the Precharge that follows it
    double read = 0;
    double write = 0;
    double refresh = 0;
    double refreshBank = 0;
    double activeStandby = 0;  ///< at least one bank of the rank open
    double prechargeStandby = 0;
    double activePowerDown = 0;
    double prechargePowerDown = 0;
    double selfRefresh = 0;
    /// Outside the devices' supplies: drivers and termination, pJ for a bit that passes the pins.
    double ioReadPicojoulesPerBit = 0;
    double ioWritePicojoulesPerBit = 0;
};

enum class AddressField : std::uint8_t { Rank, BankGroup, Bank, Row, Column };
inline constexpr std::array kAddressFieldNames{"rank", "bank_group", "bank", "row", "column"};

/// A bit of a field; those of Column count bursts.
struct AddressBit {
    AddressField field = AddressField::Row;
    std::uint32_t bit = 0;
    auto operator<=>(const AddressBit&) const = default;
};

/// `target` is inverted where an odd number of `sources` are set. No source is a target.
struct AddressHash {
    AddressBit target;
    std::vector<AddressBit> sources;
};

/// How an address within a channel, above the burst, is cut.
struct AddressMapping {
    std::vector<AddressBit> bits;  ///< from the lowest up: each bit of each field once
    std::vector<AddressHash> hashes;
};

/// All sizes but `channels` and `devices` are powers of two.
struct DramOrganization {
    std::uint32_t channels = 1;
    std::uint32_t ranks = 1;
    std::uint32_t bankGroups = 4;
    std::uint32_t banksPerGroup = 4;
    std::uint32_t rows = 65536;
    std::uint32_t columns = 1024;  ///< per row, in units of the bus width
    std::uint32_t busBits = 64;
    std::uint32_t burstLength = 8;
    std::uint32_t devices = 8;  ///< of a rank, that answer together
    /// Every bank has a path of its own for its data (processing in or next to the DRAM); nothing
    /// crosses the pins.
    bool dataPathPerBank = false;

    std::uint32_t banks() const { return bankGroups * banksPerGroup; }  ///< of a rank
    std::uint32_t burstBytes() const { return busBits / 8 * burstLength; }
    std::uint32_t burstsPerRow() const { return columns / burstLength; }
    std::uint64_t channelBytes() const {
        return std::uint64_t{ranks} * banks() * rows * columns * (busBits / 8);
    }
    std::uint32_t sizeOf(AddressField field) const;
};

/// In which order a controller serves what waits.
enum class SchedulingPolicy : std::uint8_t {
    Fcfs,    ///< column commands in order of arrival
    FrFcfs,  ///< row hits first
};
enum class PagePolicy : std::uint8_t { Open, Closed, Adaptive };

/// See docs/dram.md for what each means to the clock.
struct DramControllerConfig {
    SchedulingPolicy policy = SchedulingPolicy::FrFcfs;
    PagePolicy pagePolicy = PagePolicy::Open;
    std::uint32_t readQueue = 64;   ///< entries
    std::uint32_t writeQueue = 64;  ///< entries
    std::uint32_t writeHigh = 60;   ///< so many writes are drained,
    std::uint32_t writeLow = 16;    ///< until so many are left
    Limit rowHitCap;                ///< hits in an open row while an older burst waits for its bank
    Cycle ageLimit = 10000;         ///< a burst that has waited so long comes first
    Limit powerDownAfter;           ///< idle clocks of a rank
    Limit selfRefreshAfter;         ///< idle clocks of a rank
    Cycle pipelineClocks = 0;       ///< fixed delay of controller and PHY, per request
};

/// One kind of channel, and how many there are.
struct DdrConfig {
    double clockHertz = 0;  ///< of the commands
    DramOrganization organization;
    std::vector<TimingRule> rules;
    std::array<CommandSlot, kCommandCount> commands;
    DramLatencies latencies;
    RefreshConfig refresh;
    DramPower power;
    AddressMapping addressMap;
    std::uint64_t channelInterleaveBytes = 256;  ///< power of two, at least a burst
    DramControllerConfig controller;

    /// The longest time that a rule of this level asks for between the two; 0 without one.
    Cycle clocksBetween(Command previous, Command next, Level level) const;
    /// A bank that opens another row for each read: tRC, or longer where a read takes longer.
    Cycle rowCycleClocks() const;
    /// From the arrival of a read that finds another row open to the end of its data, where nothing
    /// else is in the way.
    Cycle rowConflictClocks() const;
    /// Bytes a second that all channels' data paths can carry.
    double peakBandwidth() const;
};

/// A memory of fixed latency and bandwidth, for studies of the array alone.
struct IdealMemoryConfig {
    std::uint64_t latencyCycles = 0;  ///< of the core clock
    Limit bytesPerCycle;              ///< of the core clock
    std::uint32_t burstBytes = 64;
    std::uint64_t capacityBytes = 0;
};

/// Cells that do not hold what was stored; docs/dram_faults.md.
struct DramFaults {
    double bitErrorRate = 0;  ///< probability that a cell is faulty, 0 to 0.5
    std::uint64_t seed = 1;
};

struct DramConfig {
    std::string name;
    std::optional<DdrConfig> ddr;  ///< exactly one of the two is set
    std::optional<IdealMemoryConfig> ideal;
    DramFaults faults;
    bool ecc = false;  ///< SECDED over words of 64 bits

    /// Bytes a second; of an ideal memory those of the core's clock, and empty where it has no
    /// limit.
    std::optional<double> peakBandwidth(double coreHertz) const;
    bool modelsErrors() const { return faults.bitErrorRate > 0 || ecc; }
    std::uint32_t burstBytes() const {
        return ddr ? ddr->organization.burstBytes() : ideal->burstBytes;
    }
    std::uint64_t capacityBytes() const {
        return ddr ? ddr->organization.channelBytes() * ddr->organization.channels
                   : ideal->capacityBytes;
    }
};

}  // namespace systole::memory
