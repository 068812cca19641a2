// SPDX-License-Identifier: Apache-2.0
#include "sim/config/scheme_loader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <variant>

#include "arch/datapath.hpp"
#include "models/numeric/formats/codec.hpp"
#include "models/numeric/sums/sum.hpp"
#include "sim/config/format_reader.hpp"

namespace systole::sim {
namespace {

using numeric::AccumulatorFormat;
using numeric::Format;
using numeric::ScaleArithmetic;

constexpr const char* kOfDatapath = "datapath";

void checkFixedPoint(const Section& section, const Scheme& scheme) {
    if (scheme.requantization != ScaleArithmetic::FixedPoint) {
        return;
    }
    for (const char* tensor : {"weight", "activation"}) {
        const Format& format = *tensor == 'w' ? scheme.weight : scheme.activation;
        if (!numeric::isPlainInteger(format)) {
            section.at("requantization")
                .fail(fmt::format("fixed_point cannot scale the {} format {}, expected "
                                  "fp32_multiplier or integer formats",
                                  tensor, numeric::nameOf(format)));
        }
    }
    const numeric::SumArithmetic sums(scheme.accumulator, numeric::Codec(scheme.activation),
                                      numeric::Codec(scheme.weight));
    if (!sums.isWord()) {
        section.at("requantization")
            .fail(fmt::format("fixed_point cannot scale sums in accumulator {}, expected "
                              "fp32_multiplier or an integer accumulator of at most {} bits",
                              scheme.accumulator.name, numeric::kWidestFixedPointSum));
    }
}

/// A format or an accumulator, which may be left to the datapath: `otherwise`, or null.
template <class T>
T readOrTake(const Section& section, const char* key, const T* otherwise,
             T (*read)(const Value& value)) {
    const Value value = section.at(key, kOfDatapath);
    if (!value.isWord(kOfDatapath)) return read(value);
    if (otherwise != nullptr) return *otherwise;
    value.fail("is left to the datapath, but there is none here, expected a name or parameters");
    return {};
}

/// That of the datapath that has the formats, which `stated` must be, if anything.
void takeAccumulator(const Value& value, const std::optional<Value>& stated,
                     const arch::MachineConfig& machine, WorkFormats& formats) {
    std::vector<std::string> known;
    for (arch::DatapathId i = 0; i < arch::datapathsOf(machine); ++i) {
        const arch::DatapathConfig& datapath = arch::datapathAt(machine, i);
        known.push_back(arch::operandNames(datapath));
        if (!arch::multiplies(datapath, formats.activation, formats.weight)) continue;
        if (stated && formats.accumulator.name != datapath.accumulator.name) {
            stated->fail(fmt::format("'{}' is not that of the datapath of {}, expected {}",
                                     formats.accumulator.name, known.back(),
                                     datapath.accumulator.name));
        }
        formats.accumulator = datapath.accumulator;
        return;
    }
    value.fail(fmt::format("no datapath multiplies {} by {}, expected {}",
                           numeric::nameOf(formats.activation), numeric::nameOf(formats.weight),
                           fmt::join(known, " or ")));
}

/// The formats of layers, of which the scheme's are left out.
LayerFormats readLayer(const std::string& name, const Value& value, const Scheme& scheme,
                       const arch::MachineConfig* machine) {
    const Section section = value.section();
    const auto formatAt = [&](const char* key, const Format& otherwise) {
        const std::optional<Value> format = section.find(key);
        return format ? readOperandFormat(*format) : otherwise;
    };
    LayerFormats layers{.layers = name,
                        .formats = {formatAt("activation", scheme.activation),
                                    formatAt("weight", scheme.weight), scheme.accumulator},
                        .origin = fmt::format("{}: {}", value.place(), value.path())};
    const std::optional<Value> accumulator = section.find("accumulator");
    if (accumulator) layers.formats.accumulator = readAccumulator(*accumulator);
    if (!section.clean()) return layers;
    if (machine != nullptr) takeAccumulator(value, accumulator, *machine, layers.formats);
    for (const std::string& problem : accumulatorProblems(
             layers.formats.accumulator, layers.formats.activation, layers.formats.weight)) {
        section.fail(problem);
    }
    return layers;
}

Scheme readWholeScheme(const Section& section, const std::string& name) {
    Scheme scheme = readScheme(section, name, nullptr);
    scheme.layers = readLayerFormats(section, scheme, nullptr);
    return scheme;
}

}  // namespace

std::vector<std::string> accumulatorProblems(const AccumulatorFormat& accumulator,
                                             const Format& activation, const Format& weight) {
    const int needed = numeric::productBits(numeric::Codec(activation), numeric::Codec(weight));
    std::vector<std::string> problems;
    const auto check = [&](const numeric::Register& format) {
        const auto* integer = std::get_if<numeric::IntegerRegister>(&format);
        if (integer == nullptr || integer->bits >= needed) return;
        problems.push_back(fmt::format(
            "int{} cannot hold a product of {} x {}, which needs {} bits, "
            "expected a wider one or exact",
            integer->bits, numeric::nameOf(activation), numeric::nameOf(weight), needed));
    };
    check(accumulator.sum);
    if (accumulator.chunk) check(accumulator.chunk->inner);
    return problems;
}

void checkAccumulator(const Section& section, const AccumulatorFormat& accumulator,
                      const Format& activation, const Format& weight) {
    for (const std::string& problem : accumulatorProblems(accumulator, activation, weight)) {
        section.at("accumulator").fail(problem);
    }
}

void checkScheme(const Section& section, const Scheme& scheme) {
    checkFixedPoint(section, scheme);
    checkAccumulator(section, scheme.accumulator, scheme.activation, scheme.weight);
}

Scheme readScheme(const Section& section, const std::string& name,
                  const arch::DatapathConfig* datapath) {
    Scheme scheme;
    scheme.name = section.at("name", Default(name).described("the file's name, or custom")).name();
    const Section weight = section.at("weight", Default::section()).section();
    scheme.weight =
        readOrTake(weight, "format", datapath ? &datapath->weight : nullptr, readOperandFormat);
    scheme.weightGranularity = static_cast<Scheme::Granularity>(
        weight.at("granularity", "per_channel")
            .choose({Scheme::kGranularityNames.begin(), Scheme::kGranularityNames.end()}));
    const Section activation = section.at("activation", Default::section()).section();
    scheme.activation = readOrTake(activation, "format", datapath ? &datapath->activation : nullptr,
                                   readOperandFormat);
    activation.at("granularity", "per_tensor").choose({"per_tensor"});
    scheme.accumulator = readOrTake(section, "accumulator",
                                    datapath ? &datapath->accumulator : nullptr, readAccumulator);
    scheme.accumulatorHeadroom =
        section.at("accumulator_headroom", scheme.accumulatorHeadroom).real({0, 1000});
    const Section calibration = section.at("calibration").section();
    calibration.at("method").choose({"minmax"});
    scheme.calibrationImages = calibration.at("images").integer<std::uint32_t>({1, 1'000'000});
    scheme.requantization =
        section.at("requantization")
            .oneOf<ScaleArithmetic>({{"fp32_multiplier", ScaleArithmetic::Fp32Multiplier},
                                     {"fixed_point", ScaleArithmetic::FixedPoint}});
    if (section.clean()) {
        checkScheme(section, scheme);
    }
    return scheme;
}

std::vector<LayerFormats> readLayerFormats(const Section& section, const Scheme& scheme,
                                           const arch::MachineConfig* machine) {
    std::vector<LayerFormats> layers;
    const Section names = section.at("layers", Default::section().described("none")).section();
    for (const auto& [name, value] : names.entries()) {
        layers.push_back(readLayer(name, value, scheme, machine));
    }
    return layers;
}

Scheme loadScheme(const std::filesystem::path& file, const Overrides& overrides) {
    return readConfig(
        file, overrides,
        [&](const Section& root) { return readWholeScheme(root, file.stem().string()); },
        {"schemes"});
}

Scheme parseScheme(const std::string& text, const std::string& source) {
    ConfigReader reader = ConfigReader::ofText(text, source);
    const Section section = reader.value().fragment("schemes");
    const std::string& name = section.fragmentName();
    Scheme scheme = readWholeScheme(section, name.empty() ? "custom" : name);
    reader.finish();
    return scheme;
}

}  // namespace systole::sim
