// SPDX-License-Identifier: Apache-2.0
// What is wrong with a sweep before anything runs: the configuration of every point is loaded.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "sim/base/config_error.hpp"
#include "sim/base/progress.hpp"
#include "sim/base/text.hpp"
#include "sim/config/machine_loader.hpp"
#include "sim/reader/key_path.hpp"
#include "sim/run/machine_cost.hpp"
#include "sim/study/sweep.hpp"
#include "sim/workload/workload.hpp"

namespace systole::sim {
namespace {

/// Why a machine cannot be built, line by line.
std::vector<std::string> problemsOf(const RunRequest& request) {
    try {
        checkTechnology(loadRunConfig(request.config, request.overrides, elementOf(request)));
        return {};
    } catch (const ConfigError& error) {
        return linesOf(error.what());
    }
}

/// `path` is that of `prefix`, or a key below it.
bool isBelow(const std::string& path, const std::string& prefix) {
    return path == prefix || path.starts_with(prefix + ".");
}

std::string problemOfOverride(const std::string& override, const Sweep& sweep) {
    const std::string path = override.substr(0, yaml::endOfPath(override));
    for (const SweepAxis& axis : sweep.axes) {
        for (const std::string& key : axis.keys) {
            if (isBelow(path, key)) {
                return fmt::format("has no effect, expected a key that the axis {} does not set",
                                   key);
            }
        }
    }
    return "";
}

/// The lines that all points have are the sweep's own; those of all points with a value are the
/// value's. Whatever else is wrong with a point comes from how its values fit together.
class Faults {
public:
    Faults(const Sweep& sweep, const std::vector<std::vector<std::string>>& problems)
        : sweep_(sweep), problems_(problems) {
        for (const auto& lines : problems) {
            for (const std::string& line : lines) ++points_[line];
        }
    }

    /// Whether it is a fault of the sweep, and not of a point.
    bool isGeneral(const std::string& line) const {
        const std::size_t count = points_.at(line);
        if (count == problems_.size()) return true;
        return std::any_of(sweep_.axes.begin(), sweep_.axes.end(), [&](const SweepAxis& axis) {
            const std::size_t each = problems_.size() / axis.values.size();
            return count == each &&
                   std::any_of(axis.values.begin(), axis.values.end(),
                               [&](const std::string& value) { return isOf(axis, value, line); });
        });
    }

    /// The messages, each once, with places in the sweep's file.
    std::vector<std::string> messages() const {
        std::vector<std::string> all;
        std::set<std::string> placed;
        for (const SweepAxis& axis : sweep_.axes) {
            for (std::size_t key = 0; key < axis.keys.size(); ++key) {
                add(all, placed, axis, key);
            }
        }
        for (std::size_t i = 0; i < sweep_.base.overrides.size(); ++i) {
            const std::string prefix = fmt::format("--set {}: ", sweep_.base.overrides[i]);
            for (const auto& [line, count] : points_) {
                if (i < sweep_.overridePlaces.size() && line.starts_with(prefix) &&
                    isGeneral(line) && placed.insert(line).second) {
                    all.push_back(fmt::format("{}: {}", sweep_.overridePlaces[i], line));
                }
            }
        }
        for (const auto& lines : problems_) {
            for (const std::string& line : lines) {
                if (isGeneral(line) && placed.insert(line).second) all.push_back(line);
            }
        }
        return all;
    }

private:
    static std::string prefixOf(const std::string& key, const std::string& value) {
        return fmt::format("--set {}={}: ", key, value);
    }

    static bool isOf(const SweepAxis& axis, const std::string& value, const std::string& line) {
        return std::any_of(axis.keys.begin(), axis.keys.end(), [&](const std::string& key) {
            return line.starts_with(prefixOf(key, value));
        });
    }

    /// Faults of the values of a key; one that all of them have is the key's.
    void add(std::vector<std::string>& all, std::set<std::string>& placed, const SweepAxis& axis,
             std::size_t key) const {
        std::map<std::string, std::vector<std::size_t>> valuesWith;
        std::vector<std::string> order;
        for (std::size_t value = 0; value < axis.values.size(); ++value) {
            const std::string prefix = prefixOf(axis.keys[key], axis.values[value]);
            for (const auto& [line, count] : points_) {
                if (!line.starts_with(prefix) || !isGeneral(line)) continue;
                placed.insert(line);
                const std::string problem = line.substr(prefix.size());
                if (!valuesWith.contains(problem)) order.push_back(problem);
                valuesWith[problem].push_back(value);
            }
        }
        for (const std::string& problem : order) {
            const std::vector<std::size_t>& values = valuesWith[problem];
            if (values.size() == axis.values.size() && values.size() > 1) {
                all.push_back(fmt::format("{}: {}", axis.keyPlaces.at(key), problem));
                continue;
            }
            for (const std::size_t value : values) {
                all.push_back(fmt::format("{}: {}={}: {}", axis.valuePlaces.at(value),
                                          axis.keys[key], axis.values[value], problem));
            }
        }
    }

    const Sweep& sweep_;
    const std::vector<std::vector<std::string>>& problems_;
    std::map<std::string, std::size_t> points_;  ///< how many points have a line
};

void addWorkloadProblem(const Sweep& sweep, std::vector<std::string>& messages) {
    try {
        loadWorkload(sweep.base.workload,
                     {.images = sweep.base.timingOnly ? std::nullopt : sweep.base.images});
    } catch (const ConfigError& error) {
        for (std::string& line : linesOf(error.what())) messages.push_back(std::move(line));
    }
}

}  // namespace

std::vector<std::string> checkSweep(const Sweep& sweep) {
    std::vector<std::string> messages;
    for (std::size_t i = 0; i < sweep.base.overrides.size(); ++i) {
        const std::string& override = sweep.base.overrides[i];
        if (const std::string problem = problemOfOverride(override, sweep); !problem.empty()) {
            const std::string place =
                i < sweep.overridePlaces.size() ? sweep.overridePlaces[i] + ": " : "";
            messages.push_back(fmt::format("{}--set {}: {}", place, override, problem));
        }
    }
    const std::vector<RunRequest> requests = requestsOf(sweep);
    std::vector<std::vector<std::string>> problems;
    Progress progress("Checks of points", requests.size());
    for (const RunRequest& request : requests) {
        problems.push_back(problemsOf(request));
        progress.advance();
    }
    const Faults faults(sweep, problems);
    for (std::string& message : faults.messages()) messages.push_back(std::move(message));
    addWorkloadProblem(sweep, messages);
    if (!messages.empty()) throw ConfigError::ofLines(messages);
    std::vector<std::string> failures;
    for (const auto& lines : problems) {
        failures.push_back(fmt::format("{}", fmt::join(lines, "\n")));
    }
    return failures;
}

}  // namespace systole::sim
