// SPDX-License-Identifier: Apache-2.0
#include "sim/config/technology/technology_loader.hpp"

#include "sim/config/technology/layout_reader.hpp"
#include "sim/config/technology/logic_reader.hpp"
#include "sim/config/technology/sram_reader.hpp"

namespace systole::sim {

cost::Technology readTechnology(const Section& section) {
    cost::Technology technology;
    technology.name = section.at("name").name();
    technology.node = section.at("node").name();
    technology.logic = readLogic(section.at("logic").section());
    technology.sram = readSram(section.at("sram").section());
    if (const auto layout = section.find("layout")) {
        technology.layout = readLayout(layout->section());
    }
    return technology;
}

cost::Technology loadTechnology(const std::filesystem::path& file, const Overrides& overrides) {
    return readConfig(file, overrides, [](const Section& root) { return readTechnology(root); },
                      {"technology"});
}

cost::Technology parseTechnology(const std::string& text, const std::string& source) {
    ConfigReader reader = ConfigReader::ofText(text, source);
    cost::Technology technology = readTechnology(reader.value().fragment("technology"));
    reader.finish();
    return technology;
}

}  // namespace systole::sim
