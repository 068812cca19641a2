// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "models/numeric/formats/codec.hpp"
#include "sim/base/atomic_file.hpp"
#include "sim/base/text.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/common.hpp"
#include "sim/config/format_reader.hpp"

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;

struct FormatsOptions {
    std::string name;
    std::string json;
};

constexpr int kWidestTable = 16;  // 65,536 lines

std::string specialsOf(const numeric::Format& format) {
    if (std::holds_alternative<numeric::PositFormat>(format)) return "NaR";
    const auto* minifloat = std::get_if<numeric::FloatFormat>(&format);
    if (minifloat == nullptr) return "none";
    switch (minifloat->specials) {
        case numeric::SpecialValues::None:
            return "none";
        case numeric::SpecialValues::Ieee:
            return "infinities and NaNs";
        case numeric::SpecialValues::NanOnly:
            return "NaN";
        case numeric::SpecialValues::Fnuz:
            return "one NaN, no -0";
    }
    return "none";
}

/// How values near zero look.
std::string underflowOf(const numeric::Format& format) {
    const auto* minifloat = std::get_if<numeric::FloatFormat>(&format);
    if (minifloat == nullptr) return "";
    switch (minifloat->zeroExponent) {
        case numeric::ZeroExponent::Subnormal:
            return "subnormals";
        case numeric::ZeroExponent::Flushed:
            return "no subnormals";
        case numeric::ZeroExponent::HiddenOne:
            return "hidden one always";
        case numeric::ZeroExponent::NoZero:
            return "no zero";
    }
    return "";
}

std::vector<std::string> row(const numeric::Format& format) {
    const numeric::Codec codec(format);
    return {numeric::nameOf(format),
            fmt::to_string(numeric::widthOf(format)),
            fmt::format("{:g}", codec.smallest()),
            fmt::format("{:g}", codec.largest()),
            std::isfinite(codec.smallestPositive()) ? fmt::format("{:g}", codec.smallestPositive())
                                                    : "none",
            specialsOf(format),
            underflowOf(format)};
}

std::string table(const std::vector<numeric::Format>& formats) {
    std::vector<std::vector<std::string>> rows{
        {"format", "bits", "lowest", "highest", "smallest > 0", "specials", "near zero"}, {}};
    for (const numeric::Format& format : formats) rows.push_back(row(format));
    return alignedTable(rows);
}

const char* ruleOf(const numeric::BlockFormat& format) {
    return format.rule == numeric::ScaleRule::FloorPowerOfTwo ? "OCP MX" : "ratio";
}

std::string blockTable(const std::vector<numeric::BlockFormat>& formats) {
    std::vector<std::vector<std::string>> rows{{"block format", "bits per value", "element",
                                                "block", "scale", "scale's rule", "tensor scale"},
                                               {}};
    for (const numeric::BlockFormat& format : formats) {
        rows.push_back({format.name, fmt::format("{:g}", numeric::bitsPerValue(format)),
                        numeric::nameOf(format.element), fmt::to_string(format.blockLength),
                        format.scale.name, ruleOf(format), format.tensorScale ? "fp32" : ""});
    }
    return alignedTable(rows);
}

/// JSON has no NaN and no infinities: they are text there.
Json valueJson(double value) {
    return std::isfinite(value) ? Json(value) : Json(fmt::format("{}", value));
}

Json formatJson(const numeric::Format& format) {
    const numeric::Codec codec(format);
    return {{"name", numeric::nameOf(format)},
            {"bits", numeric::widthOf(format)},
            {"lowest", codec.smallest()},
            {"highest", codec.largest()},
            {"smallest_positive", codec.smallestPositive()},
            {"specials", specialsOf(format)}};
}

Json blockJson(const numeric::BlockFormat& format) {
    return {{"name", format.name},
            {"bits_per_value", numeric::bitsPerValue(format)},
            {"element", formatJson(format.element)},
            {"block_length", format.blockLength},
            {"scale", formatJson(format.scale)},
            {"scale_rule", ruleOf(format)},
            {"tensor_scale", format.tensorScale}};
}

