// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arch/command_unit.hpp"

namespace systole::arch {

/// Elements that pass a lane of the vector unit, by the shape of the work: `rows` groups of
/// `columns` elements, `passes` times; a group does not share a cycle with the next.
struct VectorWork {
    std::uint64_t rows = 0;
    std::uint64_t columns = 0;
    std::uint64_t passes = 1;

    std::uint64_t operations() const { return rows * columns * passes; }
};

VectorWork vectorWork(const Operation& operation);
Cycle vectorCycles(const VectorUnitConfig& config, const VectorWork& work);

/// Bias, requantize, activation, residual addition, pooling, softmax: `lanes` elements a cycle.
class VectorUnit final : public CommandUnit {
public:
    VectorUnit(const sc_core::sc_module_name& name, const MachineConfig& config, Replay& replay);

private:
    void execute(const Command& command) override;

    MachineConfig config_;
};

}  // namespace systole::arch
