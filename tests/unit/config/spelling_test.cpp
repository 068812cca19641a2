// SPDX-License-Identifier: Apache-2.0
#include "sim/base/spelling.hpp"

#include <gtest/gtest.h>

namespace systole::sim {
namespace {

using Names = std::vector<std::string>;

const Names kArray{"rows",  "columns",        "dataflow",   "overlap_folds",
                   "drain", "pipeline_depth", "convention", "depthwise_packing"};
const Names kFormats{"int4", "int8", "uint8", "e4m3", "e5m2", "e2m1", "fp16", "bf16", "fp32"};
const Names kDataflows{"weight_stationary", "output_stationary", "input_stationary"};
const Names kParts{"ddr3_1600", "ddr4_2400", "ddr4_3200", "hbm2", "hbm2e", "hbm3", "ideal"};

TEST(Spelling, ASlipIsForgiven) {
    EXPECT_EQ(meantBy("colums", kArray), Names{"columns"});
    EXPECT_EQ(meantBy("rwos", kArray), Names{"rows"});
    EXPECT_EQ(meantBy("datafow", kArray), Names{"dataflow"});
    EXPECT_EQ(meantBy("pipline_depht", kArray), Names{"pipeline_depth"});
    EXPECT_EQ(meantBy("ddr4_2401", kParts), Names{"ddr4_2400"});
}

TEST(Spelling, AbbreviationsAreKnown) {
    EXPECT_EQ(meantBy("cols", kArray), Names{"columns"});
    EXPECT_EQ(meantBy("col", kArray), Names{"columns"});
    EXPECT_EQ(meantBy("depth", kArray), Names{"pipeline_depth"});
    EXPECT_EQ(meantBy("overlap", kArray), Names{"overlap_folds"});
    EXPECT_EQ(meantBy("wgt", {"activation", "weight"}), Names{"weight"});
    EXPECT_EQ(meantBy("ws", kDataflows), Names{"weight_stationary"});
    EXPECT_EQ(meantBy("output", kDataflows), Names{"output_stationary"});
    EXPECT_EQ(meantBy("tech", {"technology", "energy"}), Names{"technology"});
}

TEST(Spelling, OtherWordsForTheSameAreKnown) {
    EXPECT_EQ(meantBy("frequency", {"clock", "name"}), Names{"clock"});
    EXPECT_EQ(meantBy("bandwidth", {"bytes_per_cycle", "outstanding_bursts"}),
              Names{"bytes_per_cycle"});
    EXPECT_EQ(meantBy("size", {"capacity", "banks", "word"}), Names{"capacity"});
    EXPECT_EQ(meantBy("half", kFormats), Names{"fp16"});
    EXPECT_EQ(meantBy("float8_e4m3fn", kFormats), Names{"e4m3"});
    EXPECT_EQ(meantBy("--threads", {"--jobs", "--json"}), Names{"--jobs"});
}

TEST(Spelling, OneOrSeveralIsNearerThanAnotherLetter) {
    EXPECT_EQ(meantBy("bank", {"ranks", "banks", "rank"}), Names{"banks"});
    EXPECT_EQ(meantBy("ranks", {"banks", "rank"}), Names{"rank"});
    EXPECT_EQ(meantBy("mode", {"modes", "node"}), Names{"modes"});
}

TEST(Spelling, CaseAndDashesDoNotMatter) {
    EXPECT_EQ(meantBy("INT8", kFormats), Names{"int8"});
    EXPECT_EQ(meantBy("Weight-Stationary", kDataflows), Names{"weight_stationary"});
    EXPECT_EQ(meantBy("--timing_only", {"--timing-only", "--set"}), Names{"--timing-only"});
}

TEST(Spelling, SeveralAreNamedWhereSeveralAreClose) {
    EXPECT_EQ(meantBy("tWTR", {"tWR", "tWTR_S", "tWTR_L"}), (Names{"tWTR_S", "tWTR_L"}));
    EXPECT_EQ(suggestion("spad", {"activation_scratchpad", "weight_scratchpad"}),
              " (did you mean 'activation_scratchpad' or 'weight_scratchpad'?)");
    EXPECT_EQ(suggestion("stationary", kDataflows),
              " (did you mean 'weight_stationary', 'output_stationary' or 'input_stationary'?)");
}

TEST(Spelling, AnotherThingIsNotSuggested) {
    for (const char* word : {"hbm4", "hbm1", "ddr9", "ddr4_2666", "lpddr6"}) {
        EXPECT_EQ(meantBy(word, kParts), Names{}) << word;
    }
    for (const char* word : {"e4m4", "int7", "e3m3", "fp8x", "nf4"}) {
        EXPECT_EQ(meantBy(word, kFormats), Names{}) << word;
    }
    for (const char* word : {"width", "foo", "x", "", "colz", "power", "ro", "no_local_reuse"}) {
        EXPECT_EQ(meantBy(word, kArray), Names{}) << word;
    }
    EXPECT_EQ(meantBy("generic_65nm", {"generic_45nm", "generic_7nm"}), Names{});
    EXPECT_EQ(meantBy("row_stationary", {"serial", "shadow", "direct"}), Names{});
}

}  // namespace
}  // namespace systole::sim
