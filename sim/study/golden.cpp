// SPDX-License-Identifier: Apache-2.0
#include "sim/study/golden.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "sim/base/atomic_file.hpp"
#include "sim/base/config_error.hpp"
#include "sim/base/input_file.hpp"
#include "sim/base/text.hpp"
#include "sim/reader/resolved_json.hpp"
#include "sim/study/json_for_diffs.hpp"

namespace systole::sim {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string hexadecimal(std::span<const std::uint8_t> bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += fmt::format("{:02x}", byte);
    }
    return text;
}

fs::path folderOf(const fs::path& golden) { return fs::absolute(golden).parent_path(); }

/// One string an image, so that a difference of one image is a difference of one line.
Json outputJson(const InferenceOutcome& outcome) {
    const std::uint64_t images = outcome.outputShape.at(0);
    const std::uint64_t size = outcome.outputs.size() / images;
    Json codes = Json::array();
    for (std::uint64_t i = 0; i < images; ++i) {
        codes.push_back(hexadecimal(std::span(outcome.outputs).subspan(i * size, size)));
    }
    return {{"tensor", outcome.outputTensor},
            {"shape", outcome.outputShape},
            {"element_bytes", outcome.elementBytes},
            {"codes", std::move(codes)}};
}

void eraseCosts(Json& figures) {
    for (const char* key : kCostKeys) figures.erase(key);
}

/// By name, in their order, so that a difference names the layer.
Json layersByName(Json layers, bool costs) {
    Json named = Json::object();
    for (Json& layer : layers) {
        const auto name = layer.at("name").get<std::string>();
        std::string key = name;
        for (int again = 2; named.contains(key); ++again) key = fmt::format("{} #{}", name, again);
        layer.erase("name");
        if (!costs) eraseCosts(layer);
        named[key] = std::move(layer);
    }
    return named;
}

/// The result without what may differ between two runs of the same thing: how files were named.
Json comparableResult(const Result& result, bool costs) {
    Json json = resultDocument(result);
    json["config"].erase("file");
    json["config"].erase("overrides");
    json["config"].erase("resolved");
    if (!costs) eraseCosts(json["totals"]);
    json["layers"] = layersByName(std::move(json["layers"]), costs);
    return json;
}

Json goldenJson(const InferenceOutcome& outcome, bool costs) {
    Json tensors;
    for (const TensorHash& tensor : outcome.tensorHashes) {
        tensors[tensor.name] = tensor.sha256;
    }
    return {{"config", resolvedJson(outcome.result.config.resolved)},
            {"tensors_sha256", std::move(tensors)},
            {"output", outputJson(outcome)},
            {"result", comparableResult(outcome.result, costs)}};
}

[[noreturn]] void failNoGolden(const fs::path& golden, const std::string& problem) {
    throw ConfigError(
        fmt::format("{}: is no golden file: {}, expected one that `systole golden "
                    "record` wrote",
                    golden.string(), problem));
}

/// The member, which must be of a kind.
const Json& memberOf(const fs::path& golden, const Json& json, const std::string& key,
                     bool (Json::*isOfKind)() const noexcept, const char* kind) {
    const auto at = json.find(key.substr(key.rfind('.') + 1));
    if (at == json.end()) failNoGolden(golden, key + " is missing");
    if (!((*at).*isOfKind)()) failNoGolden(golden, fmt::format("{} is no {}", key, kind));
    return *at;
}

void requireTexts(const fs::path& golden, const Json& container, const std::string& key) {
    for (const Json& item : container) {
        if (!item.is_string()) failNoGolden(golden, key + " holds something else than texts");
    }
}

/// Everything that is read of it later.
void checkGolden(const fs::path& golden, const Json& json) {
    const auto member = [&](const Json& of, const char* key, auto isOfKind,
                            const char* kind) -> const Json& {
        return memberOf(golden, of, key, isOfKind, kind);
    };
    const Json& run = member(json, "run", &Json::is_object, "map");
    member(run, "run.config", &Json::is_string, "text");
    member(run, "run.workload", &Json::is_string, "text");
    requireTexts(golden, member(run, "run.overrides", &Json::is_array, "list"), "run.overrides");
    member(run, "run.images", &Json::is_primitive, "number");
    member(run, "run.costs", &Json::is_boolean, "boolean");
    requireTexts(golden, member(json, "tensors_sha256", &Json::is_object, "map"), "tensors_sha256");
    const Json& output = member(json, "output", &Json::is_object, "map");
    requireTexts(golden, member(output, "output.codes", &Json::is_array, "list"), "output.codes");
    member(json, "result", &Json::is_object, "map");
}

/// Where in a text a byte is.
std::string placeOf(const std::string& text, std::size_t byte) {
    const std::string before = text.substr(0, byte == 0 ? 0 : byte - 1);
    return fmt::format("line {}, column {}", 1 + std::count(before.begin(), before.end(), '\n'),
                       before.size() - (before.rfind('\n') + 1) + 1);
}

