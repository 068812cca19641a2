// SPDX-License-Identifier: Apache-2.0
#include "sim/study/technology_errors.hpp"

#include <fmt/format.h>

#include <set>

#include "sim/base/text.hpp"

namespace systole::sim {
namespace {

std::string text(const std::optional<double>& error) {
    return error ? doubtText(*error) : "not known";
}

}  // namespace

std::string technologyErrors(const std::vector<RunFigures>& runs) {
    std::string lines;
    std::set<std::string> seen;
    for (const RunFigures& run : runs) {
        const TechnologyErrors& errors = run.technologyErrors;
        const bool isKnown = errors.area || errors.delay || errors.energy;
        if (!isKnown || run.synthesis.empty()) continue;
        const std::string line = fmt::format(
            "Logic in {}, synthesised for {}, may be off: area {}, delay {}, energy {}.\n",
            titleName(run.technology), run.synthesis, text(errors.area), text(errors.delay),
            text(errors.energy));
        if (seen.insert(line).second) lines += line;
    }
    return lines;
}

}  // namespace systole::sim
