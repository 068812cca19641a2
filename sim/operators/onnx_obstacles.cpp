// SPDX-License-Identifier: Apache-2.0
#include "sim/operators/onnx_obstacles.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "sim/base/config_error.hpp"
#include "sim/base/text.hpp"

namespace systole::operators {
namespace {

struct Line {
    const OnnxObstacle* first;
    std::vector<std::string> nodes;

    bool takes(const OnnxObstacle& obstacle) const {
        return !obstacle.operatorName.empty() && obstacle.operatorName == first->operatorName &&
               obstacle.problem == first->problem;
    }
    /// Names come from the file, so that any of it may hold what a terminal obeys.
    std::string text() const {
        if (first->operatorName.empty()) return sim::printable(first->problem);
        return sim::printable(fmt::format("node{} {} (operator '{}'): {}",
                                          nodes.size() == 1 ? "" : "s", fmt::join(nodes, ", "),
                                          first->operatorName, first->problem));
    }
};

}  // namespace

void OnnxObstacles::report(const std::string& file) const {
    std::vector<Line> lines;
    for (const OnnxObstacle& obstacle : obstacles_) {
        auto line = std::find_if(lines.begin(), lines.end(),
                                 [&](const Line& known) { return known.takes(obstacle); });
        if (line == lines.end()) line = lines.insert(line, Line{&obstacle, {}});
        line->nodes.push_back(fmt::format("'{}'", obstacle.node));
    }
    std::vector<std::string> texts;
    for (const Line& line : lines) texts.push_back(fmt::format("{}: {}", file, line.text()));
    if (!texts.empty()) throw sim::ConfigError::ofLines(texts);
}

}  // namespace systole::operators
