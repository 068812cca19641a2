// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "tests/oracle/dram_spec.hpp"

namespace oracle {

/// What the standards say must lie between two commands, in clocks, from the parameters of a part.
/// Written from JESD79-3/-4/-5 (DDR), JESD209-4/-5 (LPDDR), JESD250 (GDDR6), JESD235/238 (HBM).
struct DramTimings {
    /// Throws std::invalid_argument where the part lacks a parameter that the standard has.
    explicit DramTimings(const DramSpec& spec);

    std::int64_t readLatency = 0;
    std::int64_t writeLatency = 0;
    std::int64_t burst = 0;  ///< of data

    std::int64_t activateToRead = 0;
    std::int64_t activateToWrite = 0;
    std::int64_t activateToPrecharge = 0;
    std::int64_t activateToActivate = 0;  ///< same bank
    std::int64_t precharge = 0;           ///< one bank's
    std::int64_t prechargeAll = 0;
    std::int64_t prechargeToPrecharge = 0;  ///< any two banks of a rank
    std::int64_t readToPrecharge = 0;
    std::int64_t writeToPrecharge = 0;

    std::int64_t tRRD_S = 0;
    std::int64_t tRRD_L = 0;
    std::int64_t tFAW = 0;
    std::int64_t tCCD_S = 0;
    std::int64_t tCCD_L = 0;
    std::int64_t tCCD_L_WR = 0;
    std::int64_t writeToReadOtherGroup = 0;
    std::int64_t writeToReadSameGroup = 0;
    std::int64_t readToWriteOtherGroup = 0;  ///< within a rank
    std::int64_t readToWriteSameGroup = 0;
    std::int64_t tRTRS = 0;  ///< between data of two ranks

    std::int64_t tREFI = 0;    ///< between refreshes of all banks
    std::int64_t tREFIpb = 0;  ///< in which all banks are refreshed one by one
    std::int64_t tRFC = 0;
    std::optional<std::int64_t> tRFCpb;
    std::int64_t refreshBankToRefreshBank = 0;     ///< of another set
    std::int64_t refreshBankToActivate = 0;        ///< of a bank of another set
    bool refreshBankIsActivate = false;            ///< in the window of four
    std::int64_t mostRefreshesInTwoIntervals = 0;  ///< 0: the standard does not say

    std::int64_t readToPowerDown = 0;
    std::int64_t writeToPowerDown = 0;
    std::int64_t activateToPowerDown = 0;
    std::int64_t prechargeToPowerDown = 0;
    std::int64_t refreshToPowerDown = 0;
    std::optional<std::int64_t> powerDown;  ///< the shortest
    std::optional<std::int64_t> powerUp;    ///< the shortest between two
    std::optional<std::int64_t> tXP;
    std::optional<std::int64_t> tCKESR;
    std::optional<std::int64_t> tXS;
    std::int64_t selfRefreshToRead = 0;
};

}  // namespace oracle
