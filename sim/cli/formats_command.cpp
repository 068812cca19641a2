// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "models/numeric/codec.hpp"
#include "sim/cli/commands.hpp"
#include "sim/config_error.hpp"
#include "sim/run/atomic_file.hpp"
#include "sim/run/text.hpp"

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;

struct FormatsOptions {
    std::string name;
    std::string json;
};

std::string specialsOf(const numeric::Format& format) {
    const auto* minifloat = std::get_if<numeric::FloatFormat>(&format);
    if (minifloat == nullptr) {
        return "none";
    }
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

/// The smallest positive value: a step of the grid.
double smallestPositive(const numeric::Codec& codec) {
    return std::ldexp(1.0, codec.gridExponent());
}

std::string formatList() {
    std::vector<std::vector<std::string>> rows{
        {"format", "bits", "lowest", "highest", "smallest > 0", "specials"}, {}};
    for (const numeric::Format& format : numeric::knownFormats()) {
        const numeric::Codec codec(format);
        rows.push_back({numeric::nameOf(format), fmt::to_string(numeric::widthOf(format)),
                        fmt::format("{:g}", codec.smallest()), fmt::format("{:g}", codec.largest()),
                        fmt::format("{:g}", smallestPositive(codec)), specialsOf(format)});
    }
    return alignedTable(rows);
}

Json formatJson(const numeric::Format& format) {
    const numeric::Codec codec(format);
    return {{"name", numeric::nameOf(format)},
            {"bits", numeric::widthOf(format)},
            {"lowest", codec.smallest()},
            {"highest", codec.largest()},
            {"smallest_positive", smallestPositive(codec)},
            {"specials", specialsOf(format)}};
}

/// JSON has no NaN and no infinities: they are text there.
Json valueJson(double value) {
    return std::isfinite(value) ? Json(value) : Json(fmt::format("{}", value));
}

int listFormats(const FormatsOptions& options) {
    if (!options.json.empty()) {
        Json formats = Json::array();
        for (const numeric::Format& format : numeric::knownFormats()) {
            formats.push_back(formatJson(format));
        }
        writeFileAtomically(
            options.json,
            Json{{"schema", "systole-formats/1"}, {"formats", formats}}.dump(2) + "\n");
    }
    fmt::print("{}", formatList());
    return 0;
}

int printCodes(const FormatsOptions& options) {
    const numeric::Format* format = numeric::findFormat(options.name);
    if (format == nullptr) {
        throw ConfigError(fmt::format(
            "NAME: unknown format '{}', expected one that `systole formats` lists", options.name));
    }
    const numeric::Codec codec(*format);
    std::vector<std::vector<std::string>> rows{{"code", "value"}, {}};
    Json codes = Json::array();
    for (numeric::Code code = 0; code < codec.codeCount(); ++code) {
        rows.push_back({fmt::format("0x{:02x}", code), fmt::format("{}", codec.decode(code))});
        codes.push_back({{"code", code}, {"value", valueJson(codec.decode(code))}});
    }
    if (!options.json.empty()) {
        Json json{{"schema", "systole-formats/1"}};
        json.update(formatJson(*format));
        json["codes"] = std::move(codes);
        writeFileAtomically(options.json, json.dump(2) + "\n");
    }
    fmt::print("{}", alignedTable(rows));
    return 0;
}

}  // namespace

void addFormats(CLI::App& app, Action& action) {
    auto options = std::make_shared<FormatsOptions>();
    CLI::App* command =
        app.add_subcommand("formats", "The number formats known; the code table of one");
    command->add_option("NAME", options->name, "Print every code of this format and its value");
    command->add_option("--json", options->json, "Write the same as JSON")->type_name("FILE");
    command->callback([options, &action] {
        action = [options] {
            return options->name.empty() ? listFormats(*options) : printCodes(*options);
        };
    });
}

}  // namespace systole::sim
