// SPDX-License-Identifier: Apache-2.0
#include "sim/study/golden.hpp"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "sim/base/atomic_file.hpp"
#include "sim/base/config_error.hpp"
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
    return {{"tensors_sha256", std::move(tensors)},
            {"output", outputJson(outcome)},
            {"result", comparableResult(outcome.result, costs)}};
}

Json readGolden(const fs::path& golden) {
    std::ifstream file(golden);
    if (!file || fs::is_directory(golden)) {
        throw ConfigError(
            fmt::format("{}: cannot be read, expected a golden file", golden.string()));
    }
    try {
        Json json = Json::parse(file);
        if (json.at("schema").get<std::string>() != kGoldenSchema) {
            throw ConfigError(fmt::format(
                "{}: schema {}, expected \"{}\": record it anew with `systole golden record`",
                golden.string(), json.at("schema").dump(), kGoldenSchema));
        }
        return json;
    } catch (const Json::exception& error) {
        throw ConfigError(fmt::format("{}: is no golden file: {}", golden.string(), error.what()));
    }
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
    try {
        const Json& run = json.at("run");
        const auto file = [&](const char* key) {
            return (folderOf(golden) / run.at(key).get<std::string>()).lexically_normal().string();
        };
        return {file("config"), run.at("overrides").get<Overrides>(), file("workload"),
                imagesOf(run, golden), run.at("costs").get<bool>()};
    } catch (const Json::exception& error) {
        throw ConfigError(fmt::format("{}: is no golden file: {}", golden.string(), error.what()));
    }
}

std::vector<std::string> differencesFromGolden(const fs::path& golden,
                                               const InferenceOutcome& outcome) try {
    const Json expected = readGolden(golden);
    const Json actual = goldenJson(outcome, expected.at("run").at("costs").get<bool>());
    std::vector<std::string> differences;
    const Json& hashes = expected.at("tensors_sha256");
    for (const TensorHash& tensor : outcome.tensorHashes) {  // in the order of execution
        if (!hashes.contains(tensor.name)) {
            differences.push_back(fmt::format("tensor '{}': not in the golden", tensor.name));
        } else if (hashes.at(tensor.name) != tensor.sha256) {
            differences.push_back(fmt::format("tensor '{}': codes differ", tensor.name));
        }
    }
    for (const auto& [name, hash] : hashes.items()) {
        if (!actual.at("tensors_sha256").contains(name)) {
            differences.push_back(fmt::format("tensor '{}': missing", name));
        }
    }
    compareOutput(expected.at("output"), actual.at("output"), differences);
    compare(expected.at("result"), actual.at("result"), "", differences);
    return differences;
} catch (const Json::exception& error) {
    throw ConfigError(fmt::format("{}: is no golden file: {}", golden.string(), error.what()));
}

}  // namespace systole::sim
