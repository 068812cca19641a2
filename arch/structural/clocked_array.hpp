// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "arch/structural/structural_array.hpp"

namespace systole::arch::structural {

/// A structural array with a signal at each of its ports, one call a clock cycle. To be built
/// before the process's first sc_start(); arrays of one process do not disturb each other, but for
/// the time that passes.
class ClockedArray final : public sc_core::sc_module {
public:
    ClockedArray(const sc_core::sc_module_name& name, const ArrayConfig& config,
                 const DatapathConfig& datapath, const sc_core::sc_time& period);

    const StructuralArray& array() const { return array_; }

    // What the array shows in this cycle.
    bool takesFold() const { return takesFold_.read(); }
    bool wantsStationary() const { return wantsStationary_.read(); }
    bool wantsStep() const { return step_.read().valid; }

    // What it is answered; it stays until it is changed.
    void offerFold(bool valid, std::uint32_t steps);
    /// Codes and `used`, one a column.
    void offerStationary(bool valid, std::span<const std::uint16_t> codes,
                         std::span<const std::uint8_t> used);
    /// Codes, one a row and, output stationary, one a column.
    void offerStep(bool valid, std::span<const std::uint16_t> rows,
                   std::span<const std::uint16_t> columns);
    void takeResults(bool ready) { outputReady_.write(ready); }

    /// Ends the cycle. On the time axis, the n-th call from 0 lasts from n to n + 1 periods:
    /// answers change at its beginning, the clock rises in its middle.
    void clock();

private:
    sc_core::sc_time half_;
    sc_core::sc_signal<bool> clock_{"clock"};
    sc_core::sc_signal<bool> foldValid_{"foldValid"};
    sc_core::sc_signal<std::uint32_t> foldSteps_{"foldSteps"};
    sc_core::sc_signal<bool> takesFold_{"takesFold", true};  // as built
    sc_core::sc_signal<bool> wantsStationary_{"wantsStationary"};
    sc_core::sc_signal<bool> stationaryValid_{"stationaryValid"};
    sc_core::sc_signal<RowWire> step_{"step"};
    sc_core::sc_signal<bool> stepValid_{"stepValid"};
    Signals<std::uint16_t> rows_;
    Signals<ColumnWire> columns_;
    sc_core::sc_signal<bool> outputReady_{"outputReady"};
    StructuralArray array_;
};

}  // namespace systole::arch::structural
