// SPDX-License-Identifier: Apache-2.0
#include "sim/config/dram/dram_loader.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>

#include "sim/base/config_error.hpp"
#include "sim/config/dram/address_map_reader.hpp"
#include "sim/config/dram/dram_controller_reader.hpp"
#include "sim/config/dram/dram_faults_reader.hpp"
#include "sim/config/dram/dram_part_reader.hpp"
#include "sim/reader/scalars.hpp"

namespace systole::sim {
namespace {

using memory::DdrConfig;
using memory::DramConfig;
using memory::DramOrganization;

constexpr IntegerRange kSizes{1, std::uint64_t{1} << 50U};
constexpr RealRange kPicojoulesPerBit{0, 1000};

struct SizeKey {
    const char* name;
    std::uint32_t DramOrganization::*field;
    IntegerRange range;
};

constexpr auto kSizeKeys = std::to_array<SizeKey>({
    {"ranks", &DramOrganization::ranks, {1, 16}},
    {"bank_groups", &DramOrganization::bankGroups, {1, 16}},
    {"banks_per_group", &DramOrganization::banksPerGroup, {1, 64}},
    {"rows", &DramOrganization::rows, {1, 1U << 24U}},
    {"columns", &DramOrganization::columns, {1, 1U << 16U}},
    {"bus_bits", &DramOrganization::busBits, {8, 1024}},
    {"burst_length", &DramOrganization::burstLength, {1, 64}},
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

/// The density says the same as the other sizes: who changes one of them must know it.
void checkDensity(const Section& section, const DramOrganization& organization,
                  std::uint32_t width) {
    const Value density = section.at("density");
    const std::uint64_t bits = density.bits({1U << 20U, kSizes.most});
    const std::uint64_t expected =
        std::uint64_t{organization.rows} * organization.columns * organization.banks() * width;
    if (section.clean() && bits != expected) {
        density.fail(fmt::format(
            "{} is not what a device holds, expected {}: {} rows x {} columns x {} banks x {} bits",
            showBits(bits), showBits(expected), organization.rows, organization.columns,
            organization.banks(), width));
    }
}

DramOrganization readOrganization(const Section& section) {
    DramOrganization organization;
    organization.channels = section.at("channels").integer<std::uint32_t>({1, 1024});
    for (const SizeKey& key : kSizeKeys) {
        organization.*key.field = readPowerOfTwo(section.at(key.name), key.range);
    }
    const Value width = section.at("device_width");
    const std::uint32_t widthBits = readPowerOfTwo(width, {1, 1024});
    organization.dataPathPerBank =
        section.at("data_path").oneOf<bool>({{"channel", false}, {"bank", true}});
    checkDensity(section, organization, widthBits);
    if (section.clean() && organization.columns < organization.burstLength) {
        section.at("columns").fail(
            fmt::format("{} columns are less than a burst, expected at least {}",
                        organization.columns, organization.burstLength));
    }
    if (widthBits > organization.busBits) {
        width.fail(fmt::format("{} bits are more than the bus has, expected at most {}", widthBits,
                               organization.busBits));
    } else {
        organization.devices = organization.busBits / widthBits;
    }
    return organization;
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

void readIo(const Section& section, memory::DramPower& power) {
    section.at("source").name();  // for the reader of the file
    power.ioReadPicojoulesPerBit = section.at("read_pj_per_bit").real(kPicojoulesPerBit);
    power.ioWritePicojoulesPerBit = section.at("write_pj_per_bit").real(kPicojoulesPerBit);
}

DdrConfig readDdr(const Section& section) {
    DdrConfig ddr;
    ddr.clockHertz = section.at("clock").hertz({1e6, 1e11});
    const Section organization = section.at("organization").section();
    ddr.organization = readOrganization(organization);
    if (organization.clean()) {
        ddr.addressMap = readAddressMapping(section, ddr.organization);
    } else {
        section.find("address_map");  // cannot be told right from wrong
        section.find("hash");
    }
    ddr.channelInterleaveBytes = section.at("channel_interleave").bytes(kSizes);
    const DramPart part = readPart(section, ddr);
    readIo(section.at("io").section(), ddr.power);
    readController(section.at("controller").fragment("dram_controllers"), part, ddr);
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
    dram.name = section.at("name").name();
    section.at("source").name();  // for the reader of the file
    if (section.at("model").choose({"ddr", "ideal"}) == 0) {
        dram.ddr = readDdr(section);
    } else {
        dram.ideal = readIdeal(section);
    }
    readDramFaults(section, dram);
    return dram;
}

LoadedDram loadResolvedDram(const std::filesystem::path& file, const Overrides& overrides) {
    const auto read = [](const Section& root) {
        const auto load = [](const Section& section) {
            memory::DramConfig config = readDram(section);
            return LoadedDram{std::move(config), section.resolved()};
        };
        // A memory has a model and no array. An override of `dram.model` is none of its keys.
        if (!root.has("dram") || (root.has("model") && !root.has("array"))) {
            return load(root);
        }
        root.entries();  // the rest of the accelerator does not matter here
        return load(root.at("dram").fragment("dram"));
    };
    return readConfig(file, overrides, read, {"dram", "accelerators"});
}

memory::DramConfig loadDram(const std::filesystem::path& file, const Overrides& overrides) {
    return loadResolvedDram(file, overrides).config;
}

}  // namespace systole::sim
