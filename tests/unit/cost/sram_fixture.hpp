// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string>

#include "models/cost/technology/sram.hpp"
#include "sim/config/technology/technology_loader.hpp"

namespace systole::cost {

inline Technology technologyNamed(const std::string& name) {
    return sim::loadTechnology(SYSTOLE_SOURCE_DIR "/configs/technology/" + name + ".yaml");
}

inline SramModel generic() { return technologyNamed("generic_45nm").sram; }

/// scale at 1 KiB and 64 bits, a power of either elsewhere: tables of 1 to 16 KiB, 32 to 128 bits.
inline const SramAxes kAxes{.capacityBytes = {1024, 4096, 16384}, .wordBits = {32, 64, 128}};

inline SramQuantity rule(double scale, double capacityExponent, double wordExponent) {
    SramCurve curve;
    for (const double bytes : kAxes.capacityBytes) {
        for (const double bits : kAxes.wordBits) {
            curve.push_back(scale * std::pow(bytes / 1024, capacityExponent) *
                            std::pow(bits / 64, wordExponent));
        }
    }
    return {.nominal = curve, .low = curve, .high = curve};
}

inline SramCoefficients simple() {
    SramCoefficients coefficients;
    coefficients.source = "test";
    coefficients.axes = kAxes;
    coefficients.temperatureKelvin = 300;
    coefficients.leakagePerKelvin = std::log(2.0) / 60;
    coefficients.readPicojoules = rule(2, 0.5, 1);
    coefficients.writePicojoules = rule(3, 0.5, 1);
    coefficients.leakageMicrowatts = rule(4, 1, 0);
    coefficients.areaSquareMicrons = rule(10'000, 1, 0);
    coefficients.accessNanoseconds = rule(1, 0.5, 0);
    coefficients.cycleNanoseconds = rule(0.5, 0.5, 0);
    return coefficients;
}

}  // namespace systole::cost
