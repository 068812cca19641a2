// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "arch/array/operand_reads.hpp"
#include "arch/fold/fold_schedule.hpp"
#include "arch/memory/scratchpad_ports.hpp"

namespace systole::arch {

/// What the array reads and writes in each cycle of array time, for all folds that are under way.
/// In a cycle without an entry it wants no port. SystolicArray posts the accesses to the ports.
class ArrayAccesses {
public:
    ArrayAccesses(const ArrayConfig& array, const ScratchpadPorts& ports)
        : array_(array), ports_(ports) {}

    /// Adds a fold's reads of operands and its accesses to a half of the accumulator buffer.
    void add(const FoldTimes& times, const Stream& stream, const FoldReads& reads,
             std::uint64_t accumulatorHalf);

    /// The steps of array cycles `begin` up to, not including, `end`: one step for each cycle with
    /// accesses, and pauses between them.
    memory::AccessStream steps(Cycle begin, Cycle end) const;

    /// The cycle after the last one with accesses; 0 if there is none.
    Cycle end() const { return cycles_.empty() ? 0 : cycles_.rbegin()->first + 1; }

    /// Goes on with the array of another datapath, without folds.
    void restart(const ArrayConfig& array) {
        array_ = array;
        clear();
    }

    void forgetBefore(Cycle cycle) { cycles_.erase(cycles_.begin(), cycles_.lower_bound(cycle)); }
    void clear() { cycles_.clear(); }

private:
    void addReads(Cycle first, Cycle stride, const WordSteps& steps, const memory::PortMap& ports);
    void addSums(const FoldTimes& times, const Stream& stream, std::uint64_t half);
    void addSum(Cycle cycle, const Stream& stream, std::uint64_t half);

    ArrayConfig array_;
    const ScratchpadPorts& ports_;
    std::map<Cycle, std::vector<memory::Access>> cycles_;
};

}  // namespace systole::arch
