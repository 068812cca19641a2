// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "models/cost/element/drawn_trace.hpp"
#include "sim/config/technology/technology_loader.hpp"
#include "tests/unit/cost/cost_fixture.hpp"

/// More bits never cost less, whatever they are bits of, and a multiplier never more than its
/// processing element. Energies are of the same drawn operands, which other formats round to other
/// codes: they may fall by kNoise.
namespace systole::cost {
namespace {

constexpr double kNoise = 0.01;

struct Chain {
    const char* name;
    std::vector<ElementDescription> elements;  ///< each with a bit more than the one before
};

std::vector<Chain> chains() {
    std::vector<Chain> all{
        {"integers", {}}, {"sums", {}}, {"mantissas", {}}, {"exponents", {}}, {"posits", {}}};
    for (int bits = 2; bits <= 16; ++bits) {
        all[0].elements.push_back(elementOf(fmt::format("int{}", bits), "exact"));
    }
    for (int bits = 16; bits < 64; bits += 5) {
        all[1].elements.push_back(elementOf("int8", fmt::format("int{}", bits)));
    }
    for (int mantissa = 0; mantissa <= 4; ++mantissa) {
        all[2].elements.push_back(elementOf(fmt::format("e3m{}_none", mantissa), "fp32"));
    }
    for (int exponent = 2; exponent <= 5; ++exponent) {
        all[3].elements.push_back(elementOf(fmt::format("e{}m2_none", exponent), "exact"));
    }
    for (int bits = 4; bits <= 9; ++bits) {
        all[4].elements.push_back(elementOf(fmt::format("posit{}es1", bits), "exact"));
    }
    return all;
}

double joulesOf(const ElementModel& model) {
    constexpr std::uint32_t kSteps = 1024;
    return model
        .energyOf(model.activityOf(drawnTrace(model.description(), Stimulus::Gaussian, kSteps)))
        .total();
}

TEST(ElementOrder, MoreBitsNeverCostLess) {
    const LogicTechnology logic = sim::parseTechnology("generic_45nm", "technology").logic;
    for (const Goal goal : {Goal::Area, Goal::Delay}) {
        for (const Chain& chain : chains()) {
            double area = 0;
            double joules = 0;
            for (std::size_t i = 0; i < chain.elements.size(); ++i) {
                SCOPED_TRACE(fmt::format("{} {}", chain.name, i));
                const ElementModel model(logic, chain.elements[i], {.goal = goal});
                EXPECT_GT(model.squareMicrons().total(), area);
                EXPECT_GT(joulesOf(model), joules * (1 - kNoise));
                area = model.squareMicrons().total();
                joules = joulesOf(model);
            }
        }
    }
}

TEST(ElementOrder, AMultiplierNeverCostsMoreThanItsElement) {
    const LogicTechnology logic = sim::parseTechnology("generic_22nm", "technology").logic;
    for (const Goal goal : {Goal::Area, Goal::Delay}) {
        for (const char* format : {"int2", "int3", "int11", "uint5", "e2m1", "e3m0_none", "e5m2",
                                   "short_e4m3", "posit8es1", "pow2_4"}) {
            const ElementDescription element = elementOf(format, "exact");
            const ElementModel whole(logic, element, {.goal = goal});
            const ElementModel alone = ElementModel::ofMultiplier(logic, element, goal);
            EXPECT_LT(alone.squareMicrons().total(), whole.squareMicrons().total()) << format;
            EXPECT_LT(alone.nanoseconds(), whole.nanoseconds()) << format;
            EXPECT_LT(joulesOf(alone), joulesOf(whole)) << format;
        }
    }
}

}  // namespace
}  // namespace systole::cost
