// SPDX-License-Identifier: Apache-2.0
// The record of a column: bias and scale among the weights.
#include <gtest/gtest.h>

#include "arch/datapath.hpp"

namespace systole::arch {
namespace {

using numeric::ScaleArithmetic;

Datapath datapathOf(const char* format, const char* accumulator) {
    return Datapath({.activation = *numeric::formatNamed(format),
                     .weight = *numeric::formatNamed(format),
                     .accumulator = *numeric::parseAccumulator(accumulator)});
}

TEST(ParameterRecord, ReadsAsItWasWritten) {
    for (const char* accumulator : {"int32", "int48"}) {
        for (const auto arithmetic :
             {ScaleArithmetic::Fp32Multiplier, ScaleArithmetic::FixedPoint}) {
            SCOPED_TRACE(testing::Message() << accumulator << ", " << static_cast<int>(arithmetic));
            const Datapath datapath = datapathOf("int8", accumulator);
            ColumnParameters parameters{.bias = -123456, .rescale = {}};
            if (arithmetic == ScaleArithmetic::FixedPoint) {
                parameters.rescale.fixedPoint = {.mantissa = (1 << 30) + 5, .shift = 37};
            } else {
                parameters.rescale.multiplier = 0.37F;
            }
            std::vector<std::uint8_t> bytes(3);
            appendParameters(parameters, datapath, arithmetic, arithmetic, bytes);
            EXPECT_EQ(bytes.size(), 3 + parameterBytes(datapath, arithmetic));
            const ColumnParameters read =
                readParameters(bytes.data() + 3, datapath, arithmetic, false);
            EXPECT_EQ(read.bias, parameters.bias);
            if (arithmetic == ScaleArithmetic::FixedPoint) {
                EXPECT_EQ(read.rescale.fixedPoint.mantissa, parameters.rescale.fixedPoint.mantissa);
                EXPECT_EQ(read.rescale.fixedPoint.shift, parameters.rescale.fixedPoint.shift);
            } else {
                EXPECT_EQ(read.rescale.multiplier, parameters.rescale.multiplier);
            }
        }
    }
}

TEST(ParameterRecord, OfAProgramInFixedPointMayHoldAMultiplier) {
    const Datapath datapath = datapathOf("int8", "int32");
    const auto room = ScaleArithmetic::FixedPoint;
    std::vector<std::uint8_t> bytes;
    appendParameters({.bias = 7, .rescale = {.multiplier = 0.37F, .fixedPoint = {}}}, datapath,
                     room, ScaleArithmetic::Fp32Multiplier, bytes);
    EXPECT_EQ(bytes.size(), parameterBytes(datapath, room));
    EXPECT_EQ(readParameters(bytes.data(), datapath, room, false).rescale.multiplier, 0.37F);
}

TEST(ParameterRecord, IsNoLongerThanTheLongestOne) {
    const Datapath narrow = datapathOf("int8", "int32");
    const Datapath wide = datapathOf("int8", "int48");
    EXPECT_EQ(parameterBits(narrow, ScaleArithmetic::Fp32Multiplier), 64U);
    EXPECT_EQ(parameterBits(narrow, ScaleArithmetic::FixedPoint), 96U);
    EXPECT_EQ(parameterBits(wide, ScaleArithmetic::Fp32Multiplier), 96U);
    EXPECT_EQ(parameterBits(wide, ScaleArithmetic::FixedPoint), 8 * kMostParameterBytes);
}

}  // namespace
}  // namespace systole::arch
