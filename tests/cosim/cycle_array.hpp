// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arch/structural/gemm_folds.hpp"

/// One array as its neighbours see it, cycle by cycle: what the structural model and the RTL have
/// in common. docs/array.md says what must hold.
namespace systole::cosim {

/// What the array shows in a cycle, before its clock edge: a function of its state.
struct ArrayOutputs {
    bool wantsStationary = false;  ///< a vector of C stationary operands
    bool wantsStep = false;        ///< the operands of a step
    bool takesFold = false;        ///< the descriptor shown is taken at the edge, if it advances
    bool anyValid = false;         ///< some sum is on the wires
    /// [column]; of a direct drain [row][column], in the place of columns in `sums` as well.
    std::vector<std::uint8_t> valid;
    std::vector<std::int64_t> sums;  ///< [column][word], as models/numeric holds sums
};

/// What the neighbours answer in the same cycle.
struct ArrayInputs {
    bool foldValid = false;  ///< there is a fold that has not been taken
    std::uint32_t foldSteps = 0;

    bool stationaryValid = false;
    std::vector<std::uint16_t> stationary;  ///< [column] codes, of the row that comes next
    std::vector<std::uint8_t> used;         ///< [column]

    bool stepValid = false;
    std::vector<std::uint16_t> rows;     ///< [row] codes
    std::vector<std::uint16_t> columns;  ///< [column] codes, output stationary only

    bool outputReady = true;
};

class CycleArray {
public:
    virtual ~CycleArray() = default;
    /// The folds that come next, for a model that computes them as a whole.
    virtual void expect(std::span<const arch::structural::GemmFold> /*folds*/) {}
    virtual ArrayOutputs outputs() = 0;
    /// One clock edge: the array advances or stands.
    virtual void clock(const ArrayInputs& inputs) = 0;
};

/// The enable of all registers.
inline bool advances(const ArrayOutputs& shown, const ArrayInputs& answer) {
    return (!shown.wantsStationary || answer.stationaryValid) &&
           (!shown.wantsStep || answer.stepValid) && (!shown.anyValid || answer.outputReady);
}

}  // namespace systole::cosim
