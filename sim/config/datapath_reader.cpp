// SPDX-License-Identifier: Apache-2.0
#include "sim/config/datapath_reader.hpp"

#include <fmt/format.h>

#include "arch/datapath.hpp"
#include "sim/config/format_reader.hpp"
#include "sim/config/scheme_loader.hpp"

namespace systole::sim {
namespace {

void checkMultiplier(const Section& section, const arch::DatapathConfig& datapath) {
    if (datapath.multiplier &&
        !numeric::accepts(*datapath.multiplier, datapath.activation, datapath.weight)) {
        section.at("multiplier")
            .fail(fmt::format("{} does not multiply {} by {}, expected auto or one that does",
                              numeric::nameOf(*datapath.multiplier),
                              numeric::nameOf(datapath.activation),
                              numeric::nameOf(datapath.weight)));
    }
}

/// A datapath's section. A block format by its name is more than a fragment that is missing.
Section datapathOf(const Value& value) {
    const bool isUnknown = value.isScalar() && !value.isFragment("datapaths");
    const std::string name = isUnknown ? value.name() : "";
    return value.fragment("datapaths",
                          numeric::blockFormatNamed(name) ? blockFormatProblem(name) : "");
}

arch::DatapathConfig readDatapath(const Section& section) {
    arch::DatapathConfig datapath{.activation = readOperandFormat(section.at("activation")),
                                  .weight = readOperandFormat(section.at("weight")),
                                  .accumulator = readAccumulator(section.at("accumulator"))};
    datapath.multiplier = readMultiplier(section.at("multiplier", "auto"));
    if (section.clean()) {
        checkAccumulator(section, datapath.accumulator, datapath.activation, datapath.weight);
        checkMultiplier(section, datapath);
    }
    return datapath;
}

}  // namespace

std::vector<Section> datapathSections(const Section& root) {
    std::vector<Section> sections{datapathOf(root.at("datapath"))};
    if (const std::optional<Value> further = root.find("further_datapaths")) {
        for (const Value& one : further->list({1, 7})) sections.push_back(datapathOf(one));
    }
    return sections;
}

namespace {

void addDatapath(const Section& section, arch::MachineConfig& machine) {
    const arch::DatapathConfig datapath = readDatapath(section);
    if (!section.clean()) return;
    for (arch::DatapathId i = 0; i < arch::datapathsOf(machine); ++i) {
        const arch::DatapathConfig& other = arch::datapathAt(machine, i);
        if (!arch::multiplies(other, datapath.activation, datapath.weight)) continue;
        section.fail(fmt::format("another datapath multiplies {} already, expected other formats",
                                 arch::operandNames(datapath)));
    }
    machine.furtherDatapaths.push_back(datapath);
}

}  // namespace

void readDatapaths(const std::vector<Section>& sections, arch::MachineConfig& machine) {
    machine.datapath = readDatapath(sections.front());
    for (std::size_t i = 1; i < sections.size(); ++i) addDatapath(sections[i], machine);
}

}  // namespace systole::sim
