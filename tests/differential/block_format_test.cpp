// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/formats/block_format.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <ostream>
#include <random>

#include "tests/oracle/block_oracle.hpp"

namespace oracle {

void PrintTo(const BlockSpecification& specification, std::ostream* out) {
    *out << specification.name;
}

}  // namespace oracle

namespace systole::numeric {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr std::size_t kBlocksPerFormat = 112'000;  // nine formats: a million

using Random = std::mt19937_64;

float ofBits(std::uint64_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits)); }

int between(Random& random, int low, int high) {
    return low + static_cast<int>(random() % static_cast<std::uint64_t>(high - low + 1));
}

float signedBy(Random& random, float value) { return random() % 2 == 0 ? value : -value; }

/// Random values around one magnitude.
void fillRandom(Random& random, std::span<float> block) {
    std::normal_distribution<float> normal;
    const int exponent = between(random, -150, 124);
    for (float& value : block) value = std::ldexp(normal(random), exponent);
}

/// Small integers times a power of two and their neighbours: ties of every element format.
void fillTies(Random& random, std::span<float> block) {
    const int exponent = between(random, -140, 110);
    const int largest = 1 << between(random, 1, 9);
    for (float& value : block) {
        value = std::ldexp(static_cast<float>(between(random, -largest, largest)), exponent);
        const int step = between(random, -3, 3);
        if (std::abs(step) == 1)
            value = std::nextafter(value, static_cast<float>(step) * kInfinity);
    }
}

void fillZeros(Random& random, std::span<float> block) {
    for (float& value : block) value = signedBy(random, 0.0F);
}

void fillBits(Random& random, std::span<float> block) {
    for (float& value : block) value = ofBits(random());
}

/// Subnormals, and the ends of binary32.
void fillExtremes(Random& random, std::span<float> block) {
    const bool large = random() % 2 == 0;
    for (float& value : block) {
        const std::uint64_t bits = large ? 0x7F7FFFFF - random() % 0x1000000 : random() % 0x1000000;
        value = signedBy(random, ofBits(random() % 4 == 0 ? (large ? 0x7F7FFFFF : 1) : bits));
    }
}

/// One large value beside much smaller ones.
void fillOutlier(Random& random, std::span<float> block) {
    fillRandom(random, block);
    for (float& value : block) value *= 0x1p-20F;
    const auto at = random() % block.size();
    block[at] = std::ldexp(std::nextafter(1.0F, static_cast<float>(between(random, 0, 2))),
                           between(random, -120, 120));
}

void fillBlock(Random& random, std::span<float> block) {
    constexpr std::array kFills{fillRandom, fillTies,     fillZeros,
                                fillBits,   fillExtremes, fillOutlier};
    kFills[random() % kFills.size()](random, block);
    if (random() % 16 == 0) {
        constexpr std::array kSpecials{kNan, kInfinity, -kInfinity};
        block[random() % block.size()] = kSpecials[random() % kSpecials.size()];
    }
}

/// Blocks of a tensor of one magnitude, as a tensor scale needs to see anything but zeros: with
/// largest value 448 * 6 * 2^e the tensor scale is 2^e, and ties of scales and elements are many.
void fillTensor(Random& random, std::span<float> tensor, std::size_t length) {
    const bool oneMagnitude = random() % 4 != 0;
    const int exponent = between(random, -165, 110);  // the least are below 2688 * 2^-149
    for (std::size_t from = 0; from < tensor.size(); from += length) {
        const auto block = tensor.subspan(from, std::min(length, tensor.size() - from));
        if (!oneMagnitude) {
            fillBlock(random, block);
            continue;
        }
        const int scale = between(random, -6, 6);
        for (float& value : block) {
            const int integer = between(random, -192, 192);
            value = std::ldexp(static_cast<float>(integer), exponent + scale - 5);
        }
        if (random() % 4 == 0) fillZeros(random, block);
        if (random() % 16 == 0) block[0] = kNan;
    }
    if (oneMagnitude && random() % 2 == 0) tensor[0] = std::ldexp(2688.0F, exponent);
}

struct Mode {
    Rounding rounding;
    oracle::Nearest nearest;
};

