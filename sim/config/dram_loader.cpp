// SPDX-License-Identifier: Apache-2.0
#include "sim/config/dram_loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "sim/config/dram_faults_reader.hpp"

namespace systole::sim {
namespace {

using memory::AddressField;
using memory::DdrConfig;
using memory::DramConfig;
using memory::DramOrganization;
using memory::DramPower;
using memory::DramTiming;

constexpr IntegerRange kSizes{1, std::uint64_t{1} << 50U};

template <class Struct, class Field>
struct Key {
    const char* name;
    Field Struct::*field;
};

constexpr auto kTimingKeys = std::to_array<Key<DramTiming, std::uint32_t>>({
    {"CL", &DramTiming::CL},
    {"CWL", &DramTiming::CWL},
    {"tRCD", &DramTiming::tRCD},
    {"tRP", &DramTiming::tRP},
    {"tRAS", &DramTiming::tRAS},
    {"tRC", &DramTiming::tRC},
    {"tRFC", &DramTiming::tRFC},
    {"tREFI", &DramTiming::tREFI},
    {"tCCD_S", &DramTiming::tCCD_S},
    {"tCCD_L", &DramTiming::tCCD_L},
    {"tRRD_S", &DramTiming::tRRD_S},
    {"tRRD_L", &DramTiming::tRRD_L},
    {"tFAW", &DramTiming::tFAW},
    {"tWTR_S", &DramTiming::tWTR_S},
    {"tWTR_L", &DramTiming::tWTR_L},
    {"tWR", &DramTiming::tWR},
    {"tRTP", &DramTiming::tRTP},
});

constexpr auto kPowerKeys = std::to_array<Key<DramPower, double>>({
    {"VDD", &DramPower::VDD},
    {"VPP", &DramPower::VPP},
    {"IDD0", &DramPower::IDD0},
    {"IDD2N", &DramPower::IDD2N},
    {"IDD3N", &DramPower::IDD3N},
    {"IDD4R", &DramPower::IDD4R},
    {"IDD4W", &DramPower::IDD4W},
    {"IDD5", &DramPower::IDD5},
    {"IPP0", &DramPower::IPP0},
});

struct SizeKey {
    const char* name;
    std::uint32_t DramOrganization::*field;
    IntegerRange range;
};

constexpr auto kSizeKeys = std::to_array<SizeKey>({
    {"channels", &DramOrganization::channels, {1, 64}},
    {"bank_groups", &DramOrganization::bankGroups, {1, 16}},
    {"banks_per_group", &DramOrganization::banksPerGroup, {1, 64}},
    {"rows", &DramOrganization::rows, {1, 1U << 24U}},
    {"columns", &DramOrganization::columns, {1, 1U << 16U}},
    {"bus_bits", &DramOrganization::busBits, {8, 1024}},
    {"burst_length", &DramOrganization::burstLength, {2, 64}},
});

/// Sizes that an address is cut into.
std::uint32_t readPowerOfTwo(const Value& value, IntegerRange range) {
    const auto size = value.integer<std::uint32_t>(range);
    if (!std::has_single_bit(size)) {
        value.fail(fmt::format("{} is not a power of two, expected one from {} to {}", size,
                               range.least, range.most));
        return static_cast<std::uint32_t>(range.least);
    }
    return size;
}

DramOrganization readOrganization(const Section& section) {
    DramOrganization organization;
    for (const SizeKey& key : kSizeKeys) {
        organization.*key.field = readPowerOfTwo(section.at(key.name), key.range);
    }
    organization.devices = section.at("devices").integer<std::uint32_t>({1, 64});
    if (section.clean() && organization.columns < organization.burstLength) {
        section.at("columns").fail(
            fmt::format("{} columns are less than a burst, expected at least {}",
                        organization.columns, organization.burstLength));
    }
    return organization;
}

DramTiming readTiming(const Section& section) {
    DramTiming timing;
    for (const auto& key : kTimingKeys) {
        timing.*key.field = section.at(key.name).integer<std::uint32_t>({1, 1'000'000});
    }
    // JESD79-4: a refresh every tREFI keeps the memory busy for tRFC.
    if (section.clean() && timing.tRFC >= timing.tREFI) {
        section.at("tRFC").fail(
            fmt::format("{} leaves no time between refreshes, expected less "
                        "than tREFI ({})",
                        timing.tRFC, timing.tREFI));
    }
    return timing;
}

DramPower readPower(const Section& section) {
    DramPower power;
    for (const auto& key : kPowerKeys) {
        power.*key.field = section.at(key.name).real({0, 100'000});
    }
    return power;
}

std::array<AddressField, 4> readAddressMap(const Value& value) {
    std::array<AddressField, 4> map = DdrConfig{}.addressMap;
    const std::vector<Value> fields = value.list({map.size(), map.size()});
    for (std::size_t i = 0; i < std::min(fields.size(), map.size()); ++i) {
        map[i] = fields[i].oneOf<AddressField>({{"row", AddressField::Row},
                                                {"bank", AddressField::Bank},
                                                {"column", AddressField::Column},
                                                {"bank_group", AddressField::BankGroup}});
        if (std::find(map.begin(), map.begin() + static_cast<std::ptrdiff_t>(i), map[i]) !=
            map.begin() + static_cast<std::ptrdiff_t>(i)) {
            fields[i].fail("given twice, expected each of row, bank, column, bank_group once");
        }
    }
    return map;
}

void checkInterleave(const Section& section, const DdrConfig& ddr) {
    const Value value = section.at("channel_interleave");
    const std::uint64_t least = ddr.organization.burstBytes();
    const std::uint64_t most = ddr.organization.channelBytes();
    const std::uint64_t interleave = ddr.channelInterleaveBytes;
    if (!std::has_single_bit(interleave) || interleave < least || interleave > most) {
        value.fail(
            fmt::format("{} bytes do not fit the organization, expected a power of two from "
                        "a burst ({}) to a channel ({})",
                        interleave, least, most));
    }
}

DdrConfig readDdr(const Section& section) {
    DdrConfig ddr;
    ddr.clockHertz = section.at("clock").hertz({1e6, 1e11});
    ddr.organization = readOrganization(section.at("organization").section());
    ddr.addressMap = readAddressMap(section.at("address_map"));
    ddr.channelInterleaveBytes = section.at("channel_interleave").bytes(kSizes);
    ddr.policy = section.at("policy").oneOf<memory::SchedulingPolicy>(
        {{"fr_fcfs", memory::SchedulingPolicy::FrFcfs}, {"fcfs", memory::SchedulingPolicy::Fcfs}});
    ddr.controllerClocks = section.at("controller_clocks").integer<std::uint32_t>({0, 10'000});
    ddr.timing = readTiming(section.at("timing").section());
    ddr.power = readPower(section.at("power").section());
    if (section.clean()) {
        checkInterleave(section, ddr);
    }
    return ddr;
}

memory::IdealMemoryConfig readIdeal(const Section& section) {
    memory::IdealMemoryConfig ideal;
    ideal.latencyCycles = section.at("latency_cycles").integer({0, 1'000'000});
    ideal.bytesPerCycle = section.at("bytes_per_cycle").limit({1, 1U << 20U});
    const Value burst = section.at("burst");
    ideal.burstBytes = static_cast<std::uint32_t>(burst.bytes({1, 1U << 20U}));
    if (!std::has_single_bit(ideal.burstBytes)) {
        burst.fail(fmt::format("{} bytes are not a power of two, expected one", ideal.burstBytes));
    }
    const Value capacity = section.at("capacity");
    ideal.capacityBytes = capacity.bytes(kSizes);
    if (section.clean() && ideal.capacityBytes % ideal.burstBytes != 0) {
        capacity.fail(
            fmt::format("{} bytes are no whole number of bursts, expected a multiple of {}",
                        ideal.capacityBytes, ideal.burstBytes));
    }
    return ideal;
}

}  // namespace

memory::DramConfig readDram(const Section& section) {
    DramConfig dram;
    dram.name = section.at("name").text();
    section.at("source").text();  // for the reader of the file
    if (section.at("model").choose({"ddr", "ideal"}) == 0) {
        dram.ddr = readDdr(section);
    } else {
        dram.ideal = readIdeal(section);
    }
    readDramFaults(section, dram);
    return dram;
}

memory::DramConfig loadDram(const std::filesystem::path& file, const Overrides& overrides) {
    return readConfig(file, overrides, [](const Section& root) {
        if (!root.has("dram")) {
            return readDram(root);
        }
        root.entries();  // the rest of the accelerator does not matter here
        return readDram(root.at("dram").fragment("dram"));
    });
}

}  // namespace systole::sim
