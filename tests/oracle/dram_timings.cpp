// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/dram_timings.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <stdexcept>

namespace oracle {
namespace {

enum class Family : std::uint8_t { Ddr3, Ddr4, Ddr5, Lpddr4, Lpddr5, Gddr6, Hbm, Other };

Family familyOf(const std::string& standard) {
    std::string name;
    for (const char c : standard) {
        name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    struct Prefix {
        const char* text;
        Family family;
    };
    static constexpr std::array kPrefixes{
        Prefix{"DDR3", Family::Ddr3},     Prefix{"DDR4", Family::Ddr4},
        Prefix{"DDR5", Family::Ddr5},     Prefix{"LPDDR4", Family::Lpddr4},
        Prefix{"LPDDR5", Family::Lpddr5}, Prefix{"GDDR6", Family::Gddr6},
        Prefix{"HBM", Family::Hbm}};
    for (const Prefix& prefix : kPrefixes) {
        if (name.starts_with(prefix.text)) {
            return prefix.family;
        }
    }
    return Family::Other;
}

/// Parameters by any of the names that standards and data sheets give them.
class Parameters {
public:
    using Names = std::initializer_list<const char*>;

    explicit Parameters(const DramSpec& spec) : spec_(spec), family_(familyOf(spec.standard)) {}

    Family family() const { return family_; }
    bool isLowPower() const { return family_ == Family::Lpddr4 || family_ == Family::Lpddr5; }

    std::optional<std::int64_t> find(Names names) const {
        for (const char* name : names) {
            const auto found = spec_.parameters.find(name);
            if (found != spec_.parameters.end()) {
                return found->second;
            }
        }
        return std::nullopt;
    }

    std::int64_t either(Names names, std::int64_t otherwise) const {
        return find(names).value_or(otherwise);
    }

    std::int64_t need(Names names) const {
        if (const auto value = find(names)) {
            return *value;
        }
        throw std::invalid_argument(spec_.standard + ": parameter " + *names.begin() +
                                    " is missing");
    }

    /// Of a standard of JEDEC's; other parts need not have it.
    std::int64_t needOfStandard(Names names) const {
        return family_ == Family::Other ? either(names, 0) : need(names);
    }

private:
    const DramSpec& spec_;
    Family family_;
};

/// LPDDR counts write recovery and write to read from one clock after the last beat, for tDQSS
/// (JESD209-4, "Write": WL + 1 + BL/2 + tWR or tWTR; JESD209-5: of tWR alone).
std::int64_t strobeDelay(const Parameters& part, bool isRecovery) {
    return part.family() == Family::Lpddr4 || (part.family() == Family::Lpddr5 && isRecovery) ? 1
                                                                                              : 0;
}

/// From the clock where a read's data should come to where they do, at the latest.
std::int64_t strobeSkew(const Parameters& part) {
    switch (part.family()) {
        case Family::Lpddr4:
            return part.either({"tDQSCK", "tDQSCKmax"}, 0);
        case Family::Lpddr5:
            return part.either({"tWCK2DQO", "tWCKDQO"}, 0);
        default:
            return 0;
    }
}

/// Clocks of the bus between the last beat of a read and the first of a write to the same rank.
std::int64_t turnaround(const DramSpec& spec, const Parameters& part) {
    switch (part.family()) {
        case Family::Ddr3:  // RL + tCCD + 2 - WL
        case Family::Ddr4:  // CL - CWL + BL/2 + 1 + tWPRE, of 1 clock
            return 2;
        case Family::Ddr5:  // CL - CWL + BL/2 + 2 - read DQS offset + tRPST - 0.5 + tWPRE
            return 2 + part.either({"tWPRE"}, 2);
        case Family::Lpddr4:  // RL + tDQSCK(max) + BL/2 + tRPST - WL + tWPRE
            return strobeSkew(part) + part.either({"tWPRE"}, 2) + part.either({"tRPST"}, 0);
        case Family::Lpddr5:  // RL + tWCK2DQO(max) + BL/n - WL
            return std::max<std::int64_t>(strobeSkew(part), 1);
        case Family::Gddr6:
        case Family::Hbm:
        case Family::Other:
            break;
    }
    return spec.dataPathPerBank ? 0 : 1;  // pins change hands
}

void setRows(DramTimings& t, const Parameters& part) {
    t.activateToRead = part.need({"tRCD", "tRCDRD", "tRCDr", "tRCD_RD"});
    t.activateToWrite = part.need({"tRCD", "tRCDWR", "tRCDw", "tRCD_WR"});
    t.activateToPrecharge = part.need({"tRAS"});
    t.precharge = part.need({"tRPpb", "tRP"});
    t.prechargeAll = part.need({"tRPab", "tRP"});
    t.activateToActivate = part.either({"tRC"}, t.activateToPrecharge + t.precharge);
    t.prechargeToPrecharge = part.either({"tPPD"}, 0);
    t.tRRD_S = part.needOfStandard({"tRRD_S", "tRRDS", "tRRD"});
    t.tRRD_L = part.needOfStandard({"tRRD_L", "tRRDL", "tRRD"});
    t.tFAW = part.needOfStandard({"tFAW"});
}

void setColumns(DramTimings& t, const DramSpec& spec, const Parameters& part) {
    if (part.family() == Family::Lpddr5) {
        // BL/n_min to another group; BL/n_max to the same, over whose slots a burst is spread.
        t.tCCD_S = part.either({"tCCD_S"}, t.burst);
        t.tCCD_L = part.need({"BLn_max", "tCCD_L"});
    } else {
        t.tCCD_S = part.need({"tCCD_S", "tCCDS", "tCCD", "tCCDL"});
        t.tCCD_L = part.need({"tCCD_L", "tCCDL", "tCCD"});
    }
    t.tCCD_L_WR = part.either({"tCCD_L_WR", "tCCD_L_WR2"}, t.tCCD_L);
    t.tRTRS = part.either({"tRTRS"}, 0);

    const std::int64_t inGroup = part.family() == Family::Lpddr5 ? t.tCCD_L : t.burst;
    const std::int64_t written = t.writeLatency + strobeDelay(part, false);
    t.writeToReadOtherGroup = written + t.burst + part.need({"tWTR_S", "tWTRS", "tWTR", "tWTRL"});
    t.writeToReadSameGroup = written + inGroup + part.need({"tWTR_L", "tWTRL", "tWTR"});
    const std::int64_t gap = turnaround(spec, part);
    const std::int64_t asked = part.either({"tRTW"}, 0);
    t.readToWriteOtherGroup = std::max(t.readLatency + t.burst + gap - t.writeLatency, asked);
    t.readToWriteSameGroup = std::max(t.readLatency + inGroup + gap - t.writeLatency, asked);

    t.writeToPrecharge = t.writeLatency + strobeDelay(part, true) + t.burst + part.need({"tWR"});
    t.readToPrecharge = part.find({"tRBTP"}) ? t.burst + part.need({"tRBTP"})
                                             : part.need({"tRTP", "tRTP_L", "tRTPL"});
    if (part.family() == Family::Lpddr4) {
        t.readToPrecharge = t.burst + std::max<std::int64_t>(8, t.readToPrecharge) - 8;
    }
}

void setRefresh(DramTimings& t, const DramSpec& spec, const Parameters& part) {
    if (spec.refreshed) {
        t.tREFI = part.need({"tREFI", "tREFI1"});
        t.tRFC = part.need({"tRFC", "tRFCab", "tRFC1"});
    } else {
        t.tREFI = part.either({"tREFI", "tREFI1"}, 0);
        t.tRFC = part.either({"tRFC", "tRFCab", "tRFC1"}, 0);
    }
    // JESD79-5: by bank only in fine granularity refresh, where all is due twice as often.
    t.tREFIpb = part.family() == Family::Ddr5 ? part.either({"tREFI2"}, t.tREFI / 2) : t.tREFI;
    t.tRFCpb = part.find({"tRFCpb", "tRFCsb", "tRFCSB"});
    const Family family = part.family();
    const std::int64_t whole = t.tRFCpb.value_or(0);
    t.refreshBankToRefreshBank =
        family == Family::Ddr5 ? whole : part.either({"tpbR2pbR", "tPBR2PBR", "tRREFD"}, whole);
    t.refreshBankToActivate = part.either({"tREFSBRD", "tpbR2act", "tPBR2ACT", "tRREFD"}, t.tRRD_L);
    // JESD209, "tFAW": no more than 4 banks may be activated (or refreshed, in the case of REFpb);
    // JESD235 and 238 count a REFSB likewise.
    t.refreshBankIsActivate = part.isLowPower() || family == Family::Hbm;
    // JESD79-3 and -4, "Refresh command".
    t.mostRefreshesInTwoIntervals = family == Family::Ddr3 || family == Family::Ddr4 ? 16 : 0;
}

void setPowerDown(DramTimings& t, const Parameters& part) {
    const Family family = part.family();
    const std::int64_t inGroup = family == Family::Lpddr5 ? t.tCCD_L : t.burst;
    // JESD79: tRDPDEN = RL + BL/2 + 1; tWRPDEN = WL + BL/2 + tWR, DDR5, LPDDR and HBM one more.
    t.readToPowerDown = std::max(t.readLatency + strobeSkew(part) + inGroup + 1,
                                 part.either({"tRDPDEN", "tRDPDE"}, 0));
    const bool oneMore = family == Family::Ddr5 || family == Family::Hbm || part.isLowPower();
    t.writeToPowerDown = std::max(t.writeLatency + inGroup + part.need({"tWR"}) + (oneMore ? 1 : 0),
                                  part.either({"tWRPDEN", "tWRPDE"}, 0));
    // 2 clocks from DDR4-2400 on.
    const std::int64_t usual = family == Family::Ddr4 || family == Family::Ddr5 ? 2 : 1;
    t.activateToPowerDown = part.either({"tACTPDEN", "tACTPDE", "tCMDCKE", "tCMDPD"}, usual);
    t.prechargeToPowerDown =
        part.either({"tPRPDEN", "tPREPDE", "tPRPDE", "tCMDCKE", "tCMDPD"}, usual);
    t.refreshToPowerDown = part.either({"tREFPDEN", "tREFPDE", "tCMDCKE", "tCMDPD"}, usual);
    t.powerDown = part.find({"tPD", "tCKE", "tCSPD"});
    t.powerUp = part.find({"tCKE", "tPD", "tCSPD"});
    t.tXP = part.find({"tXP"});
    t.tCKESR = part.find({"tCKESR", "tSR", "tCSL"});
    t.tXS = part.find({"tXS", "tXSR"});
    t.selfRefreshToRead = std::max(part.either({"tXSDLL", "tXS_DLL"}, 0), t.tXS.value_or(0));
}

}  // namespace

DramTimings::DramTimings(const DramSpec& spec) {
    const Parameters part(spec);
    readLatency = part.need({"CL", "RL", "tCL", "tRL"});
    writeLatency = part.need({"CWL", "WL", "tCWL", "tWL"});
    burst = (spec.burstLength + spec.beatsPerClock - 1) / spec.beatsPerClock;
    setRows(*this, part);
    setColumns(*this, spec, part);
    setRefresh(*this, spec, part);
    setPowerDown(*this, part);
}

}  // namespace oracle
