// SPDX-License-Identifier: Apache-2.0
// The typed conversions of a value.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "models/check.hpp"
#include "sim/base/input_file.hpp"
#include "sim/base/named_files.hpp"
#include "sim/base/spelling.hpp"
#include "sim/base/text.hpp"
#include "sim/reader/config_reader.hpp"
#include "sim/reader/flow_text.hpp"
#include "sim/reader/scalars.hpp"

namespace systole::sim {
namespace {

/// Columns of a user's text that a message shows.
constexpr std::size_t kShownText = 60;

std::string describe(IntegerRange range) {
    return range.least == range.most
               ? fmt::format("the integer {}", range.least)
               : fmt::format("an integer from {} to {}", range.least, range.most);
}

std::string describeBytes(IntegerRange range) {
    if (range.most == IntegerRange{}.most) {
        return fmt::format("a byte size such as 64KiB, at least {}", showBytes(range.least));
    }
    return fmt::format("a byte size such as 64KiB, from {} to {}", showBytes(range.least),
                       showBytes(range.most));
}

std::string describe(RealRange range) {
    if (range.least == std::numeric_limits<double>::lowest()) {
        return "a number";
    }
    return range.most == RealRange{}.most
               ? fmt::format("a number of at least {:.6g}", range.least)
               : fmt::format("a number from {:.6g} to {:.6g}", range.least, range.most);
}

}  // namespace

/// A kind of number: how it is parsed, and what a text is that is none.
template <class T>
struct ScalarKind {
    Parsed<T> (*parse)(std::string_view);
    const char* malformed;
    bool hasUnit = false;  ///< may stand in quotes: JSON, which is YAML, has no other way
};

namespace {

constexpr ScalarKind<std::uint64_t> kInteger{parseInteger, "not an integer"};
constexpr ScalarKind<std::int64_t> kSigned{parseSignedInteger, "not an integer"};
constexpr ScalarKind<double> kReal{parseReal, "not a number"};
constexpr ScalarKind<std::uint64_t> kBytes{parseBytes, "not a byte size", true};
constexpr ScalarKind<std::uint64_t> kBits{parseBits, "not a number of bits", true};
constexpr ScalarKind<double> kHertz{parseHertz, "not a frequency", true};
constexpr ScalarKind<double> kSeconds{parseSeconds, "not a time", true};

}  // namespace

/// What is there instead of the kind of node that was expected.
void Value::failKind(const std::string& expectation) const {
    if (node_ == nullptr) {
        fail(fmt::format("missing key, expected {}", expectation));
        return;
    }
    const auto found = [&]() -> std::string {
        switch (node_->kind) {
            case yaml::Node::Kind::Null:
                return "no value";
            case yaml::Node::Kind::Map:
                return "found a section";
            case yaml::Node::Kind::List:
                return "found a list";
            case yaml::Node::Kind::Scalar:
                return fmt::format("found '{}'", shortened(node_->scalar, kShownText));
        }
        SYSTOLE_CHECK(false, "kind {}", static_cast<int>(node_->kind));
    };
    fail(fmt::format("{}, expected {}", found(), expectation));
}

void Value::failScalar(const std::string& noun, const std::string& expectation) const {
    fail(fmt::format("'{}' is {}, expected {}", node_->scalar, noun, expectation));
}

const std::string* Value::scalar(const std::string& expectation) const {
    expect(expectation);
    if (!isScalar()) {
        failKind(expectation);
        return nullptr;
    }
    return &node_->scalar;
}

const std::string* Value::plainScalar(const std::string& expectation) const {
    const std::string* text = scalar(expectation);
    if (text != nullptr && node_->quoted) {
        failScalar("quoted text", expectation);
        return nullptr;
    }
    return text;
}

template <class T, class Range>
T Value::convert(const ScalarKind<T>& kind, Range range, const std::string& expectation) const {
    const std::string* text = kind.hasUnit ? scalar(expectation) : plainScalar(expectation);
    if (text == nullptr) {
        return range.least;
    }
    const Parsed<T> parsed = kind.parse(*text);
    node_->readAs =
        parseReal(*text).wellFormed ? yaml::Node::ReadAs::Number : yaml::Node::ReadAs::Text;
    if (!parsed.wellFormed) {
        failScalar(kind.malformed, expectation);
        return range.least;
    }
    if (!parsed.value || *parsed.value < range.least || *parsed.value > range.most) {
        failScalar("out of range", expectation);
        return range.least;
    }
    return *parsed.value;
}

bool Value::boolean() const {
    const std::string expectation = "true or false";
    const std::string* text = plainScalar(expectation);
    if (text != nullptr && *text != "true" && *text != "false") {
        failScalar("not a boolean", expectation);
    }
    if (text != nullptr) {
        node_->readAs = yaml::Node::ReadAs::Boolean;
    }
    return text != nullptr && *text == "true";
}

std::uint64_t Value::readInteger(IntegerRange range) const {
    return convert(kInteger, range, describe(range));
}

std::int64_t Value::signedInteger(SignedRange range) const {
    return convert(kSigned, range,
                   fmt::format("an integer from {} to {}", range.least, range.most));
}

double Value::real(RealRange range) const { return convert(kReal, range, describe(range)); }

std::uint64_t Value::bytes(IntegerRange range) const {
    return convert(kBytes, range, describeBytes(range));
}

std::uint64_t Value::bits(IntegerRange range) const {
    return convert(kBits, range,
                   fmt::format("a number of bits such as 8Gb, from {} to {}", showBits(range.least),
                               showBits(range.most)));
}

double Value::hertz(RealRange range) const {
    return convert(kHertz, range,
                   fmt::format("a frequency such as 500MHz, from {} to {}", showHertz(range.least),
                               showHertz(range.most)));
}

double Value::seconds(RealRange range) const {
    return convert(kSeconds, range,
                   fmt::format("a time such as 10ns, from {} to {}", showSeconds(range.least),
                               showSeconds(range.most)));
}

bool Value::equals(const char* word) const { return isScalar() && node_->scalar == word; }

bool Value::isWord(const char* word) const {
    expect(word);
    return equals(word);
}

Limit Value::limitOr(const char* word, const ScalarKind<std::uint64_t>& kind, IntegerRange range,
                     const std::string& expectation) const {
    const std::string both = fmt::format("{}, or {}", expectation, word);
    if (equals(word)) {
        expect(both);
        return {};
    }
    return convert(kind, range, both);
}

Limit Value::limit(IntegerRange range) const {
    return limitOr("unlimited", kInteger, range, describe(range));
}

Limit Value::clocksOrNever(IntegerRange range) const {
    return limitOr("never", kInteger, range, describe(range));
}

Limit Value::byteLimit(IntegerRange range) const {
    return limitOr("unlimited", kBytes, range, describeBytes(range));
}

std::string Value::text(const char* expectation) const {
    const std::string* text = scalar(expectation);
    if (text != nullptr && text->empty()) {
        fail("empty text, expected some");
    }
    return text != nullptr ? *text : "";
}

std::string Value::name() const { return printable(text()); }

std::string Value::flow() const {
    const std::string expectation = "a value, or a list or section of values";
    expect(expectation);
    if (node_ == nullptr || is(yaml::Node::Kind::Null)) {
        failKind(expectation);
        return "";
    }
    return flowText(*node_);
}

std::string Value::flowOf(const std::string& text) const {
    std::vector<yaml::Problem> problems;
    const auto node = yaml::parseDocument(text, *position_.source, {}, problems);
    return node != nullptr && problems.empty() ? flowText(*node) : text;
}

std::filesystem::path Value::file(const std::vector<std::string>& kinds) const {
    const std::string expectation =
        kinds.empty() ? "the name of a file" : "the name of a file, or of a shipped one";
    const std::string* text = scalar(expectation);
    if (text == nullptr) {
        return {};
    }
    const FileLookup lookup{
        .kinds = kinds, .base = position_.source->base, .nearby = {position_.source->directory}};
    if (auto file = findFile(*text, lookup)) {
        noteInput(*file);
        return *std::move(file);
    }
    if (kinds.empty()) {
        fail(fmt::format("no such file '{}', expected {}",
                         (lookup.base / *text).lexically_normal().string(), expectation));
    } else {
        fail(describeMissing(*text, lookup));
    }
    return {};
}

std::string Value::fileOrSection(const std::vector<std::string>& kinds) const {
    if (!isSection()) return file(kinds).string();
    expect("the name of a file, or of a shipped one, or the section itself");
    return flowText(*node_);
}

std::size_t Value::choose(const std::vector<std::string>& names) const {
    const std::string* text = scalar(oneOfNames(names));
    if (text == nullptr) {
        return 0;
    }
    const auto found = std::find(names.begin(), names.end(), *text);
    if (found == names.end()) {
        fail(fmt::format("unknown value '{}'{}, expected {}", *text, suggestion(*text, names),
                         oneOfNames(names)));
        return 0;
    }
    return static_cast<std::size_t>(found - names.begin());
}

}  // namespace systole::sim
