// SPDX-License-Identifier: Apache-2.0
#include "sim/study/golden_difference.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>
#include <utility>

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;

/// Where two leaves of the same kind of document differ.
void compare(const Json& expected, const Json& actual, const std::string& path,
             std::vector<std::string>& differences) {
    if (expected.is_structured() && expected.type() == actual.type()) {
        const Json expectedLeaves = expected.flatten();
        const Json actualLeaves = actual.flatten();
        for (const auto& [key, value] : expectedLeaves.items()) {
            const auto found = actualLeaves.find(key);
            if (found == actualLeaves.end()) {
                differences.push_back(
                    fmt::format("{}{}: missing, expected {}", path, key, value.dump()));
            } else if (*found != value) {
                differences.push_back(
                    fmt::format("{}{}: {}, expected {}", path, key, found->dump(), value.dump()));
            }
        }
        for (const auto& [key, value] : actualLeaves.items()) {
            if (!expectedLeaves.contains(key)) {
                differences.push_back(
                    fmt::format("{}{}: {}, expected none", path, key, value.dump()));
            }
        }
    } else if (expected != actual) {
        differences.push_back(
            fmt::format("{}: {}, expected {}", path, actual.dump(), expected.dump()));
    }
}

/// Index of an element of a tensor of images: of height x width x channels, of channels, or of any
/// other axes.
std::string elementIndex(std::uint64_t image, std::uint64_t element,
                         const std::vector<std::uint64_t>& shape) {
    std::vector<std::uint64_t> index(shape.size(), image);
    for (std::size_t axis = shape.size(); axis-- > 1; element /= shape[axis]) {
        index[axis] = element % shape[axis];
    }
    if (shape.size() == 4) {
        return fmt::format("image {}, y {}, x {}, channel {}", image, index[1], index[2], index[3]);
    }
    if (shape.size() == 2) return fmt::format("image {}, channel {}", image, index[1]);
    return fmt::format("index {}", fmt::join(index, ", "));
}

std::optional<std::string> firstDifference(const Json& expected, const Json& actual) {
    const auto shape = actual.at("shape").get<std::vector<std::uint64_t>>();
    const std::size_t digits = 2 * actual.at("element_bytes").get<std::size_t>();
    for (std::size_t i = 0; i < actual.at("codes").size(); ++i) {
        const auto before = expected.at("codes").at(i).get<std::string>();
        const auto now = actual.at("codes").at(i).get<std::string>();
        if (before.size() != now.size()) {
            return fmt::format("/output/codes/{}: {} digits, expected {}", i, now.size(),
                               before.size());
        }
        for (std::size_t at = 0; at < now.size(); at += digits) {
            if (before.compare(at, digits, now, at, digits) != 0) {
                return fmt::format(
                    "tensor '{}': first differing element: {}: code 0x{}, expected 0x{}",
                    actual.at("tensor").get<std::string>(), elementIndex(i, at / digits, shape),
                    now.substr(at, digits), before.substr(at, digits));
            }
        }
    }
    return std::nullopt;
}

/// How the output is laid out, or else its first code that differs.
void compareOutput(const Json& expected, const Json& actual,
                   std::vector<std::string>& differences) {
    const auto layoutOf = [](const Json& output) {
        Json layout = output;
        layout["codes"] = output.at("codes").size();
        return layout;
    };
    const std::size_t before = differences.size();
    compare(layoutOf(expected), layoutOf(actual), "/output", differences);
    if (differences.size() != before) return;
    if (const auto difference = firstDifference(expected, actual)) {
        differences.push_back(*difference);
    }
}

void compareTensors(const Json& expected, const Json& actual,
                    std::vector<std::string>& differences) {
    for (const auto& [name, hash] : actual.items()) {  // in the order of execution
        if (!expected.contains(name)) {
            differences.push_back(fmt::format("tensor '{}': not in the golden", name));
        } else if (expected.at(name) != hash) {
            differences.push_back(fmt::format("tensor '{}': codes differ", name));
        }
    }
    for (const auto& [name, hash] : expected.items()) {
        if (!actual.contains(name)) {
            differences.push_back(fmt::format("tensor '{}': missing", name));
        }
    }
}

/// Of a configuration as people write its keys: `a.b[0].c`.
void collectKeys(const Json& json, const std::string& path,
                 std::vector<std::pair<std::string, std::string>>& keys) {
    if (json.is_object() && !json.empty()) {
        for (const auto& [key, value] : json.items()) {
            collectKeys(value, path.empty() ? key : path + "." + key, keys);
        }
    } else if (json.is_array() && !json.empty() && json.front().is_structured()) {
        for (std::size_t i = 0; i < json.size(); ++i) {
            collectKeys(json[i], fmt::format("{}[{}]", path, i), keys);
        }
    } else {
        keys.emplace_back(path, json.dump(-1, ' ', false, Json::error_handler_t::replace));
    }
}

