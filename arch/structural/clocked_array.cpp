// SPDX-License-Identifier: Apache-2.0
#include "arch/structural/clocked_array.hpp"

#include "arch/structural/gemm_folds.hpp"

namespace systole::arch::structural {

ClockedArray::ClockedArray(const sc_core::sc_module_name& name, const ArrayConfig& config,
                           const DatapathConfig& datapath, const sc_core::sc_time& period)
    : sc_module(name),
      half_(period / 2),
      rows_("rows", config.rows),
      columns_("columns", config.columns),
      array_("array", config, datapath) {
    array_.clock(clock_);
    array_.foldValid(foldValid_);
    array_.foldSteps(foldSteps_);
    array_.takesFold(takesFold_);
    array_.wantsStationary(wantsStationary_);
    array_.stationaryValid(stationaryValid_);
    array_.step(step_);
    array_.stepValid(stepValid_);
    for (std::size_t i = 0; i < rows_.size(); ++i) array_.rowOperand[i](rows_[i]);
    for (std::size_t i = 0; i < columns_.size(); ++i) array_.columnOperand[i](columns_[i]);
    array_.outputReady(outputReady_);
}

void ClockedArray::offerFold(bool valid, std::uint32_t steps) {
    foldValid_.write(valid);
    foldSteps_.write(steps);
}

void ClockedArray::offerStationary(bool valid, std::span<const std::uint16_t> codes,
                                   std::span<const std::uint8_t> used) {
    stationaryValid_.write(valid);
    for (std::size_t i = 0; i < codes.size(); ++i) {
        columns_[i].write({codes[i], (used[i] & kUsed) != 0, (used[i] & kClosesChunk) != 0});
    }
}

void ClockedArray::offerStep(bool valid, std::span<const std::uint16_t> rows,
                             std::span<const std::uint16_t> columns) {
    stepValid_.write(valid);
    for (std::size_t i = 0; i < rows.size(); ++i) rows_[i].write(rows[i]);
    for (std::size_t i = 0; i < columns.size(); ++i) columns_[i].write({columns[i], false, false});
}

void ClockedArray::clock() {
    sc_core::sc_start(half_);
    clock_.write(true);
    sc_core::sc_start(half_);
    clock_.write(false);
}

}  // namespace systole::arch::structural
