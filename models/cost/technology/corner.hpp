// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "models/cost/technology/sram_surface.hpp"

namespace systole::cost {

/// Which end of every error band to assume.
enum class Corner : std::uint8_t { Nominal, Low, High };
inline constexpr std::array kCorners{Corner::Nominal, Corner::Low, Corner::High};

/// The figure of an estimate at a corner.
double& atCorner(Estimate& estimate, Corner corner);
double atCorner(const Estimate& estimate, Corner corner);

/// Of what a figure is divided by, the low end gives the high one.
Corner opposite(Corner corner);

/// How far a figure is off at most that two doubts are about which have nothing to do with each
/// other, all as shares of it: squares of their logarithms add up. Example: twice as much (1) and
/// 1.5 times as much (0.5) together are 2.23 times as much (1.23), not three times.
double joinedDoubt(double one, double other);

/// `nominal` within these shares of itself. Example: 4 within 1 is 2 to 8.
Estimate within(double nominal, double down, double up);

}  // namespace systole::cost
