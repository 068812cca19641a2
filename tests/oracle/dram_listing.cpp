// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/dram_listing.hpp"

#include <yaml-cpp/yaml.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <stdexcept>

namespace oracle {
namespace {

constexpr std::string_view kHeader = "clock,channel,command,rank,bank_group,bank,row,column";
constexpr std::size_t kFields = 8;

/// The fields of a line; the last one empty marks too few or too many.
bool split(std::string_view text, std::array<std::string_view, kFields>& fields) {
    for (std::size_t i = 0; i < kFields; ++i) {
        const std::size_t comma = text.find(',');
        if ((comma == std::string_view::npos) != (i + 1 == kFields)) {
            return false;
        }
        fields[i] = text.substr(0, comma);
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    }
    return true;
}

YAML::Node fragment(const std::filesystem::path& folder, const YAML::Node& node) {
    return node.IsMap() ? node : YAML::LoadFile(folder / (node.as<std::string>() + ".yaml"));
}

/// A file that names a base says only what differs; sections are taken key by key.
YAML::Node withBase(const YAML::Node& file, const std::filesystem::path& path) {
    if (!file["base"]) {
        return file;
    }
    const auto name = file["base"].as<std::string>();
    YAML::Node all = YAML::LoadFile(path.parent_path() / (name + ".yaml"));
    for (const auto& entry : file) {
        const auto key = entry.first.as<std::string>();
        if (!entry.second.IsMap()) {
            all[key] = entry.second;
            continue;
        }
        for (const auto& inner : entry.second) {
            all[key][inner.first.as<std::string>()] = inner.second;
        }
    }
    return all;
}

void readOrganization(const YAML::Node& node, DramPart& part) {
    DramSpec& spec = part.spec;
    part.channels = node["channels"].as<std::uint32_t>(1);
    spec.ranks = node["ranks"].as<std::uint32_t>(1);
    spec.bankGroups = node["bank_groups"].as<std::uint32_t>();
    spec.banksPerGroup = node["banks_per_group"].as<std::uint32_t>();
    spec.rows = node["rows"].as<std::uint32_t>();
    spec.columns = node["columns"].as<std::uint32_t>();
    spec.burstLength = node["burst_length"].as<std::int64_t>();
    spec.dataPathPerBank = node["data_path"].as<std::string>("channel") == "bank";
}

void readStandard(const YAML::Node& node, DramSpec& spec) {
    spec.standard = node["name"].as<std::string>();
    spec.beatsPerClock = node["beats_per_clock"].as<std::int64_t>();
    for (const auto& entry : node["commands"]) {
        const auto op = dramOpOf(entry.first.as<std::string>());
        if (!op) {
            throw YAML::Exception(entry.first.Mark(), "no such command");
        }
        const auto bus = entry.second["bus"].as<std::string>();
        spec.commands[*op] = {.bus = bus == "none" ? "" : bus,
                              .clocks = entry.second["clocks"].as<std::int64_t>(1)};
    }
    if (const YAML::Node refresh = node["refresh"]) {
        spec.refreshSameBank = refresh["set"].as<std::string>("bank") == "same_bank";
    }
}

}  // namespace

DramListing::DramListing(const std::string& path) : path_(path), stream_(path) {
    if (!std::getline(stream_, text_) || text_ != kHeader) {
        line_ = 1;
        fail("'" + text_ + "', expected the header " + std::string(kHeader));
    }
    line_ = 1;
}

void DramListing::fail(const std::string& what) const {
    throw std::runtime_error(path_ + ":" + std::to_string(line_) + ": " + what);
}

std::uint32_t DramListing::number(std::string_view field, bool mayBeEmpty) const {
    if (field.empty() && mayBeEmpty) {
        return kNotGiven;
    }
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size()) {
        fail("'" + std::string(field) + "', expected a number");
    }
    return value;
}

bool DramListing::next(std::uint32_t& channel, DramEvent& event) {
    if (!std::getline(stream_, text_)) {
        return false;
    }
    ++line_;
    std::array<std::string_view, kFields> fields;
    if (!split(text_, fields)) {
        fail("'" + text_ + "', expected 8 fields");
    }
    const auto [end, error] =
        std::from_chars(fields[0].data(), fields[0].data() + fields[0].size(), event.clock);
    const auto op = dramOpOf(fields[2]);
    if (error != std::errc() || end != fields[0].data() + fields[0].size() || !op) {
        fail("'" + text_ + "', expected a clock and a command");
    }
    channel = number(fields[1], false);
    event.op = *op;
    event.rank = number(fields[3], false);
    event.group = number(fields[4], true);
    event.bank = number(fields[5], true);
    event.row = number(fields[6], true);
    event.column = number(fields[7], true);
    return true;
}

DramPart readDramPart(const std::string& path) {
    const YAML::Node root = withBase(YAML::LoadFile(path), std::filesystem::path(path));
    DramPart part;
    part.isDdr = root["model"].as<std::string>() == "ddr";
    if (!part.isDdr) {
        return part;
    }
    const std::filesystem::path configs = std::filesystem::path(path).parent_path().parent_path();
    readOrganization(root["organization"], part);
    readStandard(fragment(configs / "dram_standards", root["standard"]), part.spec);
    for (const auto& entry : root["timing"]) {
        part.spec.parameters[entry.first.as<std::string>()] = entry.second.as<std::int64_t>();
    }
    const YAML::Node controller = fragment(configs / "dram_controllers", root["controller"]);
    part.spec.refreshed = controller["refresh"].as<std::string>() != "none";
    part.spec.postponed = controller["postponed_refreshes"].as<std::int64_t>();
    return part;
}

ListingVerdict checkListing(const DramPart& part, const std::string& listing) {
    std::vector<DramChecker> checkers(part.channels, DramChecker(part.spec));
    DramListing commands(listing);
    ListingVerdict verdict;
    std::uint32_t channel = 0;
    DramEvent event;
    while (commands.next(channel, event)) {
        checkers.at(channel).check(event);
        ++verdict.commandsOf[event.op];
    }
    for (std::size_t i = 0; i < checkers.size(); ++i) {
        checkers[i].finish(event.clock);
        verdict.commands += checkers[i].commands();
        verdict.violations += checkers[i].violationCount();
        for (const std::string& text : checkers[i].violations()) {
            verdict.texts.push_back("channel " + std::to_string(i) + ": " + text);
        }
    }
    return verdict;
}

}  // namespace oracle
