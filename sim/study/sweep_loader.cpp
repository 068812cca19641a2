// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>

#include "sim/run/inference.hpp"
#include "sim/study/sweep.hpp"

namespace systole::sim {
namespace {

constexpr std::uint64_t kMostPoints = 10'000;
constexpr std::uint64_t kMostImages = std::uint64_t{1} << 32U;

/// Fails where a text was seen before.
class Distinct {
public:
    void add(const Value& value, const std::string& text) {
        const auto [known, isNew] = places_.emplace(text, value.place());
        if (!isNew && !text.empty()) {
            value.fail(fmt::format("'{}' is there twice, first at {}, expected every one once",
                                   text, known->second));
        }
    }

private:
    std::map<std::string, std::string> places_;
};

std::string readKey(const Value& value, Distinct& keys) {
    std::string key = value.text();
    if (yaml::splitPath(key).empty() || yaml::endOfPath(key) != std::string::npos) {
        value.fail(fmt::format("'{}' is not a path of keys, expected one such as array.rows", key));
    }
    keys.add(value, key);
    return key;
}

SweepAxis readAxis(const Section& section, Distinct& keys) {
    SweepAxis axis;
    if (section.has("key") == section.has("keys")) {
        section.fail("expected either key, a path, or keys, a list of paths that share a value");
    }
    if (const auto key = section.find("key")) {
        axis.keys.push_back(readKey(*key, keys));
        axis.keyPlaces.push_back(key->place());
    }
    if (const auto list = section.find("keys")) {
        for (const Value& key : list->list({1, kMostPoints})) {
            axis.keys.push_back(readKey(key, keys));
            axis.keyPlaces.push_back(key.place());
        }
    }
    Distinct values;
    for (const Value& value : section.at("values").list({1, kMostPoints})) {
        axis.values.push_back(value.flow());
        axis.valuePlaces.push_back(value.place());
        values.add(value, axis.values.back());
    }
    return axis;
}

std::vector<SweepAxis> readGrid(const Value& grid) {
    std::vector<SweepAxis> axes;
    Distinct keys;
    std::uint64_t points = 1;
    for (const Value& item : grid.list({1, 16})) {
        axes.push_back(readAxis(item.section(), keys));
        // Sixteen axes of the most values would overflow.
        points = std::min(points * std::max<std::uint64_t>(axes.back().values.size(), 1),
                          kMostPoints + 1);
    }
    if (points > kMostPoints) {
        grid.fail(fmt::format("more than {0} points, expected at most {0}", kMostPoints));
    }
    return axes;
}

/// `key=value`, its value as it is written after `--set key=`.
std::string readOverride(const Value& item) {
    const std::string text = item.text();
    const std::size_t equals = yaml::endOfPath(text);
    if (equals == std::string::npos) {
        item.fail(fmt::format("'{}' is not an override, expected key.path=value", text));
        return text;
    }
    return text.substr(0, equals + 1) + item.flowOf(text.substr(equals + 1));
}

void readOverrides(const Section& root, Sweep& sweep) {
    for (const Value& item :
         root.at("set", Default(std::vector<std::string>()).described("none")).list()) {
        sweep.base.overrides.push_back(readOverride(item));
        sweep.overridePlaces.push_back(item.place());
    }
}

/// What a run is asked by options, and a sweep by its file; what belongs to the accelerator is set.
void refuseKeysOfConfig(const Section& root) {
    for (const char* key :
         {"array", "clock", "datapath", "activation_scratchpad", "weight_scratchpad", "dram", "dma",
          "mapping", "technology", "energy", "scheme"}) {
        if (root.has(key)) {
            root.at(key).fail(fmt::format(
                "is a key of the accelerator, expected it in a list, as set: [{}=..], or as an "
                "axis of the grid",
                key));
        }
    }
}

std::vector<Objective> readObjectives(const Section& root) {
    const auto namesOf = [](const std::vector<Objective>& objectives) {
        std::vector<std::string> names;
        names.reserve(objectives.size());
        for (const Objective& objective : objectives) names.emplace_back(objective.name);
        return names;
    };
    const std::vector<std::string> known = namesOf(allObjectives());
    std::vector<Objective> objectives;
    Distinct names;
    for (const Value& item :
         root.at("objectives", Default(namesOf(defaultObjectives()))).list({1, known.size()})) {
        objectives.push_back(allObjectives().at(item.choose(known)));
        names.add(item, objectives.back().name);
    }
    return objectives;
}

/// Without values there is neither accuracy nor SQNR to judge by.
void refuseObjectivesOfValues(const Section& root, const Sweep& sweep) {
    for (const Objective& objective : sweep.objectives) {
        if (objective.needsValues) {
            root.at("objectives")
                .fail(fmt::format("timing_only: true computes no {}, expected other objectives",
                                  objective.words));
        }
    }
}

Sweep readSweep(const Section& root) {
    Sweep sweep;
    sweep.name = root.at("name").name();
    sweep.base.config = root.at("config").fileOrSection({"accelerators"});
    sweep.base.workload = root.at("workload").fileOrSection({"workloads"});
    sweep.base.timingOnly = root.at("timing_only", false).boolean();
    if (const auto images = root.find("images")) {
        sweep.base.images = images->integer({1, kMostImages});
        if (sweep.base.timingOnly) {
            images->fail("has no effect with timing_only: true, expected one of the two");
        }
    }
    sweep.base.batch = root.at("batch", 1).integer<std::uint32_t>({1, kMostBatch});
    readOverrides(root, sweep);
    sweep.base.reachClock = root.at("reach_clock", false).boolean();
    sweep.objectives = readObjectives(root);
    if (sweep.base.timingOnly && root.has("objectives")) refuseObjectivesOfValues(root, sweep);
    sweep.axes = readGrid(root.at("grid"));
    refuseKeysOfConfig(root);
    return sweep;
}

}  // namespace

Sweep loadSweep(const std::filesystem::path& file) {
    return readConfig(file, {}, readSweep, {"sweeps"});
}

}  // namespace systole::sim
