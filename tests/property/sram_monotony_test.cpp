// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

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
          &SramMacro::areaSquareMicrons, &SramMacro::accessSeconds}) {
        EXPECT_TRUE(isOrdered(small.*figure)) << nameOf(shape);
        EXPECT_TRUE(isAtMost(small.*figure, large.*figure))
            << nameOf(shape) << "; " << nameOf(more);
    }
}

SramCurve randomCurve(RandomSource& random) {
    SramCurve curve(random.between(1, 5));
    for (SramTerm& term : curve) {
        term = {.scale = random.real(0.001, 10),
                .capacityExponent = random.real(0, 1.5),
                .wordExponent = random.real(0, 1.5)};
        if (random.percent(30)) {
            term.aboveBytes = 1U << random.between(4, 20);
            term.capacityExponent += 0.1;
        }
    }
    curve[0].aboveBytes = 0;
    return curve;
}

SramCoefficients randomCoefficients(RandomSource& random) {
    SramCoefficients coefficients;
    coefficients.source = "random";
    coefficients.temperatureKelvin = 300;
    coefficients.leakagePerKelvin = random.real(0, 0.05);
    for (const auto quantity :
         {&SramCoefficients::readPicojoules, &SramCoefficients::writePicojoules,
          &SramCoefficients::leakageMicrowatts, &SramCoefficients::areaSquareMicrons,
          &SramCoefficients::accessNanoseconds}) {
        (coefficients.*quantity).nominal = randomCurve(random);
        (coefficients.*quantity).low = randomCurve(random);
        (coefficients.*quantity).high = randomCurve(random);
        (coefficients.*quantity).margin = random.real(0, 0.5);
    }
    coefficients.ports = {random.real(0, 1), random.real(0, 1), random.real(0, 1), "random"};
    coefficients.wires = {random.real(0, 1), random.real(0, 1), random.real(0, 1), 32, "random"};
    if (random.percent(70)) {
        const auto figure = [&] { return random.real(0.001, 10); };
        coefficients.registerFile = RegisterFile{figure(), figure(), figure(), figure(), figure(),
                                                 figure(), figure(), figure(), 0.5,      "random"};
    }
    return coefficients;
}

TEST(SramMonotony, HoldsForTheGenericTechnology) {
    constexpr std::uint64_t kSeed = 20261122;
    SCOPED_TRACE(fmt::format("seed {}", kSeed));
    RandomSource random(kSeed);
    const SramModel model =
        sim::loadTechnology(SYSTOLE_SOURCE_DIR "/configs/technology/generic_45nm.yaml").sram;
    for (int i = 0; i < 20'000 && !testing::Test::HasFailure(); ++i) {
        expectMonotone(model, random);
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
