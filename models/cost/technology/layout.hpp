// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "models/cost/technology/sram_surface.hpp"

namespace systole::cost {

/// A coefficient, the band that chips lie in, and where it comes from.
struct LayoutCoefficient {
    Estimate value;
    std::string source;
};

/// What a chip has beyond the cells that synthesis counts and the macros that CACTI does: room
/// between them, buffers, a clock tree, wires, control. The same shares hold for every block, so an
/// example is short: 100 um2 of cells, 10 % buffers and a placement density of 0.7 take
/// 100 x 1.1 / 0.7 = 157 um2 of silicon.
struct LayoutTechnology {
    LayoutCoefficient placementDensity;  ///< share of the rows that cells fill
    LayoutCoefficient buffers;           ///< that placement adds, as a share of the cells' area
    LayoutCoefficient clockTreeArea;     ///< its cells, as a share of the registers' area
    LayoutCoefficient clockTreeEnergy;   ///< tree and wires, as a share of the registers' clocks
    LayoutCoefficient wireEnergy;        ///< of nets in a block, as a share of its gates' switching
    LayoutCoefficient wirePicojoulesPerBitMillimetre;  ///< between blocks, of random bits
    /// What memories of chips have beyond CACTI's macros, as a share of their nominal area: test,
    /// repair, power rings, room around.
    LayoutCoefficient macroOverhead;
    /// Configuration, test, power, host: a share of the data paths' logic, array and vector unit.
    LayoutCoefficient control;
    std::string source;
    std::string note;  ///< what a reader of the figures should know; may be empty
};

}  // namespace systole::cost
