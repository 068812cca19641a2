// SPDX-License-Identifier: Apache-2.0
#include "models/cost/netlist/pipeline.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::cost {
namespace {

/// Halvings of the range in which the shortest stage is searched: to a millionth of it.
constexpr int kHalvings = 20;

/// Cells placed within stages of a given length.
class Placement {
public:
    Placement(const Netlist& netlist, const Word& outputs, const GateDelays& delays)
        : cells_(netlist.cells()),
          outputs_(outputs),
          live_(netlist.liveCells(outputs)),
          delays_(cellDelays(netlist, outputs, delays)) {}

    /// As early as they can be. How many stages that takes is the last cell's, plus 1.
    std::vector<std::uint32_t> early(double length) const {
        std::vector<std::uint32_t> stage(cells_.size(), 0);
        std::vector<double> ready(cells_.size(), 0);  // within the stage
        forEachGateUp([&](std::uint32_t index) {
            const Cell& cell = cells_[index];
            double begin = 0;
            for (std::size_t i = 0; i < inputCount(cell.kind); ++i) {
                const std::uint32_t from = cell.inputs[i].cell();
                if (stage[from] > stage[index]) begin = 0;
                stage[index] = std::max(stage[index], stage[from]);
                if (stage[from] == stage[index]) begin = std::max(begin, ready[from]);
            }
            ready[index] = begin + delays_[index];
            if (ready[index] <= length) return;
            ++stage[index];
            ready[index] = delays_[index];
        });
        return stage;
    }

    /// As late as they can be, of so many stages.
    std::vector<std::uint32_t> late(double length, std::uint32_t stages) const {
        std::vector<std::uint32_t> stage(cells_.size(), stages - 1);
        std::vector<double> left(cells_.size(), 0);  // of the stage after the cell
        for (std::size_t index = cells_.size(); index-- > 0;) {
            const Cell& cell = cells_[index];
            if (!live_[index] || inputCount(cell.kind) == 0) continue;
            double whole = left[index] + delays_[index];
            if (whole > length && stage[index] > 0) {
                --stage[index];
                whole = delays_[index];
            }
            for (std::size_t i = 0; i < inputCount(cell.kind); ++i) {
                const std::uint32_t from = cell.inputs[i].cell();
                if (stage[index] < stage[from]) {
                    stage[from] = stage[index];
                    left[from] = 0;
                }
                if (stage[index] == stage[from]) left[from] = std::max(left[from], whole);
            }
        }
        for (std::size_t index = 0; index < cells_.size(); ++index) {
            if (inputCount(cells_[index].kind) == 0) stage[index] = 0;
        }
        return stage;
    }

    bool fits(double length, std::uint32_t stages) const {
        const std::vector<std::uint32_t> stage = early(length);
        return std::all_of(outputs_.begin(), outputs_.end(),
                           [&](Signal output) { return stage[output.cell()] < stages; });
    }

    double longestGate() const {
        double longest = 0;
        forEachGateUp([&](std::uint32_t index) { longest = std::max(longest, delays_[index]); });
        return longest;
    }

private:
    template <typename Visitor>
    void forEachGateUp(Visitor visit) const {
        for (std::uint32_t index = 0; index < cells_.size(); ++index) {
            if (live_[index] && inputCount(cells_[index].kind) > 0) visit(index);
        }
    }

    const std::vector<Cell>& cells_;
    const Word& outputs_;
    std::vector<bool> live_;
    std::vector<double> delays_;
};

double shortestStage(const Placement& placement, double whole, std::uint32_t stages, double floor) {
    double low = std::max({floor, whole / stages, placement.longestGate()});
    if (placement.fits(low, stages)) return low;
    double high = whole;
    for (int i = 0; i < kHalvings; ++i) {
        const double middle = (low + high) / 2;
        (placement.fits(middle, stages) ? high : low) = middle;
    }
    return high;
}

}  // namespace

std::size_t registersOf(const Netlist& netlist, const Word& outputs, const StageCut& cut) {
    const std::vector<Cell>& cells = netlist.cells();
    const std::vector<bool> live = netlist.liveCells(outputs);
    std::vector<std::uint32_t> lastReader(cells.size(), 0);
    const auto read = [&](Signal signal, std::uint32_t stage) {
        lastReader[signal.cell()] = std::max(lastReader[signal.cell()], stage);
    };
    for (std::uint32_t index = 0; index < cells.size(); ++index) {
        if (!live[index]) continue;
        for (std::size_t i = 0; i < inputCount(cells[index].kind); ++i) {
            read(cells[index].inputs[i], cut.of(index));
        }
    }
    for (const Signal output : outputs) read(output, cut.stages);
    std::size_t registers = 0;
    for (std::uint32_t index = 1; index < cells.size(); ++index) {
        if (live[index])
            registers += lastReader[index] - std::min(lastReader[index], cut.of(index));
    }
    return registers;
}

StageCut cutIntoStages(const Netlist& netlist, const Word& outputs, const GateDelays& delays,
                       std::uint32_t stages, double floor) {
    SYSTOLE_CHECK(stages > 0, "a circuit in no stages");
    const Placement placement(netlist, outputs, delays);
    const double whole = criticalPath(netlist, outputs, delays).delay;
    // Rounding: a sum of delays in another order may be larger in its last digit.
    const double length = shortestStage(placement, whole, stages, floor) * (1 + 1e-12);
    const StageCut early{placement.early(length), stages};
    const StageCut late{placement.late(length, stages), stages};
    return registersOf(netlist, outputs, late) < registersOf(netlist, outputs, early) ? late
                                                                                      : early;
}

Signal StageRegisters::held(Signal bit, std::uint32_t cycles) {
    for (; cycles > 0 && bit.cell() != kFalse.cell(); --cycles) {
        const auto [known, isNew] = known_.try_emplace(bit.cell());
        if (isNew) {
            const Signal output = netlist_.input();
            outputs_.push_back(output);
            next_.push_back(bit);
            known->second = output ^ bit.isComplemented();
        }
        bit = known->second ^ bit.isComplemented();
    }
    return bit;
}

Word includeInStages(Netlist& netlist, const Netlist& other, const Word& inputs,
                     const Word& outputs, const StageCut& cut, StageRegisters& registers) {
    const PartScope scope(netlist, netlist.part());
    const std::vector<Cell>& cells = other.cells();
    const std::vector<bool> live = other.liveCells(outputs);
    Word at(cells.size(), kFalse);
    std::size_t input = 0;
    for (std::uint32_t index = 1; index < cells.size(); ++index) {
        const Cell& cell = cells[index];
        if (cell.kind == CellKind::Input) {
            at[index] = inputs[input++];
            continue;
        }
        if (!live[index]) continue;
        std::array<Signal, 3> in{};
        for (std::size_t i = 0; i < inputCount(cell.kind); ++i) {
            const std::uint32_t from = cell.inputs[i].cell();
            SYSTOLE_CHECK(cut.of(from) <= cut.of(index), "cell {} reads a later stage", index);
            in[i] = registers.held(at[from], cut.of(index) - cut.of(from)) ^
                    cell.inputs[i].isComplemented();
        }
        netlist.setPart(cell.part);
        at[index] = netlist.gate(cell.kind, in);
    }
    return at;
}

}  // namespace systole::cost
