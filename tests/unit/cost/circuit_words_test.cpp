// SPDX-License-Identifier: Apache-2.0
#include <bit>

#include "models/cost/netlist/words.hpp"
#include "tests/unit/cost/circuit_fixture.hpp"

namespace systole::cost {
namespace {

constexpr std::array kGoals{Goal::Area, Goal::Delay};
constexpr std::array<std::pair<std::size_t, std::size_t>, 7> kWidths{
    {{1, 1}, {3, 3}, {5, 2}, {2, 5}, {6, 6}, {33, 33}, {61, 20}}};

TEST(CircuitWords, SumIsOneBitWiderThanTheWiderWord) {
    for (const Goal goal : kGoals) {
        for (const auto& [left, right] : kWidths) {
            Netlist netlist;
            const std::vector<Word> in{netlist.inputs(left), netlist.inputs(right),
                                       netlist.inputs(1)};
            const Word sum = sumOf(netlist, goal, in[0], in[1], in[2].front());
            EXPECT_EQ(sum.size(), std::max(left, right) + 1);
            forEachCase(netlist, in, casesOf(in), [&](const auto& run, auto lane, const auto& x) {
                EXPECT_EQ(run.value(sum, lane), x[0] + x[1] + x[2]);
            });
        }
    }
}

TEST(CircuitWords, SumModuloIsCutToTheFirstWord) {
    for (const Goal goal : kGoals) {
        for (const auto& [left, right] : kWidths) {
            Netlist netlist;
            const std::vector<Word> in{netlist.inputs(left), netlist.inputs(right),
                                       netlist.inputs(1)};
            const Word sum = sumModulo(netlist, goal, in[0], in[1], in[2].front());
            forEachCase(netlist, in, casesOf(in), [&](const auto& run, auto lane, const auto& x) {
                EXPECT_EQ(run.value(sum, lane), lowBits(x[0] + x[1] + x[2], in[0].size()));
            });
        }
    }
}

TEST(CircuitWords, DifferenceTellsWhichIsLarger) {
    for (const Goal goal : kGoals) {
        for (const auto& [left, right] : kWidths) {
            Netlist netlist;
            const std::vector<Word> in{netlist.inputs(left), netlist.inputs(right)};
            const Difference difference = differenceOf(netlist, goal, in[0], in[1]);
            EXPECT_EQ(difference.value.size(), std::max(left, right));
            forEachCase(netlist, in, casesOf(in), [&](const auto& run, auto lane, const auto& x) {
                EXPECT_EQ(run.value(difference.value, lane),
                          lowBits(x[0] - x[1], difference.value.size()));
                EXPECT_EQ(run.bit(difference.notNegative, lane), x[0] >= x[1]);
            });
        }
    }
}

TEST(CircuitWords, ColumnsAreAddedByTheirWeights) {
    for (const Goal goal : kGoals) {
        for (const auto& heights : std::vector<std::vector<std::size_t>>{
                 {1, 0, 2}, {3, 3, 3, 3}, {7, 0, 5}, {9, 12, 4, 0, 1, 0, 0, 0}, {20, 30, 5}}) {
            Netlist netlist;
            Columns columns;
            std::vector<Word> in;
            for (const std::size_t height : heights) {
                in.push_back(netlist.inputs(height));
                columns.push_back(in.back());
            }
            const Word sum = sumOfColumns(netlist, goal, columns);
            forEachCase(netlist, in, casesOf(in), [&](const auto& run, auto lane, const auto& x) {
                UInt128 expected = 0;
                for (std::size_t column = 0; column < x.size(); ++column) {
                    expected += UInt128(std::popcount(static_cast<std::uint64_t>(x[column])))
                                << column;
                }
                EXPECT_EQ(run.value(sum, lane), lowBits(expected, heights.size()));
            });
        }
    }
}

constexpr std::array<std::pair<std::size_t, std::size_t>, 6> kShifters{
    {{1, 1}, {4, 2}, {5, 3}, {3, 5}, {24, 5}, {51, 6}}};

TEST(CircuitWords, BarrelLeftMultipliesByAPowerOfTwo) {
    for (const auto& [width, amountBits] : kShifters) {
        for (const std::size_t bits : {width, width + 3, std::size_t{60}}) {
            Netlist netlist;
            const std::vector<Word> in{netlist.inputs(width), netlist.inputs(amountBits)};
            const Word moved = barrelLeft(netlist, in[0], in[1], bits);
            ASSERT_EQ(moved.size(), bits);
            forEachCase(netlist, in, casesOf(in), [&](const auto& run, auto lane, const auto& x) {
                EXPECT_EQ(run.value(moved, lane), lowBits(x[0] << static_cast<int>(x[1]), bits));
            });
        }
    }
}

TEST(CircuitWords, BarrelLeftShiftsInWhatItIsToldTo) {
    Netlist netlist;
    const std::vector<Word> in{netlist.inputs(5), netlist.inputs(3), netlist.inputs(1)};
    const Word moved = barrelLeft(netlist, in[0], in[1], 12, in[2].front());
    forEachCase(netlist, in, casesOf(in), [&](const auto& run, auto lane, const auto& x) {
        const int amount = static_cast<int>(x[1]);
        const UInt128 fill = x[2] != 0 ? (UInt128{1} << amount) - 1 : 0;
        EXPECT_EQ(run.value(moved, lane), (x[0] << amount) | fill);
    });
}

TEST(CircuitWords, BarrelRightKeepsWhetherAOneWasLost) {
    for (const auto& [width, amountBits] : kShifters) {
        Netlist netlist;
        const std::vector<Word> in{netlist.inputs(width), netlist.inputs(amountBits)};
        const Shifted shifted = barrelRight(netlist, in[0], in[1]);
        forEachCase(netlist, in, casesOf(in), [&](const auto& run, auto lane, const auto& x) {
            const int amount = static_cast<int>(x[1]);
            EXPECT_EQ(run.value(shifted.value, lane), x[0] >> amount);
            EXPECT_EQ(run.bit(shifted.sticky, lane),
                      lowBits(x[0], static_cast<std::size_t>(amount)) != 0);
        });
    }
}

TEST(CircuitWords, LeadingZerosOfZeroAreAtLeastTheWidth) {
    for (const std::size_t width : {1U, 2U, 3U, 4U, 5U, 7U, 8U, 9U, 27U, 52U}) {
        Netlist netlist;
        const std::vector<Word> in{netlist.inputs(width)};
        const Word zeros = leadingZeros(netlist, in[0]);
        forEachCase(netlist, in, casesOf(in), [&](const auto& run, auto lane, const auto& x) {
            const UInt128 count = run.value(zeros, lane);
            if (x[0] == 0) {
                EXPECT_GE(count, width);
            } else {
                EXPECT_EQ(count, width - static_cast<std::size_t>(numeric::bitWidth(x[0])));
            }
        });
    }
}

TEST(CircuitWords, TreesTellWhetherAnyOrAllBitsAreSet) {
    for (const std::size_t width : {0U, 1U, 2U, 5U, 8U}) {
        Netlist netlist;
        const std::vector<Word> in{netlist.inputs(width)};
        const Signal any = anyOf(netlist, in[0]);
        const Signal all = allOf(netlist, in[0]);
        forEachCase(netlist, in, casesOf(in), [&](const auto& run, auto lane, const auto& x) {
            EXPECT_EQ(run.bit(any, lane), x[0] != 0);
            EXPECT_EQ(run.bit(all, lane), x[0] == (UInt128{1} << width) - 1);
        });
    }
}

TEST(CircuitWords, AreChosenGatedAndComplementedBitByBit) {
    Netlist netlist;
    const std::vector<Word> in{netlist.inputs(1), netlist.inputs(4), netlist.inputs(3)};
    const Signal condition = in[0].front();
    const Word either = chosen(netlist, condition, in[1], in[2]);
    const Word gated = gatedBy(netlist, in[1], condition);
    const Word complemented = complementedIf(netlist, in[1], condition);
    forEachCase(netlist, in, casesOf(in), [&](const auto& run, auto lane, const auto& x) {
        const bool on = x[0] != 0;
        EXPECT_EQ(run.value(either, lane), on ? x[1] : x[2]);
        EXPECT_EQ(run.value(gated, lane), on ? x[1] : 0);
        EXPECT_EQ(run.value(complemented, lane), on ? 15 - x[1] : x[1]);
    });
}

}  // namespace
}  // namespace systole::cost
