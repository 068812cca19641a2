// SPDX-License-Identifier: Apache-2.0
#include "arch/command.hpp"

namespace systole::arch {
namespace {

struct UnitOf {
    Unit operator()(const LoadTile&) const { return Unit::Load; }
    Unit operator()(const LoadWeights&) const { return Unit::Load; }
    Unit operator()(const StoreTile&) const { return Unit::Store; }
    Unit operator()(const Stream&) const { return Unit::Array; }
    Unit operator()(const Requantize&) const { return Unit::Vector; }
    Unit operator()(const Pool&) const { return Unit::Vector; }
    Unit operator()(const Elementwise&) const { return Unit::Vector; }
    Unit operator()(const Softmax&) const { return Unit::Vector; }
};

}  // namespace

Unit unitOf(const Operation& operation) { return std::visit(UnitOf{}, operation); }

}  // namespace systole::arch