int listFormats(const FormatsOptions& options) {
    const std::vector<Output> outputs{{"--json", options.json}};
    checkOutputs(outputs);
    if (!options.json.empty()) {
        Json formats = Json::array();
        for (const numeric::Format& format : numeric::knownFormats()) {
            formats.push_back(formatJson(format));
        }
        Json blocks = Json::array();
        for (const numeric::BlockFormat& format : numeric::knownBlockFormats()) {
            blocks.push_back(blockJson(format));
        }
        const Json json{
            {"schema", "systole-formats/1"}, {"formats", formats}, {"block_formats", blocks}};
        writeFileAtomically(options.json, json.dump(2) + "\n");
    }
    printTable(
        outputs,
        table(numeric::knownFormats()) + "\n" + blockTable(numeric::knownBlockFormats()) +
            "\nFamilies: intN, uintN (N 1..16), intN_narrow, intN_half; eXmY_none, _ieee, "
            "_nan_only, _fnuz\n(X 1..8, Y 0..10); short_eXmY; pow2_N; positNesE; blocks bfpNbL. "
            "Others by parameters:\n`systole formats --help`.\n");
    return 0;
}

std::string codeTable(const numeric::Codec& codec) {
    const int width = numeric::widthOf(codec.format());
    std::vector<std::vector<std::string>> rows{{"code", "bits", "value"}, {}};
    for (numeric::Code code = 0; code < codec.codeCount(); ++code) {
        rows.push_back({fmt::format("0x{:0{}x}", code, (width + 3) / 4),
                        fmt::format("{:0{}b}", code, width),
                        fmt::format("{}", codec.decode(code))});
    }
    return alignedTable(rows);
}

Json codesJson(const numeric::Codec& codec) {
    Json codes = Json::array();
    for (numeric::Code code = 0; code < codec.codeCount(); ++code) {
        codes.push_back({{"code", code}, {"value", valueJson(codec.decode(code))}});
    }
    return codes;
}

/// The code table of a format, or of the elements of a block format.
int printCodes(const FormatsOptions& options) {
    const auto any = parseFormat(options.name, "NAME");
    const auto* block = std::get_if<numeric::BlockFormat>(&any);
    const numeric::Format& format =
        block != nullptr ? block->element : std::get<numeric::Format>(any);
    const numeric::Codec codec(format);
    const bool hasTable = numeric::widthOf(format) <= kWidestTable;
    const std::vector<Output> outputs{{"--json", options.json}};
    checkOutputs(outputs);
    if (!options.json.empty()) {
        Json json{{"schema", "systole-formats/1"}};
        json.update(block != nullptr ? blockJson(*block) : formatJson(format));
        if (hasTable) json["codes"] = codesJson(codec);
        writeFileAtomically(options.json, json.dump(2) + "\n");
    }
    const std::string codes =
        hasTable ? codeTable(codec)
                 : wrapped(fmt::format("Code table left out: {} has 2^{} codes.\n",
                                       numeric::nameOf(format), numeric::widthOf(format)));
    printTable(outputs, (block != nullptr ? blockTable({*block}) + "\n" : "") + table({format}) +
                            "\n" + codes);
    return 0;
}

}  // namespace

void addFormats(CLI::App& app, Action& action) {
    auto options = std::make_shared<FormatsOptions>();
    CLI::App* command =
        app.add_subcommand("formats", "The number formats known; the code table of one");
    command->add_option("NAME", options->name,
                        "Print every code of this format and its value; a name or parameters");
    addOutputFile(*command, "--json", options->json,
                  "Write the same as JSON; - is standard output");
    command->footer(
        "Parameters, as in YAML:\n"
        "  {exponent: 3, mantissa: 2, bias: 5, specials: none}    a float; specials is one of "
        "none,\n"
        "      ieee, nan_only, fnuz; bias is IEEE's if left out; also signed (true),\n"
        "      subnormals (true), hidden_one (false)\n"
        "  {bits: 5}       an integer; also signed (true), narrow, half (c + 1/2), fraction "
        "(bits)\n"
        "  {posit: 8, es: 1}\n"
        "  {codebook: [-1, -0.25, 0.25, 1]}\n"
        "  {element: e2m1, block: 16, scale: e4m3, tensor_scale: true}    a block format; without\n"
        "      scale an E8M0 one by the rule of OCP MX\n"
        "Example:\n"
        "  systole formats '{exponent: 3, mantissa: 2, bias: 5, specials: none}' --json "
        "codes.json");
    command->callback([options, &action] {
        action = [options] {
            return options->name.empty() ? listFormats(*options) : printCodes(*options);
        };
    });
}

}  // namespace systole::sim
