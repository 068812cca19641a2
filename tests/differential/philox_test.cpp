// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "models/numeric/formats/rounding.hpp"
#include "tests/oracle/philox_vectors.hpp"

namespace systole::numeric {
namespace {

TEST(Philox, GivesThePublishedKnownAnswers) {
    for (const oracle::PhiloxVector& vector : oracle::kPhiloxVectors) {
        EXPECT_EQ(philox4x32(vector.counter, vector.key), vector.expected);
    }
}

}  // namespace
}  // namespace systole::numeric
