// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "models/cost/technology/layout.hpp"
#include "models/cost/technology/logic_technology.hpp"
#include "models/cost/technology/sram.hpp"

/// What a silicon technology makes things cost. Coefficients keep the units of their sources, which
/// their names carry; results of the models are in joules, watts and square microns.
namespace systole::cost {

struct Technology {
    std::string name;
    std::string node;
    bool isFree = false;  ///< nothing has area or takes energy: costs are left out
    LogicTechnology logic;
    SramModel sram;
    std::optional<LayoutTechnology> layout{};  ///< none: costs are those of the cells alone
};

/// The technology has no figure for what the machine is made of. what() says what there is.
class MissingCoefficient : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace systole::cost
