// SPDX-License-Identifier: Apache-2.0
// What `systole area` says of memories.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/study/table_text.hpp"
#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class AreaMemories : public WorkerTest {
protected:
    /// The JSON of edge-32x32 with one activation scratchpad of a bank and a port.
    nlohmann::json areaOf(const std::string& capacity, const std::string& word,
                          const std::string& clock) {
        const std::filesystem::path json = folder_ / "area.json";
        text_ = unwrapped(
            systole(fmt::format(
                        "area {} --set activation_scratchpad.banks=1 --set "
                        "activation_scratchpad.ports=1rw --set activation_scratchpad.capacity={} "
                        "--set activation_scratchpad.word={} --set clock={} --json {}",
                        source("configs/accelerators/edge-32x32.yaml"), capacity, word, clock,
                        json.string()))
                .text);
        return jsonOf(json);
    }
    static double areaIn(const nlohmann::json& json) {
        return json.at("area").at("parts").at("activation_scratchpad").at("area_um2");
    }
    static nlohmann::json timesIn(const nlohmann::json& json) {
        return json.at("clock").at("memories").at("activation_scratchpad");
    }

    std::filesystem::path folder_ = write("marker", "").parent_path();
    std::string text_;
};

TEST_F(AreaMemories, OfWiderWordsTakeNoLessArea) {
    double before = 0;
    for (const char* word : {"64B", "128B", "256B", "512B"}) {
        const double area = areaIn(areaOf("200KiB", word, "500MHz"));
        EXPECT_GE(area, before) << word;
        before = area;
    }
}

TEST_F(AreaMemories, HaveTheCycleOfWhatIsBuilt) {
    const nlohmann::json parts = timesIn(areaOf("1MiB", "128B", "500MHz"));
    EXPECT_GT(parts.at("parts_of_a_bank"), 1);
    EXPECT_DOUBLE_EQ(parts.at("cycle_ns"), 2);
    EXPECT_LT(parts.at("fastest_cycle_ns"), 0.5);
    EXPECT_THAT(text_, HasSubstr(" 500 MHz "));
    const nlohmann::json one = timesIn(areaOf("8KiB", "8B", "500MHz"));
    EXPECT_EQ(one.at("parts_of_a_bank"), 1);
    EXPECT_LT(one.at("cycle_ns"), 2);
}

TEST_F(AreaMemories, ReachAHighClockWithoutAMultipleOfTheArea) {
    const double slow = areaIn(areaOf("1MiB", "128B", "500MHz"));
    EXPECT_LT(areaIn(areaOf("1MiB", "128B", "1GHz")), 1.2 * slow);
    EXPECT_THAT(text_, Not(HasSubstr("Warning: activation_scratchpad")));
    // No parts reach this one.
    EXPECT_LT(areaIn(areaOf("1MiB", "128B", "4GHz")), 2 * slow);
    EXPECT_THAT(text_, HasSubstr("Warning: activation_scratchpad reaches 2.647 GHz, not 4 GHz "
                                 "(33.8 % short)"));
}

TEST_F(AreaMemories, AreSaidInUnitsThatAreRead) {
    areaOf("64GiB", "8B", "1MHz");
    EXPECT_THAT(text_, HasSubstr("activation_scratchpad: 64 GiB a macro, outside of the fit"));
    EXPECT_THAT(text_, Not(HasSubstr("e+0")));
}

}  // namespace
}  // namespace systole::sim
