// SPDX-License-Identifier: Apache-2.0
// What the files are that Systole reads, by the keys at their top, and what they say of themselves.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

#include "sim/base/named_files.hpp"

namespace systole::sim {
namespace fs = std::filesystem;
namespace {

/// A file that Systole reads begins within so many lines.
constexpr int kMostLines = 400;
constexpr std::size_t kMostBytes = std::size_t{1} << 16U;
constexpr std::size_t kLongestDescription = 200;

bool hasAll(const std::vector<std::string>& keys, const std::vector<std::string>& marks) {
    return std::all_of(marks.begin(), marks.end(), [&](const std::string& mark) {
        return std::find(keys.begin(), keys.end(), mark) != keys.end();
    });
}

bool isKeyLetter(char letter) {
    return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
}

/// The key of a line `key: ..` at the left margin, else empty.
std::string keyOf(const std::string& line) {
    const auto end = std::find_if_not(line.begin(), line.end(), isKeyLetter);
    return end != line.end() && *end == ':' ? std::string(line.begin(), end) : "";
}

std::string trimmed(const std::string& text) {
    const std::size_t begin = text.find_first_not_of(" \t\r#");
    if (begin == std::string::npos) return "";
    return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// Up to the first full stop before a space.
std::string firstSentence(const std::string& text) {
    const std::size_t stop = text.find(". ");
    return stop == std::string::npos ? text : text.substr(0, stop + 1);
}

std::vector<std::string> linesOf(const fs::path& file) {
    std::vector<std::string> lines;
    std::error_code error;
    if (!fs::is_regular_file(file, error)) return lines;  // others may never end
    std::string text(kMostBytes, '\0');
    std::ifstream begin(file, std::ios::binary);
    begin.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(begin.gcount()));
    std::istringstream stream(text);
    for (std::string line; lines.size() < kMostLines && std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

}  // namespace

std::string FileKind::bare() const {
    const std::string_view text = noun;
    return std::string(text.substr(text.find(' ') + 1));
}

const std::vector<FileKind>& fileKinds() {
    static const std::vector<FileKind> kKinds{
        {"accelerators", "accelerators", "an accelerator", {"array", "datapath"}},
        {"workloads", "workloads", "a workload", {"model", "data"}},
        {"datapaths", "datapaths", "a datapath", {"activation", "weight", "accumulator"}},
        {"schemes",
         "schemes",
         "a quantization scheme",
         {"activation", "weight", "calibration", "requantization"}},
        {"dram", "dram", "a memory", {"model", "source"}},
        {"dram_controllers", "dram_controllers", "a DRAM controller", {"policy", "queues"}},
        {"dram_standards", "dram_standards", "a DRAM standard", {"commands", "rules"}},
        {"technology", "technologies", "a technology", {"logic", "sram"}},
        {"sweeps", "sweeps", "a sweep", {"grid", "config"}},
        {"node_scaling", "", "a table of process nodes", {"nodes", "area_source"}},
        {"formats", "", "a number format", {"exponent", "mantissa"}},
        {"formats", "", "a number format", {"posit", "es"}},
        {"formats", "", "a number format", {"codebook"}},
        {"accumulators", "", "an accumulator", {"integer"}},
        {"accumulators", "", "an accumulator", {"float"}},
        {"accumulators", "", "an accumulator", {"exact"}},
        {"results", "", "a result of Systole", {"schema"}}};
    return kKinds;
}

const FileKind* kindOf(std::string_view folder) {
    const auto& kinds = fileKinds();
    const auto found = std::find_if(kinds.begin(), kinds.end(),
                                    [&](const FileKind& kind) { return kind.folder == folder; });
    return found == kinds.end() ? nullptr : &*found;
}

std::string nounsOf(const std::vector<std::string>& folders) {
    std::vector<std::string> nouns;
    for (const std::string& folder : folders) {
        const FileKind* kind = kindOf(folder);
        nouns.push_back(kind != nullptr ? kind->noun : folder);
    }
    return fmt::format("{}", fmt::join(nouns, ", or "));
}

const FileKind* recognise(const std::vector<std::string>& keys) {
    const FileKind* best = nullptr;
    for (const FileKind& kind : fileKinds()) {
        if (hasAll(keys, kind.marks) &&
            (best == nullptr || kind.marks.size() > best->marks.size())) {
            best = &kind;
        }
    }
    return best;
}

const FileKind* otherKind(const std::vector<std::string>& keys,
                          const std::vector<std::string>& expected) {
    const FileKind* found = recognise(keys);
    if (found == nullptr) return nullptr;
    const bool mayBe = std::any_of(expected.begin(), expected.end(), [&](const std::string& name) {
        const FileKind* kind = kindOf(name);
        return kind == nullptr || name == found->folder ||
               (kind->marks.size() >= found->marks.size() && hasAll(keys, kind->marks));
    });
    return mayBe ? nullptr : found;
}

std::vector<std::string> topKeysOf(const fs::path& file) {
    std::vector<std::string> keys;
    for (const std::string& line : linesOf(file)) {
        if (std::string key = keyOf(line); !key.empty()) keys.push_back(std::move(key));
    }
    return keys;
}

std::string descriptionOf(const fs::path& file) {
    std::string comment;
    std::string first;
    for (const std::string& line : linesOf(file)) {
        if (line.starts_with('#') && first.empty()) {
            const std::string text = trimmed(line);
            if (text.starts_with("SPDX-")) continue;
            comment += (comment.empty() ? "" : " ") + text;
        } else if (!trimmed(line).empty()) {
            if (!comment.empty() || first.size() > kLongestDescription / 2) break;
            first += (first.empty() ? "" : ", ") + trimmed(line);
        }
    }
    std::string text = comment.empty() ? first : firstSentence(comment);
    if (text.size() > kLongestDescription) text = text.substr(0, kLongestDescription) + " ..";
    return text;
}

}  // namespace systole::sim
