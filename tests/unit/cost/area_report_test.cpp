// SPDX-License-Identifier: Apache-2.0
// The table of areas: one unit, no exponents, nothing that is there shown as nothing.
#include "sim/report/area_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "tests/unit/cost/cost_fixture.hpp"

namespace systole::sim {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

cost::AreaNode logic(const char* name, double squareMicrons) {
    return {.name = name,
            .basis = cost::AreaBasis::Logic,
            .squareMicrons = squareMicrons,
            .lowSquareMicrons = squareMicrons / 2,
            .highSquareMicrons = squareMicrons * 2,
            .source = "made up",
            .siliconSquareMicrons = {squareMicrons, squareMicrons / 2, squareMicrons * 2}};
}

TEST(AreaTable, HasTheUnitOfAllItsFiguresInItsHead) {
    for (const double size : {1e2, 3e4, 2e5, 3e7, 4e9}) {
        const std::string text =
            areaTable(cost::sumOf("total", {logic("large", size), logic("small", size * 1e-9),
                                            logic("middle", size * 0.003)}));
        SCOPED_TRACE(text);
        EXPECT_THAT(text, HasSubstr(size < 1e4 ? "area, um2" : "area, mm2"));
        const std::string below = text.substr(text.find('\n'));
        EXPECT_THAT(below, Not(HasSubstr("um2")));
        EXPECT_THAT(below, Not(HasSubstr("mm2")));
        EXPECT_FALSE(std::regex_search(text, std::regex("[0-9]e[-+]?[0-9]")));
        EXPECT_THAT(text, ContainsRegex("small +<0\\.")) << "it is there";
    }
}

TEST(AreaTable, OfAPlacedMachineHasTheSame) {
    for (const double share : {1.0, 1e-4}) {
        cost::Technology technology = cost::placedTechnology();
        for (auto& row : technology.logic.area.squareMicrons) {
            for (double& area : row) area *= share;
        }
        technology.logic.flipFlop.squareMicrons *= share;
        cost::MachineDescription machine = cost::withoutLimits();
        const std::string text = areaTable(cost::areaOf(technology, machine));
        SCOPED_TRACE(text);
        EXPECT_FALSE(std::regex_search(text, std::regex("[0-9]e[-+]?[0-9]")));
        EXPECT_THAT(text, ContainsRegex("^area, .m2 +cells +band +silicon +share +band\n"));
    }
}

}  // namespace
}  // namespace systole::sim
