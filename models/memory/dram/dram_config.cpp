// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram/dram_config.hpp"

#include <algorithm>

namespace systole::memory {

std::uint32_t DramOrganization::sizeOf(AddressField field) const {
    switch (field) {
        case AddressField::Rank:
            return ranks;
        case AddressField::BankGroup:
            return bankGroups;
        case AddressField::Bank:
            return banksPerGroup;
        case AddressField::Row:
            return rows;
        case AddressField::Column:
            break;
    }
    return burstsPerRow();
}

Cycle DdrConfig::clocksBetween(Command previous, Command next, Level level) const {
    Cycle clocks = 0;
    for (const TimingRule& rule : rules) {
        if (rule.follows(previous) && rule.next == next && rule.level == level &&
            rule.window == 1) {
            clocks = std::max(clocks, rule.clocks);
        }
    }
    return clocks;
}

Cycle DdrConfig::rowCycleClocks() const {
    using enum Command;
    const auto bank = [&](Command previous, Command next) {
        return clocksBetween(previous, next, Level::Bank);
    };
    const Cycle precharge = bank(Precharge, Activate);
    return std::max({bank(Activate, Activate), bank(Activate, Precharge) + precharge,
                     bank(Activate, Read) + bank(Read, Precharge) + precharge});
}

Cycle DdrConfig::rowConflictClocks() const {
    return controller.pipelineClocks +
           clocksBetween(Command::Precharge, Command::Activate, Level::Bank) +
           clocksBetween(Command::Activate, Command::Read, Level::Bank) + latencies.read +
           latencies.burst;
}

double DdrConfig::peakBandwidth() const {
    // Where banks have paths of their own, each is limited by its column path.
    Cycle clocks = latencies.burst;
    double paths = organization.channels;
    if (organization.dataPathPerBank) {
        clocks = std::max(clocks, clocksBetween(Command::Read, Command::Read, Level::Bank));
        paths *= organization.ranks * organization.banks();
    }
    return paths * organization.burstBytes() * clockHertz / static_cast<double>(clocks);
}

std::optional<double> DramConfig::peakBandwidth(double coreHertz) const {
    if (ddr) {
        return ddr->peakBandwidth();
    }
    return ideal->bytesPerCycle
               ? std::optional(static_cast<double>(*ideal->bytesPerCycle) * coreHertz)
               : std::nullopt;
}

}  // namespace systole::memory
