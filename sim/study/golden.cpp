// SPDX-License-Identifier: Apache-2.0
#include "sim/study/golden.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/base/atomic_file.hpp"
#include "sim/base/config_error.hpp"
#include "sim/base/input_file.hpp"
#include "sim/base/named_files.hpp"
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
    const auto each = figures.find("per_inference");
    if (each != figures.end()) eraseCosts(*each);
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

/// The result without what may differ between two runs of the same thing, how files were named, and
/// without what is compared elsewhere: the configuration, and with it the technology's errors.
Json comparableResult(const Result& result, bool costs) {
    Json json = resultDocument(result);
    json["config"].erase("file");
    json["config"].erase("overrides");
    json["config"].erase("resolved");
    json["config"].erase("technology_error");
    if (!costs) eraseCosts(json["totals"]);
    json["layers"] = layersByName(std::move(json["layers"]), costs);
    return json;
}

/// Without costs, of the technology its name alone: a golden must not move with every coefficient.
Json recordedConfig(const RunConfig& config, bool costs) {
    Json json = resolvedJson(config.resolved);
    if (!costs) json["technology"] = {{"name", config.technology.name}};
    return json;
}

Json goldenJson(const InferenceOutcome& outcome, bool costs) {
    Json tensors;
    for (const TensorHash& tensor : outcome.tensorHashes) {
        tensors[tensor.name] = tensor.sha256;
    }
    return {{"config", recordedConfig(outcome.result.config, costs)},
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
    if (!schema.get<std::string>().starts_with("systole-golden/")) {
        failNoGolden(golden, "its schema is " + titleName(schema.dump()));
    }
    if (schema != kGoldenSchema) {
        throw ConfigError(fmt::format(
            "{}: schema {}, expected \"{}\": record it anew with `systole golden record`",
            golden.string(), titleName(schema.dump()), kGoldenSchema));
    }
    checkGolden(golden, json);
    return json;
}

std::uint64_t countOf(const Json& run, const char* key, std::uint64_t most,
                      const fs::path& golden) {
    const Json& count = run.at(key);
    if (!count.is_number_unsigned() || count == 0U || count.get<std::uint64_t>() > most) {
        throw ConfigError(fmt::format("{}: run.{}: {}, expected an integer from 1 to {}",
                                      golden.string(), key, count.dump(), most));
    }
    return count.get<std::uint64_t>();
}

}  // namespace

void recordGolden(const fs::path& golden, const GoldenRun& run, const InferenceOutcome& outcome) {
    const auto relative = [&](const std::string& file) {
        // A name goes where the golden goes.
        const bool isName = !isPath(file) && !fs::exists(file);
        return isName || isInlineSection(file)
                   ? file
                   : fs::proximate(fs::absolute(file), folderOf(golden)).generic_string();
    };
    Json json{{"schema", kGoldenSchema},
              {"run",
               {{"config", relative(run.config)},
                {"overrides", run.overrides},
                {"workload", relative(run.workload)},
                {"images", run.images},
                {"costs", run.costs}}}};
    if (run.batch > 1) json["run"]["batch"] = run.batch;
    json.update(goldenJson(outcome, run.costs));
    writeFileAtomically(golden, jsonForDiffs(json));
}

GoldenRun readGoldenRun(const fs::path& golden) {
    const Json json = readGolden(golden);
    const Json& run = json.at("run");
    const auto file = [&](const char* key, const char* kind) {
        const auto given = run.at(key).get<std::string>();
        if (isInlineSection(given)) return given;
        const FileLookup lookup{.kinds = {kind}, .base = folderOf(golden), .nearby = {}};
        const auto found = findFile(given, lookup);
        return found.value_or(folderOf(golden) / given).lexically_normal().string();
    };
    return {file("config", "accelerators"),
            run.at("overrides").get<Overrides>(),
            file("workload", "workloads"),
            countOf(run, "images", std::uint64_t{1} << 32U, golden),
            run.contains("batch")
                ? static_cast<std::uint32_t>(countOf(run, "batch", kMostBatch, golden))
                : 1U,
            run.at("costs").get<bool>()};
}

GoldenDifferences differencesFromGolden(const fs::path& golden, const InferenceOutcome& outcome) {
    const Json expected = readGolden(golden);
    const bool costs = expected.at("run").at("costs").get<bool>();
    return differencesBetween(expected, goldenJson(outcome, costs));
}

}  // namespace systole::sim