constexpr std::array kModes{Mode{Rounding::NearestEven, oracle::Nearest::TiesToEven},
                            Mode{Rounding::HalfAway, oracle::Nearest::TiesAway},
                            Mode{Rounding::HalfUp, oracle::Nearest::TiesUp},
                            Mode{Rounding::TowardZero, oracle::Nearest::TowardZero}};

BlockFormat formatOf(const oracle::BlockSpecification& specification) {
    const auto format = blockFormatNamed(specification.name);
    EXPECT_TRUE(format) << specification.name;
    return *format;
}

/// Quantizes the tensor by the oracle.
BlockTensor expectedOf(const oracle::BlockOracle& oracle, std::size_t length,
                       std::span<const float> values, std::size_t k, oracle::Nearest rounding) {
    BlockTensor tensor{values.size() / k, k, {}, {}, oracle.tensorScale(values)};
    tensor.elements.resize(values.size());
    for (std::size_t row = 0; row < tensor.rows; ++row) {
        for (std::size_t from = 0; from < k; from += length) {
            const std::size_t at = row * k + from;
            const std::size_t count = std::min(length, k - from);
            tensor.scales.push_back(oracle.quantize(values.subspan(at, count), tensor.tensorScale,
                                                    rounding,
                                                    std::span(tensor.elements).subspan(at, count)));
        }
    }
    return tensor;
}

class BlockFormatTest : public testing::TestWithParam<oracle::BlockSpecification> {};

TEST_P(BlockFormatTest, QuantizesAsTheSpecificationSays) {
    const BlockCodec codec(formatOf(GetParam()));
    const oracle::BlockOracle oracle(GetParam());
    const auto length = static_cast<std::size_t>(GetParam().length);
    Random random(7);
    std::size_t blocks = 0;
    for (std::size_t trial = 0; blocks < kBlocksPerFormat; ++trial) {
        const std::size_t k = length * (random() % 12) + 1 + random() % length;
        std::vector<float> values(k * 40);
        if (GetParam().isNvfp4 || trial % 8 == 0) {
            fillTensor(random, values, length);
        } else {
            for (std::size_t at = 0; at < values.size(); at += length) {
                fillBlock(random, std::span(values).subspan(at).first(
                                      std::min(length, values.size() - at)));
            }
        }
        // Half of the tensors by the rounding that everyone uses.
        const Mode& mode = kModes[trial % 2 == 0 ? 0 : trial / 2 % kModes.size()];
        const BlockTensor tensor = codec.quantize(std::span<const float>(values), k, mode.rounding);
        const BlockTensor expected = expectedOf(oracle, length, values, k, mode.nearest);
        ASSERT_EQ(tensor.tensorScale, expected.tensorScale) << "tensor " << trial;
        ASSERT_EQ(tensor.scales, expected.scales) << "tensor " << trial;
        ASSERT_EQ(tensor.elements, expected.elements) << "tensor " << trial;
        blocks += tensor.scales.size();
    }
}

TEST_P(BlockFormatTest, DequantizesToElementTimesScales) {
    const BlockCodec codec(formatOf(GetParam()));
    const oracle::BlockOracle oracle(GetParam());
    const auto length = static_cast<std::size_t>(GetParam().length);
    Random random(8);
    const std::size_t k = 3 * length + 1;
    std::vector<float> values(k * 50);
    fillTensor(random, values, length);
    const BlockTensor tensor = codec.quantize(std::span<const float>(values), k);
    const std::vector<double> decoded = codec.dequantize(tensor);
    for (std::size_t i = 0; i < decoded.size(); ++i) {
        const double scale = oracle.scale(tensor.scales[i / k * 4 + i % k / length]);
        if (std::isnan(scale)) {
            EXPECT_TRUE(std::isnan(decoded[i]));
            continue;
        }
        EXPECT_EQ(oracle::rationalOf(decoded[i]),
                  oracle::rationalOf(oracle.element(tensor.elements[i])) *
                      oracle::rationalOf(scale) * oracle::rationalOf(tensor.tensorScale));
    }
}

TEST_P(BlockFormatTest, QuantizesDoublesThatAreBinary32AsThose) {
    const BlockCodec codec(formatOf(GetParam()));
    Random random(9);
    std::vector<float> values(4000);
    fillTensor(random, values, 16);
    const std::vector<double> wide(values.begin(), values.end());
    const BlockTensor narrow = codec.quantize(std::span<const float>(values), 100);
    const BlockTensor tensor = codec.quantize(std::span<const double>(wide), 100);
    EXPECT_EQ(tensor.elements, narrow.elements);
    EXPECT_EQ(tensor.scales, narrow.scales);
}

