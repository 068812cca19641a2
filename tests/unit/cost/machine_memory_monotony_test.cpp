// SPDX-License-Identifier: Apache-2.0
// More capacity, wider words, more ports or a higher clock never cost less of anything.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "models/cost/machine/machine_memories.hpp"
#include "tests/unit/cost/cost_fixture.hpp"
#include "tests/unit/cost/sram_fixture.hpp"

namespace systole::cost {
namespace {

/// The last bits of a power and a sum.
constexpr double kRounding = 1e-12;

using Choice = std::array<std::size_t, 4>;  // of capacity, word, ports and clock

/// Odd sizes as well: half of what stands between the powers of two, and a byte beside them.
std::vector<double> capacities() {
    std::vector<double> bytes;
    for (double each = 512; each <= 32 * 1024 * 1024; each *= 2) {
        bytes.insert(bytes.end(),
                     {each, each + 1, std::floor(each * 1.37), each * 1.5, std::floor(each * 1.9)});
    }
    bytes.insert(bytes.end(), {200 * 1024, 24 * 1024, 3 * 1024});
    std::sort(bytes.begin(), bytes.end());
    bytes.erase(std::unique(bytes.begin(), bytes.end()), bytes.end());
    return bytes;
}

const std::vector<double> kBytes = capacities();
const std::vector<double> kBits{8,   12,  16,  24,  32,  48,  64,   72,   96,   128,  160,
                                256, 333, 384, 512, 768, 999, 1024, 1040, 1536, 2048, 4096};
constexpr std::array<std::uint32_t, 4> kPorts{1, 2, 3, 4};
/// 1 Hz: no clock asks for anything.
constexpr std::array kHertz{1.0,   100e6, 250e6, 400e6, 500e6, 700e6,
                            900e6, 1e9,   1.2e9, 1.5e9, 2e9,   3e9};
const std::array<std::size_t, 4> kChoices{kBytes.size(), kBits.size(), kPorts.size(),
                                          kHertz.size()};

std::string nameOf(const Choice& choice) {
    return fmt::format("{} B of {} bits, {} ports, {} Hz", kBytes[choice[0]], kBits[choice[1]],
                       kPorts.at(choice[2]), kHertz.at(choice[3]));
}

/// The memories of one technology.
class Memories {
public:
    explicit Memories(const std::string& technology) : technology_(technologyNamed(technology)) {
        machine_.activationScratchpad.capacityBytes.reset();
        machine_.accumulatorRows.reset();
    }

    const SramMacro& at(const Choice& choice) {
        auto& found = found_[indexOf(choice)];
        if (!found) {
            machine_.clockHertz = kHertz.at(choice[3]);
            machine_.weightScratchpad = {
                .capacityBytes = static_cast<std::uint64_t>(kBytes[choice[0]]),
                .banks = 1,
                .wordBits = static_cast<std::uint32_t>(kBits[choice[1]]),
                .ports = kPorts.at(choice[2])};
            found = memoriesOf(technology_, machine_).weightScratchpad.macro;
        }
        return *found;
    }

private:
    static std::size_t indexOf(const Choice& choice) {
        std::size_t index = 0;
        for (std::size_t i = 0; i < choice.size(); ++i) index = index * kChoices[i] + choice[i];
        return index;
    }

    Technology technology_;
    MachineDescription machine_ = roundMachine();
    std::vector<std::optional<SramMacro>> found_ = std::vector<std::optional<SramMacro>>(
        kBytes.size() * kBits.size() * kPorts.size() * kHertz.size());
};

struct Figure {
    const char* name;
    Estimate SramMacro::*estimate;
    bool fallsWithTheClock;
};
constexpr std::array kFigures{Figure{"area", &SramMacro::areaSquareMicrons, false},
                              Figure{"leakage", &SramMacro::leakageWatts, false},
                              Figure{"read", &SramMacro::readJoules, false},
                              Figure{"write", &SramMacro::writeJoules, false},
                              Figure{"access", &SramMacro::accessSeconds, false},
                              Figure{"cycle", &SramMacro::cycleSeconds, true}};

bool isAtMost(const Estimate& small, const Estimate& large) {
    const auto atMost = [](double a, double b) { return a <= b * (1 + kRounding); };
    return atMost(small.nominal, large.nominal) && atMost(small.low, large.low) &&
           atMost(small.high, large.high);
}

/// Neighbours along an axis, for all others; an order that holds for neighbours holds for all.
void expectMonotone(Memories& memories, std::size_t axis) {
    std::size_t compared = 0;
    Choice choice{};
    const auto next = [&choice] {
        for (std::size_t i = choice.size(); i-- > 0; choice[i] = 0) {
            if (++choice[i] < kChoices[i]) return true;
        }
        return false;
    };
    do {
        Choice more = choice;
        if (++more[axis] == kChoices[axis]) continue;
        const SramMacro small = memories.at(choice);
        const SramMacro& large = memories.at(more);
        for (const Figure& figure : kFigures) {
            if (axis == 3 && figure.fallsWithTheClock) continue;
            ASSERT_TRUE(isAtMost(small.*figure.estimate, large.*figure.estimate))
                << figure.name << " of " << nameOf(choice) << "; " << nameOf(more);
        }
        ++compared;
    } while (next());
    EXPECT_GT(compared, 50'000U);
}

class MachineMemoryMonotony : public testing::TestWithParam<const char*> {};

TEST_P(MachineMemoryMonotony, OfCapacityWordPortsAndClock) {
    Memories memories(GetParam());
    for (const std::size_t axis : {0U, 1U, 2U, 3U}) {
        SCOPED_TRACE(axis);
        expectMonotone(memories, axis);
    }
}

INSTANTIATE_TEST_SUITE_P(Technologies, MachineMemoryMonotony,
                         testing::Values("osu018", "generic_65nm", "generic_45nm", "generic_28nm",
                                         "generic_22nm", "generic_16nm", "generic_7nm"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace systole::cost
