// SPDX-License-Identifier: Apache-2.0
#include "sim/base/spelling.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <numeric>

namespace systole::sim {
namespace {

/// More candidates than that help nobody.
constexpr std::size_t kMostCandidates = 3;
/// Shorter words abbreviate too much.
constexpr std::size_t kShortestAbbreviation = 3;

using Names = std::vector<std::string>;
using Matches = std::function<bool(const std::string& word, const std::string& name)>;

/// What others call it, and what it is called here.
struct Synonyms {
    const char* name;
    std::vector<std::string> words;
};

const std::vector<Synonyms>& synonyms() {
    static const std::vector<Synonyms> kSynonyms{
        {"clock", {"freq", "frequency", "clock_frequency", "hertz", "mhz", "ghz"}},
        {"columns", {"ncols", "num_cols", "num_columns", "array_width"}},
        {"rows", {"nrows", "num_rows", "array_height"}},
        {"bytes_per_cycle", {"bandwidth", "bw"}},
        {"capacity", {"size", "bytes", "kib", "kb", "size_kb"}},
        {"dram", {"memory", "mem", "main_memory", "ddr"}},
        {"technology", {"process", "process_node", "node", "pdk"}},
        {"datapath", {"precision", "dtype", "datatype", "data_type", "format", "formats"}},
        {"scheme", {"quantization", "quantisation", "quant"}},
        {"activation", {"input", "inputs", "ifmap", "input_format"}},
        {"weight", {"filter", "filters", "kernel", "weight_format"}},
        {"accumulator", {"psum", "partial_sum", "sum", "acc_format"}},
        {"workload", {"network", "net"}},
        {"grid", {"axes", "parameters", "sweep"}},
        {"images", {"samples", "inputs", "num_images", "n_images", "limit"}},
        {"overlap_folds", {"double_buffer", "double_buffering"}},
        {"jobs", {"threads", "workers", "parallel", "processes"}},
        {"set", {"override", "param", "config_override"}},
        {"explain", {"verbose"}},
        {"accelerators", {"config", "configs", "machine", "machines", "presets"}},
        {"technologies", {"technology", "tech", "node", "nodes"}},
        {"workloads", {"traces", "networks", "models"}},
        {"dram_controllers", {"controller", "controllers"}},
        {"dram_standards", {"standard", "standards"}},
        {"compare", {"diff"}},
        {"fp16", {"half", "float16", "f16", "binary16"}},
        {"bf16", {"bfloat16", "bfloat", "brain_float"}},
        {"fp32", {"float32", "float", "single", "f32", "binary32"}},
        {"e4m3", {"fp8", "float8", "fp8_e4m3", "float8_e4m3", "float8_e4m3fn", "e4m3fn"}},
        {"e5m2", {"fp8_e5m2", "float8_e5m2"}},
        {"e2m1", {"fp4", "float4", "fp4_e2m1", "float4_e2m1fn"}},
        {"e3m2", {"fp6", "fp6_e3m2", "float6_e3m2fn"}},
        {"e2m3", {"fp6_e2m3", "float6_e2m3fn"}},
        {"int8", {"i8", "s8", "qint8"}},
        {"int4", {"i4", "s4", "qint4"}},
        {"uint8", {"u8", "quint8"}},
    };
    return kSynonyms;
}

/// Without case and leading dashes, and with one sign between words.
std::string plain(const std::string& word) {
    std::string text = word.substr(std::min(word.find_first_not_of('-'), word.size()));
    for (char& letter : text) {
        letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
        if (letter == '-' || letter == ' ') letter = '_';
    }
    return text;
}

std::string digitsOf(const std::string& text) {
    std::string digits;
    std::copy_if(text.begin(), text.end(), std::back_inserter(digits),
                 [](unsigned char letter) { return std::isdigit(letter) != 0; });
    return digits;
}

/// hbm4 is no slip of the finger for hbm3: other digits are another thing, unless they are many, or
/// the same in another order.
bool mayMixUpDigits(const std::string& word, const std::string& name) {
    constexpr std::size_t kMany = 3;
    std::string left = digitsOf(word);
    std::string right = digitsOf(name);
    if (left == right) return true;
    if (editDistance(word, name) > 1) return false;
    if (std::min(left.size(), right.size()) >= kMany) return true;
    std::sort(left.begin(), left.end());
    std::sort(right.begin(), right.end());
    return left == right;
}

/// A slip in a word, two in a long one; more is another word.
std::size_t allowedSlips(const std::string& word) {
    constexpr std::size_t kLong = 7;
    constexpr std::size_t kVeryLong = 12;
    return word.size() < 2 ? 0 : word.size() < kLong ? 1 : word.size() < kVeryLong ? 2 : 3;
}

Names partsOf(const std::string& name) {
    Names parts(1);
    for (const char letter : name) {
        if (letter == '_') {
            parts.emplace_back();
        } else {
            parts.back() += letter;
        }
    }
    return parts;
}

bool isSame(const std::string& word, const std::string& name) { return word == name; }

bool isSynonym(const std::string& word, const std::string& name) {
    const auto& all = synonyms();
    return std::any_of(all.begin(), all.end(), [&](const Synonyms& entry) {
        return name == entry.name &&
               std::find(entry.words.begin(), entry.words.end(), word) != entry.words.end();
    });
}

/// `image` of images
bool isNumber(const std::string& word, const std::string& name) {
    return name == word + "s" || word == name + "s";
}

/// `depth` of pipeline_depth, `tWTR` of tWTR_S
bool isPart(const std::string& word, const std::string& name) {
    if (word.size() < kShortestAbbreviation) return false;
    return name.starts_with(word + "_") || name.ends_with("_" + word) ||
           name.find("_" + word + "_") != std::string::npos;
}

/// `tech` of technology
bool isBeginning(const std::string& word, const std::string& name) {
    return word.size() >= kShortestAbbreviation && name.starts_with(word);
}

/// `ws` of weight_stationary
bool isInitials(const std::string& word, const std::string& name) {
    std::string initials;
    for (const std::string& part : partsOf(name)) initials += part.substr(0, 1);
    return word.size() >= 2 && word == initials;
}

/// `cols` of columns, `spad` of weight_scratchpad: first and last letter, and those between in
/// their order.
bool isContraction(const std::string& word, const std::string& name) {
    const Names parts = partsOf(name);
    return std::any_of(parts.begin(), parts.end(), [&](const std::string& part) {
        if (word.size() < kShortestAbbreviation || 3 * word.size() < part.size()) return false;
        if (part.size() <= word.size() || part.front() != word.front() ||
            part.back() != word.back()) {
            return false;
        }
        std::size_t matched = 0;
        for (const char letter : part) {
            if (matched < word.size() && letter == word[matched]) ++matched;
        }
        return matched == word.size();
    });
}

Names matching(const std::string& word, const Names& names, const Matches& matches) {
    Names found;
    std::copy_if(names.begin(), names.end(), std::back_inserter(found),
                 [&](const std::string& name) { return matches(word, plain(name)); });
    return found;
}

Names closest(const std::string& word, const Names& names) {
    Names found;
    std::size_t least = allowedSlips(word);
    for (const std::string& name : names) {
        const std::string other = plain(name);
        const std::size_t distance = editDistance(word, other);
        if (distance > least || distance >= other.size() || !mayMixUpDigits(word, other)) continue;
        if (distance < least) found.clear();
        least = distance;
        found.push_back(name);
    }
    return found;
}

}  // namespace

// Optimal string alignment distance (Damerau 1964), three rows of the table at a time.
std::size_t editDistance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> beforeLast(right.size() + 1);
    std::vector<std::size_t> last(right.size() + 1);
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= left.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
            const bool swapped =
                i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
            if (swapped) {
                row[j] = std::min(row[j], beforeLast[j - 2] + 1);
            }
        }
        std::swap(beforeLast, last);
        std::swap(last, row);
    }
    return last[right.size()];
}

