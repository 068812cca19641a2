// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "models/units.hpp"

namespace systole::memory {

/// Timing parameters in clocks of the DRAM's command clock, by their JEDEC names (JESD79-4, tables
/// of the speed bins). S: other bank group, L: same bank group.
struct DramTiming {
    std::uint32_t CL = 0;
    std::uint32_t CWL = 0;
    std::uint32_t tRCD = 0;
    std::uint32_t tRP = 0;
    std::uint32_t tRAS = 0;
    std::uint32_t tRC = 0;
    std::uint32_t tRFC = 0;
    std::uint32_t tREFI = 0;
    std::uint32_t tCCD_S = 0;
    std::uint32_t tCCD_L = 0;
    std::uint32_t tRRD_S = 0;
    std::uint32_t tRRD_L = 0;
    std::uint32_t tFAW = 0;
    std::uint32_t tWTR_S = 0;
    std::uint32_t tWTR_L = 0;
    std::uint32_t tWR = 0;
    std::uint32_t tRTP = 0;
};

/// Currents in mA per device and supply voltages in V (IDD specification of the data sheet).
struct DramPower {
    double VDD = 0;
    double VPP = 0;
    double IDD0 = 0;
    double IDD2N = 0;
    double IDD3N = 0;
    double IDD4R = 0;
    double IDD4W = 0;
    double IDD5 = 0;
    double IPP0 = 0;
};

enum class AddressField { Row, Bank, Column, BankGroup };

struct DramOrganization {
    std::uint32_t channels = 1;
    std::uint32_t bankGroups = 4;
    std::uint32_t banksPerGroup = 4;
    std::uint32_t rows = 65536;
    std::uint32_t columns = 1024;  ///< per row, in units of the bus width
    std::uint32_t busBits = 64;
    std::uint32_t burstLength = 8;
    std::uint32_t devices = 8;  ///< that answer together, per channel

    std::uint32_t burstBytes() const { return busBits / 8 * burstLength; }
    std::uint64_t channelBytes() const {
        return std::uint64_t{rows} * columns * (busBits / 8) * bankGroups * banksPerGroup;
    }
};

/// In which order a controller serves what waits.
enum class SchedulingPolicy {
    Fcfs,    ///< in order of arrival (DramChannel)
    FrFcfs,  ///< row hits first (ReorderingChannel)
};

/// A DDR memory: one controller a channel, pages left open.
struct DdrConfig {
    double clockHertz = 0;
    DramOrganization organization;
    DramTiming timing;
    DramPower power;
    /// From the highest address bit to the lowest above the burst; each field once.
    std::array<AddressField, 4> addressMap{AddressField::Row, AddressField::Bank,
                                           AddressField::Column, AddressField::BankGroup};
    std::uint64_t channelInterleaveBytes = 256;  ///< power of two, at least a burst
    SchedulingPolicy policy = SchedulingPolicy::Fcfs;
    std::uint32_t controllerClocks =
        0;  ///< fixed pipeline delay of controller and PHY, per request
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