/// Key by key, in the order of the configuration; those that are gone come last.
std::vector<std::string> configChanges(const Json& expected, const Json& actual) {
    constexpr std::size_t kMostLines = 20;
    std::vector<std::pair<std::string, std::string>> before;
    std::vector<std::pair<std::string, std::string>> now;
    collectKeys(expected, "", before);
    collectKeys(actual, "", now);
    const std::map<std::string, std::string> recorded(before.begin(), before.end());
    const std::map<std::string, std::string> current(now.begin(), now.end());
    std::vector<std::string> lines;
    for (const auto& [key, value] : now) {
        const auto found = recorded.find(key);
        if (found == recorded.end()) {
            lines.push_back(fmt::format("config: {}: {}, recorded without", key, value));
        } else if (found->second != value) {
            lines.push_back(fmt::format("config: {}: {}, recorded {}", key, value, found->second));
        }
    }
    for (const auto& [key, value] : before) {
        if (!current.contains(key)) {
            lines.push_back(fmt::format("config: {}: none, recorded {}", key, value));
        }
    }
    if (lines.size() > kMostLines) {
        const std::size_t more = lines.size() - kMostLines;
        lines.resize(kMostLines);
        lines.push_back(fmt::format("config: {} more key{}", more, more == 1 ? "" : "s"));
    }
    return lines;
}

/// Three digits, more of what is large.
std::string percentText(double percent) {
    return std::fabs(percent) < 100 ? fmt::format("{:+.3g}", percent)
                                    : fmt::format("{:+.0f}", percent);
}

/// A figure that changed, and where it comes among others.
struct Change {
    std::string line;
    bool isOfLayer = false;
    bool isPart = false;  ///< of a figure, such as one of the counters
    double size = 0;

    auto rank() const { return std::tuple(isPart, -size); }
};

Change changeOf(const std::string& key, const Json& before, const Json& now) {
    constexpr double kSmallCount = 100;
    Change change;
    const double recorded = before.get<double>();
    const double difference = now.get<double>() - recorded;
    const std::string percent =
        recorded == 0 ? "" : percentText(100 * difference / std::fabs(recorded)) + " %, ";
    change.line =
        fmt::format("largest change: {}: {}from {} to {}", key, percent, before.dump(), now.dump());
    change.isOfLayer = key.starts_with("/layers/");
    // `/totals/cycles`, `/layers/stem.conv/cycles`
    change.isPart = std::count(key.begin(), key.end(), '/') > (change.isOfLayer ? 3 : 2);
    const bool isCount = before.is_number_integer() && now.is_number_integer();
    change.size = std::fabs(difference) / (std::fabs(recorded) + (isCount ? kSmallCount : 0));
    return change;
}

/// Those that come first: of the run and of layers.
std::vector<std::string> largestChanges(const Json& expected, const Json& actual) {
    constexpr std::size_t kMost = 5;
    constexpr std::size_t kMostOfRun = 3;
    std::vector<Change> run;
    std::vector<Change> layers;
    const Json before = expected.flatten();
    const Json now = actual.flatten();
    for (const auto& [key, value] : before.items()) {
        const auto found = now.find(key);
        const bool isFigure = value.is_number() && found != now.end() && found->is_number() &&
                              key.rfind("/config/", 0) != 0;
        if (!isFigure || *found == value) continue;
        Change change = changeOf(key, value, *found);
        (change.isOfLayer ? layers : run).push_back(std::move(change));
    }
    const std::size_t ofLayers = std::min(layers.size(), kMost - std::min(run.size(), kMostOfRun));
    std::vector<std::string> lines;
    for (auto* changes : {&run, &layers}) {
        std::stable_sort(changes->begin(), changes->end(),
                         [](const Change& a, const Change& b) { return a.rank() < b.rank(); });
        const std::size_t most = changes == &run ? kMost - ofLayers : ofLayers;
        for (std::size_t i = 0; i < std::min(most, changes->size()); ++i) {
            lines.push_back((*changes)[i].line);
        }
    }
    return lines;
}

}  // namespace

GoldenDifferences differencesBetween(const Json& expected, const Json& actual) {
    GoldenDifferences found;
    compareTensors(expected.at("tensors_sha256"), actual.at("tensors_sha256"), found.all);
    compareOutput(expected.at("output"), actual.at("output"), found.all);
    compare(expected.at("result"), actual.at("result"), "", found.all);
    found.largest = largestChanges(expected.at("result"), actual.at("result"));
    if (expected.contains("config")) {
        found.config = configChanges(expected.at("config"), actual.at("config"));
    } else if (!found.all.empty()) {
        found.config = {"config: not in this golden: record it anew to see what changes in it"};
    }
    return found;
}

}  // namespace systole::sim
