// SPDX-License-Identifier: Apache-2.0
#include "sim/config/format_reader.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "sim/base/spelling.hpp"

namespace systole::sim {
namespace {

using numeric::Format;

const Format& harmlessFormat() {
    static const Format kInt8 = *numeric::findFormat("int8");
    return kInt8;
}

std::vector<std::string> knownNames() {
    std::vector<std::string> names;
    for (const Format& known : numeric::knownFormats()) names.push_back(numeric::nameOf(known));
    return names;
}

/// Reports at the key that the problem starts with, if the section has it.
void reportProblem(const Section& section, const std::string& problem) {
    const std::size_t colon = problem.find(": ");
    const std::string key = problem.substr(0, colon);
    if (colon != std::string::npos && section.has(key)) {
        section.at(key).fail(problem.substr(colon + 2));
    } else {
        section.fail(problem);
    }
}

bool readFlag(const Section& section, const char* key, const Default& otherwise) {
    return section.at(key, otherwise).boolean();
}

int readNumber(const Section& section, const char* key, SignedRange range) {
    return static_cast<int>(section.at(key).signedInteger(range));
}

int readNumberOr(const Section& section, const char* key, const Default& otherwise,
                 SignedRange range) {
    return static_cast<int>(section.at(key, otherwise).signedInteger(range));
}

/// A name of one's own must not be that of another format: costs and schemes go by names.
std::string nameOr(const Section& section, const std::string& made) {
    const Value name = section.at("name", Default(made).following("made from the parameters"));
    std::string text = name.name();
    const bool taken = numeric::formatNamed(text) || numeric::blockFormatNamed(text);
    if (taken && text != made) {
        name.fail(fmt::format("'{}' is the name of a format of its own, expected another", text));
    }
    return text;
}

numeric::ZeroExponent readZeroExponent(const Section& section) {
    const bool hiddenOne = readFlag(section, "hidden_one", false);
    const bool subnormals = readFlag(section, "subnormals",
                                     Default(!hiddenOne).following("the opposite of hidden_one"));
    if (hiddenOne && subnormals) {
        section.at("hidden_one").fail("true together with subnormals: true, expected one of them");
    }
    if (hiddenOne) return numeric::ZeroExponent::HiddenOne;
    return subnormals ? numeric::ZeroExponent::Subnormal : numeric::ZeroExponent::Flushed;
}

Format readFloat(const Section& section) {
    using numeric::SpecialValues;
    numeric::FloatFormat format;
    format.exponentBits = readNumber(section, "exponent", {1, 8});
    format.mantissaBits = readNumber(section, "mantissa", {0, 10});
    format.bias = readNumberOr(
        section, "bias",
        Default(numeric::ieeeBias(format.exponentBits)).following("2^(exponent - 1) - 1"),
        {-255, 255});
    const std::vector<std::string> specials{"none", "ieee", "nan_only", "fnuz"};
    const std::size_t chosen = section.at("specials").choose(specials);
    format.specials = std::array{SpecialValues::None, SpecialValues::Ieee, SpecialValues::NanOnly,
                                 SpecialValues::Fnuz}
                          .at(chosen);
    format.isSigned = readFlag(section, "signed", true);
    format.zeroExponent = readZeroExponent(section);
    format.name = nameOr(section, numeric::spelledName(format));
    return format;
}

Format readInteger(const Section& section) {
    numeric::IntFormat format;
    format.bits = readNumber(section, "bits", {1, 16});
    format.isSigned = readFlag(section, "signed", true);
    format.narrowRange = readFlag(section, "narrow", false);
    format.halfInteger = readFlag(section, "half", false);
    format.fractionBits = readNumberOr(section, "fraction", 0, {-32, 32});
    format.name = nameOr(section, numeric::spelledName(format));
    return format;
}

Format readPosit(const Section& section) {
    numeric::PositFormat format;
    format.bits = readNumber(section, "posit", {3, 16});
    format.exponentBits = readNumber(section, "es", {0, 4});
    format.name = nameOr(section, numeric::spelledName(format));
    return format;
}

Format readCodebook(const Section& section) {
    constexpr double kLargest = std::numeric_limits<double>::max();  // problemOf knows better
    numeric::CodebookFormat format;
    for (const Value& value : section.at("codebook").list()) {
        format.values.push_back(value.real({-kLargest, kLargest}));
    }
    format.name = nameOr(section, numeric::spelledName(format));
    return format;
}

Format readParameters(const Section& section) {
    Format format = harmlessFormat();
    if (section.has("exponent") || section.has("mantissa")) {
        format = readFloat(section);
    } else if (section.has("bits")) {
        format = readInteger(section);
    } else if (section.has("posit")) {
        format = readPosit(section);
    } else if (section.has("codebook")) {
        format = readCodebook(section);
    } else if (section.has("element") || section.has("block")) {
        for (const char* key : {"element", "block", "scale", "tensor_scale", "name"}) {
            section.find(key);  // known: what is wrong is the kind of format
        }
        section.fail(blockFormatProblem("this"));
    } else {
        for (const char* key : {"exponent", "mantissa", "bits", "posit", "codebook"}) {
            section.find(key);  // known, if not there
        }
        section.fail(
            "no format, expected the keys exponent and mantissa (a float), bits (an integer), "
            "posit or codebook");
    }
    if (!section.clean()) return harmlessFormat();
    if (const auto problem = numeric::problemOf(format)) {
        reportProblem(section, *problem);
        return harmlessFormat();
    }
    return format;
}

/// A name that is built like those of a family but is out of its range deserves the range.
std::string familyHint(const std::string& name) {
    if (const auto problem = numeric::problemOfName(name)) return fmt::format(" ({})", *problem);
    return suggestion(name, knownNames());
}

numeric::BlockFormat harmlessBlockFormat() { return *numeric::blockFormatNamed("mxfp4"); }

std::vector<std::string> knownBlockNames() {
    std::vector<std::string> names;
    for (const auto& known : numeric::knownBlockFormats()) names.push_back(known.name);
    return names;
}

numeric::BlockFormat readBlockParameters(const Section& section) {
    numeric::BlockFormat format = harmlessBlockFormat();
    format.element = readFormat(section.at("element"));
    format.blockLength = readNumber(section, "block", {1, 65'536});
    format.rule =
        section.has("scale") ? numeric::ScaleRule::Ratio : numeric::ScaleRule::FloorPowerOfTwo;
    if (const auto scale = section.find("scale")) {
        const Format read = readFormat(*scale);
        const auto* minifloat = std::get_if<numeric::FloatFormat>(&read);
        if (minifloat != nullptr) format.scale = *minifloat;
        if (minifloat == nullptr && section.clean()) {
            scale->fail(fmt::format("{} is no float, expected one", numeric::nameOf(read)));
        }
    }
    format.tensorScale = readFlag(section, "tensor_scale", false);
    format.name = nameOr(section, numeric::spelledName(format));
    if (!section.clean()) return harmlessBlockFormat();
    if (const auto problem = numeric::problemOf(format)) {
        reportProblem(section, *problem);
        return harmlessBlockFormat();
    }
    return format;
}

}  // namespace

/// Without the scales of its blocks it would be another format: plain fixed point, say.
std::string blockFormatProblem(const std::string& name) {
    return fmt::format(
        "{} is a block format, and the machine has no block scales; expected the format of single "
        "values (only `systole pe` and `systole formats` take block formats)",
        name);
}

Format readFormat(const Value& value) {
    if (value.isSection()) return readParameters(value.section("format"));
    const std::string name = value.text("the name of a number format");
    if (name.empty()) return harmlessFormat();  // reported
    if (const auto known = numeric::formatNamed(name)) return *known;
    if (value.isFragment("formats")) return readParameters(value.inlined("formats", "format"));
    if (numeric::blockFormatNamed(name)) {
        value.fail(blockFormatProblem(name));
        return harmlessFormat();
    }
    value.fail(fmt::format(
        "unknown format '{}'{}, expected one that `systole formats` lists, or parameters such as "
        "{{exponent: 4, mantissa: 3, specials: none}}",
        name, familyHint(name)));
    return harmlessFormat();
}

Format readOperandFormat(const Value& value) {
    constexpr int kWidest = 16;
    Format format = readFormat(value);
    if (numeric::widthOf(format) <= kWidest) return format;
    value.fail(fmt::format("{} has {} bits, expected an operand of at most {}",
                           numeric::nameOf(format), numeric::widthOf(format), kWidest));
    return harmlessFormat();
}

std::optional<numeric::ProductClass> readMultiplier(const Value& value) {
    std::vector<std::string> names{"auto"};
    for (const numeric::ProductClass productClass : numeric::productClasses()) {
        names.emplace_back(numeric::nameOf(productClass));
    }
    return numeric::productClassNamed(names.at(value.choose(names)));
}

numeric::BlockFormat readBlockFormat(const Value& value) {
    if (value.isSection()) return readBlockParameters(value.section("block_format"));
    const std::string name = value.text("the name of a block format");
    if (const auto known = numeric::blockFormatNamed(name)) return *known;
    if (value.isFragment("formats")) {
        return readBlockParameters(value.inlined("formats", "block_format"));
    }
    if (!name.empty()) {
        value.fail(
            fmt::format("unknown block format '{}'{}", name, suggestion(name, knownBlockNames())));
    }
    return harmlessBlockFormat();
}

std::variant<Format, numeric::BlockFormat> parseFormat(const std::string& text,
                                                       const std::string& source) {
    if (const auto known = numeric::blockFormatNamed(text)) return *known;
    ConfigReader reader = ConfigReader::ofText(text, source);
    const Value value = reader.value();
    std::variant<Format, numeric::BlockFormat> format;
    const bool isKnown = numeric::formatNamed(text).has_value();
    if ((value.isSection() && value.section().has("element")) ||
        (!isKnown && value.isFragment("formats") &&
         value.inlined("formats", "block_format").has("element"))) {
        format = readBlockFormat(value);
    } else {
        format = readFormat(value);
    }
    reader.finish();
    return format;
}

}  // namespace systole::sim