std::vector<std::string> meantBy(const std::string& word, const std::vector<std::string>& names) {
    const std::string asked = plain(word);
    if (asked.empty()) return {};
    const auto few = [](const Names& found) {
        return !found.empty() && found.size() <= kMostCandidates;
    };
    for (const auto& matches : {isSame, isSynonym, isNumber, isPart}) {
        if (Names found = matching(asked, names, matches); few(found)) return found;
    }
    if (Names found = closest(asked, names); few(found)) return found;
    for (const auto& matches : {isBeginning, isInitials, isContraction}) {
        if (Names found = matching(asked, names, matches); few(found)) return found;
    }
    return {};
}

std::string didYouMean(const std::vector<std::string>& names) {
    if (names.empty()) return "";
    std::string text = fmt::format("'{}'", names.front());
    for (std::size_t i = 1; i < names.size(); ++i) {
        text += fmt::format("{}'{}'", i + 1 == names.size() ? " or " : ", ", names[i]);
    }
    return fmt::format(" (did you mean {}?)", text);
}

std::string suggestion(const std::string& word, const std::vector<std::string>& names) {
    return didYouMean(meantBy(word, names));
}

std::string oneOfNames(const std::vector<std::string>& names) {
    return names.size() == 1 ? names.front() : fmt::format("one of {}", fmt::join(names, ", "));
}

}  // namespace systole::sim
