// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "models/cost/netlist/circuit_timing.hpp"
#include "models/cost/netlist/netlist.hpp"

/// Circuits cut into stages, as a synthesis that moves registers (retiming) cuts them.
///
/// An example: an 8-bit multiplier in two stages. Its rows are added up in the first; what crosses
/// the cut is neither its 16 input bits nor the 16 bits of its product but every sum and carry that
/// the second stage still adds. Each of them takes a register.
namespace systole::cost {

/// In which stage each cell computes, from 0 on. Registers stand after every stage, the last one
/// included.
struct StageCut {
    std::vector<std::uint32_t> stageOf;  ///< by cell; empty: all in stage 0
    std::uint32_t stages = 1;

    std::uint32_t of(std::uint32_t cell) const { return stageOf.empty() ? 0 : stageOf[cell]; }
};

/// Register bits of a cut: a cell takes one for every stage from its own to its last reader's.
/// `outputs` are read after the last stage.
std::size_t registersOf(const Netlist& netlist, const Word& outputs, const StageCut& cut);

/// The cut whose longest stage is the shortest, but no shorter than `floor`: where something else
/// takes that long, more registers would gain nothing. Of cells that may be early or late, all are
/// the one or all are the other, whichever takes fewer registers. Gates are not divided, so that a
/// stage may be longer than its share of the longest path.
StageCut cutIntoStages(const Netlist& netlist, const Word& outputs, const GateDelays& delays,
                       std::uint32_t stages, double floor);

/// Registers between stages: inputs of the netlist that hold what other cells were a cycle before.
/// Constants take none, and a cell that is read several times takes one.
class StageRegisters {
public:
    explicit StageRegisters(Netlist& netlist) : netlist_(netlist) {}

    /// The bit so many cycles later.
    Signal held(Signal bit, std::uint32_t cycles);

    const Word& outputs() const { return outputs_; }
    const Word& next() const { return next_; }

private:
    Netlist& netlist_;
    std::map<std::uint32_t, Signal> known_;  ///< by the cell that a register takes, as it is
    Word outputs_;
    Word next_;
};

/// Adds what `outputs` of another circuit need, cut into stages; its inputs are `inputs` here. Its
/// cells here, each in its own stage.
Word includeInStages(Netlist& netlist, const Netlist& other, const Word& inputs,
                     const Word& outputs, const StageCut& cut, StageRegisters& registers);

}  // namespace systole::cost