/// Without what the library says of the text: it may be any file, and its content a secret.
Json parseGolden(const fs::path& golden, const std::string& text) {
    constexpr int kDeepest = 64;
    const auto limitDepth = [&](int depth, Json::parse_event_t /*event*/, const Json& /*parsed*/) {
        if (depth > kDeepest) failNoGolden(golden, "it is nested too deeply");
        return true;
    };
    try {
        return Json::parse(text, limitDepth);
    } catch (const Json::parse_error& error) {
        failNoGolden(golden, "no JSON at " + placeOf(text, error.byte));
    } catch (const Json::exception&) {
        failNoGolden(golden, "it has a number beyond all bounds");
    }
}

Json readGolden(const fs::path& golden) {
    constexpr std::uint64_t kMostBytes = std::uint64_t{256} << 20U;
    const InputText input = readInput(golden, kMostBytes);
    if (!input.problem.empty()) {
        throw ConfigError(
            fmt::format("{}: {}, expected a golden file", golden.string(), input.problem));
    }
    Json json = parseGolden(golden, input.text);
    if (!json.is_object()) failNoGolden(golden, "it is no map");
    const Json& schema = memberOf(golden, json, "schema", &Json::is_string, "text");
    if (schema != kGoldenSchema) {
        throw ConfigError(fmt::format(
            "{}: schema {}, expected \"{}\": record it anew with `systole golden record`",
            golden.string(), shortened(schema.dump(), kTitleName), kGoldenSchema));
    }
    checkGolden(golden, json);
    return json;
}

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

/// Index of an element of a tensor of images x height x width x channels.
std::string elementIndex(std::uint64_t image, std::uint64_t element,
                         const std::vector<std::uint64_t>& shape) {
    const std::uint64_t channels = shape.at(3);
    const std::uint64_t width = shape.at(2);
    return fmt::format("image {}, y {}, x {}, channel {}", image, element / (width * channels),
                       element / channels % width, element % channels);
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

void compareTensors(const Json& hashes, const InferenceOutcome& outcome,
                    std::vector<std::string>& differences) {
    std::set<std::string> names;
    for (const TensorHash& tensor : outcome.tensorHashes) {  // in the order of execution
        names.insert(tensor.name);
        if (!hashes.contains(tensor.name)) {
            differences.push_back(fmt::format("tensor '{}': not in the golden", tensor.name));
        } else if (hashes.at(tensor.name) != tensor.sha256) {
            differences.push_back(fmt::format("tensor '{}': codes differ", tensor.name));
        }
    }
    for (const auto& [name, hash] : hashes.items()) {
        if (!names.contains(name)) {
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

/// A figure that was 0 has no change in percent.
std::vector<std::string> largestChanges(const Json& expected, const Json& actual) {
    constexpr std::size_t kMost = 5;
    struct Change {
        std::string line;
        double percent;
    };
    std::vector<Change> changes;
    const Json before = expected.flatten();
    const Json now = actual.flatten();
    for (const auto& [key, value] : before.items()) {
        const auto found = now.find(key);
        const bool isFigure = value.is_number() && found != now.end() && found->is_number() &&
                              key.rfind("/config/", 0) != 0;
        if (!isFigure || *found == value || value == 0) continue;
        const double recorded = value.get<double>();
        const double percent = 100 * (found->get<double>() - recorded) / std::fabs(recorded);
        changes.push_back({fmt::format("largest change: {}: {:+.3g} %, from {} to {}", key, percent,
                                       value.dump(), found->dump()),
                           percent});
    }
    std::stable_sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) {
        return std::fabs(a.percent) > std::fabs(b.percent);
    });
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < std::min(kMost, changes.size()); ++i) {
        lines.push_back(changes[i].line);
    }
    return lines;
}

std::uint64_t imagesOf(const Json& run, const fs::path& golden) {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 32U;
    const Json& images = run.at("images");
    if (!images.is_number_unsigned() || images == 0U || images.get<std::uint64_t>() > kMost) {
        throw ConfigError(fmt::format("{}: run.images: {}, expected an integer from 1 to {}",
                                      golden.string(), images.dump(), kMost));
    }
    return images.get<std::uint64_t>();
}

}  // namespace

void recordGolden(const fs::path& golden, const GoldenRun& run, const InferenceOutcome& outcome) {
    const auto relative = [&](const std::string& file) {
        return fs::proximate(fs::absolute(file), folderOf(golden)).generic_string();
    };
    Json json{{"schema", kGoldenSchema},
              {"run",
               {{"config", relative(run.config)},
                {"overrides", run.overrides},
                {"workload", relative(run.workload)},
                {"images", run.images},
                {"costs", run.costs}}}};
    json.update(goldenJson(outcome, run.costs));
    writeFileAtomically(golden, jsonForDiffs(json));
}

GoldenRun readGoldenRun(const fs::path& golden) {
    const Json json = readGolden(golden);
    const Json& run = json.at("run");
    const auto file = [&](const char* key) {
        return (folderOf(golden) / run.at(key).get<std::string>()).lexically_normal().string();
    };
    return {file("config"), run.at("overrides").get<Overrides>(), file("workload"),
            imagesOf(run, golden), run.at("costs").get<bool>()};
}

GoldenDifferences differencesFromGolden(const fs::path& golden, const InferenceOutcome& outcome) {
    const Json expected = readGolden(golden);
    const Json actual = goldenJson(outcome, expected.at("run").at("costs").get<bool>());
    GoldenDifferences found;
    compareTensors(expected.at("tensors_sha256"), outcome, found.all);
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
