// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "models/cost/technology/sram.hpp"
#include "random_source.hpp"
#include "sim/config/technology/technology_loader.hpp"

/// More of anything never costs less, whatever the memory and wherever beyond the fitted sizes.
namespace systole::cost {
namespace {

constexpr double kLeastBytes = 16;
constexpr double kMostBytes = 64 * 1024 * 1024;
constexpr std::uint32_t kMostBits = 4096;
constexpr std::uint32_t kMostBanks = 1024;
constexpr std::uint32_t kMostPorts = 8;
/// The last bits of a power and a sum.
constexpr double kRounding = 1e-12;

double logarithmic(RandomSource& random, double low, double high) {
    return std::exp(random.real(std::log(low), std::log(high)));
}

SramShape randomShape(RandomSource& random) {
    return {.capacityBytes = std::floor(logarithmic(random, kLeastBytes, kMostBytes)),
            .wordBits = std::floor(logarithmic(random, 1, kMostBits)),
            .readWritePorts = random.between(1, kMostPorts - 1),
            .banks = static_cast<std::uint64_t>(logarithmic(random, 1, kMostBanks))};
}

/// More of one or several dimensions, often just one of one.
SramShape larger(RandomSource& random, SramShape shape) {
    const std::uint32_t which = random.between(1, 15);
    const bool isOne = random.percent(50);
    const auto grown = [&](double value, double most) {
        return isOne ? std::min(value + 1, most)
                     : std::floor(logarithmic(random, value, std::max(value, most)));
    };
    if ((which & 1) != 0) shape.capacityBytes = grown(shape.capacityBytes, kMostBytes);
    if ((which & 2) != 0) shape.wordBits = grown(shape.wordBits, kMostBits);
    if ((which & 4) != 0) shape.readWritePorts += 1;
    if ((which & 8) != 0) {
        shape.banks =
            static_cast<std::uint64_t>(grown(static_cast<double>(shape.banks), kMostBanks));
    }
    return shape;
}

std::string nameOf(const SramShape& shape) {
    return fmt::format("{} banks of {} B, {} bits, {} ports", shape.banks, shape.capacityBytes,
                       shape.wordBits, shape.readWritePorts);
}

bool isAtMost(const Estimate& small, const Estimate& large) {
    const auto atMost = [](double a, double b) { return a <= b * (1 + kRounding); };
    return atMost(small.nominal, large.nominal) && atMost(small.low, large.low) &&
           atMost(small.high, large.high);
}

bool isOrdered(const Estimate& estimate) {
    return 0 < estimate.low && estimate.low <= estimate.nominal &&
           estimate.nominal <= estimate.high && std::isfinite(estimate.high);
}

void expectMonotone(const SramModel& model, RandomSource& random) {
    const SramShape shape = randomShape(random);
    const SramShape more = larger(random, shape);
    const double kelvin = random.real(250, 400);
    const SramMacro small = model.at(shape, kelvin);
    const SramMacro large = model.at(more, kelvin + random.between(0, 10));
    for (const auto figure :
         {&SramMacro::readJoules, &SramMacro::writeJoules, &SramMacro::leakageWatts,
          &SramMacro::areaSquareMicrons, &SramMacro::accessSeconds, &SramMacro::cycleSeconds}) {
        EXPECT_TRUE(isOrdered(small.*figure)) << nameOf(shape);
        EXPECT_TRUE(isAtMost(small.*figure, large.*figure))
            << nameOf(shape) << "; " << nameOf(more);
    }
}

SramAxes randomAxes(RandomSource& random) {
    SramAxes axes;
    axes.fewestWords = random.real(1, 64);
    double bytes = random.real(1, 4096);
    for (std::uint32_t i = random.between(2, 6); i > 0; --i) {
        axes.capacityBytes.push_back(bytes);
        bytes *= random.real(1.5, 16);
    }
    double bits = random.real(1, 64);
    for (std::uint32_t i = random.between(2, 5); i > 0; --i) {
        axes.wordBits.push_back(bits);
        bits *= random.real(1.5, 8);
    }
    return axes;
}

/// Powers whose exponents differ from place to place, none of the capacity above `steepest`.
SramCurve randomCurve(RandomSource& random, const SramAxes& axes, double steepest) {
    SramCurve curve;
    const std::size_t columns = axes.wordBits.size();
    std::vector<double> word(columns, random.real(0.001, 10));
    for (std::size_t column = 1; column < columns; ++column) {
        word[column] = word[column - 1] * random.real(1, 5);
    }
    double scale = 1;
    for (std::size_t row = 0; row < axes.capacityBytes.size(); ++row) {
        if (row > 0) {
            scale *= std::pow(axes.capacityBytes[row] / axes.capacityBytes[row - 1],
                              random.real(0, steepest));
        }
        for (const double value : word) curve.push_back(value * scale);
    }
    return curve;
}

SramQuantity randomQuantity(RandomSource& random, const SramAxes& axes, double steepest) {
    return {.nominal = randomCurve(random, axes, steepest),
            .low = randomCurve(random, axes, steepest),
            .high = randomCurve(random, axes, steepest),
            .lowMargin = random.real(0, 0.5),
            .highMargin = random.real(0, 0.5)};
}

SramCoefficients randomCoefficients(RandomSource& random) {
    SramCoefficients coefficients;
    coefficients.source = "random";
    coefficients.axes = randomAxes(random);
    coefficients.temperatureKelvin = 300;
    coefficients.leakagePerKelvin = random.real(0, 0.05);
    for (const auto quantity :
         {&SramCoefficients::readPicojoules, &SramCoefficients::writePicojoules,
          &SramCoefficients::leakageMicrowatts, &SramCoefficients::areaSquareMicrons}) {
        coefficients.*quantity = randomQuantity(random, coefficients.axes, 1);
    }
    for (const auto quantity :
         {&SramCoefficients::accessNanoseconds, &SramCoefficients::cycleNanoseconds}) {
        coefficients.*quantity = randomQuantity(random, coefficients.axes, 1.5);
    }
    const auto share = [&] { return random.real(0, 1); };
    const auto errors = [&] { return SramErrors{share(), share(), share(), share()}; };
    coefficients.ports = {share(), share(), share(), share(), share(), errors(), "random"};
    coefficients.wires = {share(), share(), share(), 32, errors(), "random"};
    if (random.percent(70)) {
        const auto figure = [&] { return random.real(0.001, 10); };
        coefficients.registerFile = RegisterFile{figure(), figure(), figure(), figure(), figure(),
                                                 figure(), figure(), figure(), 0.5,      "random"};
    }
    return coefficients;
}

SramModel modelOf(const std::string& name) {
    return sim::loadTechnology(std::string(SYSTOLE_SOURCE_DIR "/configs/technology/") + name +
                               ".yaml")
        .sram;
}

TEST(SramMonotony, HoldsForTheGenericTechnology) {
    constexpr std::uint64_t kSeed = 20261122;
    SCOPED_TRACE(fmt::format("seed {}", kSeed));
    RandomSource random(kSeed);
    const SramModel model = modelOf("generic_45nm");
    for (int i = 0; i < 20'000 && !testing::Test::HasFailure(); ++i) {
        expectMonotone(model, random);
    }
}

/// A grid of shapes that no memory compiler has: 20 B to 50 MiB, 1 to 1,024 bits, 1 to 3 ports, 1
/// to 12 banks. Every neighbour along every axis costs as much at least.
TEST(SramMonotony, HoldsOnADenseGridOfOddShapes) {
    const SramModel model = modelOf("generic_45nm");
    const std::vector<double> bytes{20,      72,     100,    500,        700,     1536,    3072,
                                    5000,    12'288, 40'960, 102'400,    204'800, 786'432, 1.5e6,
                                    5242880, 9e6,    2.9e7,  33'554'432, 5.2e7};
    const std::vector<double> bits{1,   5,   8,   12,  24,  33,  48,  72,
                                   100, 144, 200, 333, 512, 768, 900, 1024};
    const auto expectAtMost = [&](const SramShape& one, const SramShape& more) {
        const SramMacro small = model.at(one);
        const SramMacro large = model.at(more);
        for (const auto figure :
             {&SramMacro::readJoules, &SramMacro::writeJoules, &SramMacro::leakageWatts,
              &SramMacro::areaSquareMicrons, &SramMacro::accessSeconds, &SramMacro::cycleSeconds}) {
            EXPECT_TRUE(isAtMost(small.*figure, large.*figure))
                << nameOf(one) << "; " << nameOf(more);
        }
    };
    for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
        for (std::size_t j = 0; j + 1 < bits.size() && !testing::Test::HasFailure(); ++j) {
            for (const std::uint32_t ports : {1U, 2U}) {
                const SramShape shape{bytes[i], bits[j], ports, 3};
                expectAtMost(shape, {bytes[i + 1], bits[j], ports, 3});
                expectAtMost(shape, {bytes[i], bits[j + 1], ports, 3});
                expectAtMost(shape, {bytes[i], bits[j], ports + 1, 3});
                expectAtMost(shape, {bytes[i], bits[j], ports, 12});
            }
        }
    }
}

TEST(SramMonotony, HoldsForAnyCoefficients) {
    constexpr std::uint64_t kSeed = 20261123;
    SCOPED_TRACE(fmt::format("seed {}", kSeed));
    RandomSource random(kSeed);
    for (int i = 0; i < 500 && !testing::Test::HasFailure(); ++i) {
        const SramModel model(randomCoefficients(random));
        for (int shape = 0; shape < 20; ++shape) {
            expectMonotone(model, random);
        }
    }
}

}  // namespace
}  // namespace systole::cost