TEST_P(BlockFormatTest, RoundsStochasticallyByThePlaceOfTheValue) {
    const BlockCodec codec(formatOf(GetParam()));
    const auto length = static_cast<std::size_t>(GetParam().length);
    Random random(10);
    std::normal_distribution<float> normal;
    const std::size_t k = 2 * length + 3;
    std::vector<float> values(k * 20);
    for (float& value : values) value = normal(random);
    const BlockTensor tensor =
        codec.quantize(std::span<const float>(values), k, Rounding::Stochastic, 77);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double scale = codec.scale().decode(tensor.scales[i / k * 3 + i % k / length]);
        const double quotient =
            static_cast<double>(values[i]) / (scale * static_cast<double>(tensor.tensorScale));
        const auto bits = randomBits(77, static_cast<std::uint32_t>(i / k), 0,
                                     static_cast<std::uint32_t>(i % k), RandomStage::Product);
        EXPECT_EQ(tensor.elements[i],
                  codec.element().encode(quotient, Rounding::Stochastic, Overflow::Saturate, bits));
    }
}

INSTANTIATE_TEST_SUITE_P(, BlockFormatTest, testing::ValuesIn(oracle::blockSpecifications()),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(BlockFormat, IsFoundByItsName) {
    for (const BlockFormat& format : knownBlockFormats()) {
        EXPECT_EQ(problemOf(format), std::nullopt) << format.name;
        EXPECT_EQ(blockFormatNamed(format.name)->blockLength, format.blockLength);
    }
    EXPECT_EQ(blockFormatNamed("bfp6b64")->blockLength, 64);
    EXPECT_EQ(widthOf(blockFormatNamed("bfp6b64")->element), 6);
    for (const char* name : {"bfp1b16", "bfp17b16", "bfp8b0", "bfp8b", "bfp8", "bfp08b16",
                             "bfp8b16x", "bfp8b65537", "mxfp5", ""}) {
        EXPECT_FALSE(blockFormatNamed(name)) << name;
    }
}

TEST(BlockFormat, TakesTheBitsOfItsScaleIntoAccount) {
    EXPECT_EQ(bitsPerValue(*blockFormatNamed("mxfp4")), 4.25);
    EXPECT_EQ(bitsPerValue(*blockFormatNamed("nvfp4")), 4.5);
}

TEST(BlockFormat, SaysWhatIsWrong) {
    const auto problem = [](auto change) {
        BlockFormat format = *blockFormatNamed("mxfp4");
        change(format);
        return problemOf(format).value_or("");
    };
    EXPECT_EQ(problem([](BlockFormat& format) { format.blockLength = 0; }),
              "block: 0, expected 1 to 65536");
    EXPECT_EQ(problem([](BlockFormat& format) { format.tensorScale = true; }),
              "tensor_scale: true, expected false where scales are powers of two by the floor");
    EXPECT_EQ(problem([](BlockFormat& format) {
                  format.scale = std::get<FloatFormat>(*findFormat("e2m1"));
              }),
              "scale: e2m1 has no NaN, expected a float format with one");
    EXPECT_EQ(problem([](BlockFormat& format) { format.element = *findFormat("fp32"); }),
              "element: 32 bits, expected at most 16");
    EXPECT_EQ(problem([](BlockFormat& format) { format.element = *formatNamed("int1"); }),
              "element: int1 has no positive value");
}

TEST(BlockFormat, ClampsTheScalesOfDoublesBeyondBinary32) {
    const BlockCodec codec(*blockFormatNamed("mxfp4"));
    const std::vector<double> values{1e300, 1.0, -1e-300, -0.0};
    const BlockTensor tensor = codec.quantize(std::span<const double>(values), 1);
    EXPECT_EQ(tensor.scales, (std::vector<std::uint16_t>{254, 125, 0, 0}));
    EXPECT_EQ(tensor.elements, (std::vector<std::uint16_t>{7, 6, 8, 8}));
}

}  // namespace
}  // namespace systole::numeric
