// SPDX-License-Identifier: Apache-2.0
#include "sim/config/technology_loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "models/numeric/accumulator.hpp"
#include "sim/config/format_reader.hpp"
#include "sim/config/sram_reader.hpp"
#include "sim/config_error.hpp"

namespace systole::sim {

namespace {

using cost::ProcessingElement;
using cost::Technology;
using cost::VectorOperator;

constexpr RealRange kNotNegative{0, 1e12};

template <class Struct>
struct RealKey {
    const char* name;
    double Struct::*field;
};

constexpr std::array kElementKeys{
    RealKey<ProcessingElement>{"area_um2", &ProcessingElement::areaSquareMicrons},
    RealKey<ProcessingElement>{"multiplier_area_um2", &ProcessingElement::multiplierSquareMicrons},
    RealKey<ProcessingElement>{"delay_ns", &ProcessingElement::delayNanoseconds},
    RealKey<ProcessingElement>{"energy_pj_per_mac", &ProcessingElement::picojoulesPerMac},
    RealKey<ProcessingElement>{"idle_clock_pj", &ProcessingElement::idleClockPicojoules},
    RealKey<ProcessingElement>{"leakage_uw", &ProcessingElement::leakageMicrowatts},
};

std::optional<double> readOptional(const Section& section, const char* key) {
    const auto value = section.find(key);
    return value ? std::optional(value->real(kNotNegative)) : std::nullopt;
}

ProcessingElement readElement(const Section& section) {
    ProcessingElement element;
    element.activation = numeric::nameOf(readOperandFormat(section.at("activation")));
    element.weight = numeric::nameOf(readOperandFormat(section.at("weight")));
    element.accumulator = readAccumulator(section.at("accumulator")).name;
    if (const auto multiplier = section.find("multiplier")) {
        const auto productClass = readMultiplier(*multiplier);
        element.multiplier = productClass ? numeric::nameOf(*productClass) : "auto";
    }
    for (const auto& key : kElementKeys) {
        element.*key.field = section.at(key.name).real(kNotNegative);
    }
    element.flipFlops = section.at("flip_flops").integer<std::uint32_t>({0, 1'000'000});
    element.fastAreaSquareMicrons = readOptional(section, "fast_area_um2");
    element.fastDelayNanoseconds = readOptional(section, "fast_delay_ns");
    element.source = section.at("source").text();
    return element;
}

std::vector<ProcessingElement> readElements(const Value& value) {
    std::vector<ProcessingElement> elements;
    for (const Value& item : value.list({1, 10'000})) {
        const Section section = item.section();
        ProcessingElement element = readElement(section);
        const bool isKnown =
            std::any_of(elements.begin(), elements.end(), [&](const ProcessingElement& other) {
                return other.activation == element.activation && other.weight == element.weight &&
                       other.accumulator == element.accumulator &&
                       other.multiplier == element.multiplier;
            });
        if (section.clean() && isKnown) {
            item.fail(fmt::format("{} x {} + {} is there twice, expected every element once",
                                  element.activation, element.weight, element.accumulator));
        }
        elements.push_back(std::move(element));
    }
    return elements;
}

VectorOperator readOperator(const Section& section) {
    const std::string source = section.at("source").text();
    return {.energyPicojoules = {section.at("energy_pj").real(kNotNegative), source},
            .areaSquareMicrons = {section.at("area_um2").real(kNotNegative), source}};
}

}  // namespace

Technology readTechnology(const Section& section) {
    Technology technology;
    technology.name = section.at("name").text();
    technology.node = section.at("node").text();
    const Section flipFlop = section.at("flip_flop").section();
    technology.flipFlopSquareMicrons = {flipFlop.at("area_um2").real(kNotNegative),
                                        flipFlop.at("source").text()};
    technology.processingElements = readElements(section.at("processing_elements"));
    technology.sram = readSram(section.at("sram").section());
    const Section lane = section.at("vector_lane").section();
    technology.fp32Multiply = readOperator(lane.at("fp32_multiply").section());
    technology.fp32Add = readOperator(lane.at("fp32_add").section());
    technology.int32Add = readOperator(lane.at("int32_add").section());
    return technology;
}

Technology loadTechnology(const std::filesystem::path& file, const Overrides& overrides) {
    return readConfig(file, overrides, [](const Section& root) { return readTechnology(root); });
}

const ProcessingElement& requireProcessingElement(const Technology& technology,
                                                  const std::string& activation,
                                                  const std::string& weight,
                                                  const std::string& accumulator) {
    try {
        return cost::processingElementOf(technology, activation, weight, accumulator);
    } catch (const cost::MissingCoefficient& missing) {
        throw ConfigError(missing.what());
    }
}

}  // namespace systole::sim
