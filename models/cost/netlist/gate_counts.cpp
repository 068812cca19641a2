// SPDX-License-Identifier: Apache-2.0
#include "models/cost/netlist/gate_counts.hpp"

#include <algorithm>

namespace systole::cost {
namespace {

/// The two signals that a gate reads, whatever their order and polarity.
std::uint64_t pairOf(const Cell& cell) {
    const std::uint32_t a = cell.inputs[0].cell();
    const std::uint32_t b = cell.inputs[1].cell();
    return (std::uint64_t{std::max(a, b)} << 32) | std::min(a, b);
}

}  // namespace

std::vector<bool> halfAdderSums(const std::vector<Cell>& cells, const std::vector<bool>& live) {
    std::vector<std::uint64_t> conjunctions;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (live[i] && cells[i].kind == CellKind::And) conjunctions.push_back(pairOf(cells[i]));
    }
    std::sort(conjunctions.begin(), conjunctions.end());
    std::vector<bool> found(cells.size(), false);
    for (std::size_t i = 0; i < cells.size(); ++i) {
        found[i] = cells[i].kind == CellKind::Xor &&
                   std::binary_search(conjunctions.begin(), conjunctions.end(), pairOf(cells[i]));
    }
    return found;
}

GateCounts countGates(const Netlist& netlist, const Word& outputs) {
    const std::vector<Cell>& cells = netlist.cells();
    const std::vector<bool> live = netlist.liveCells(outputs);
    const std::vector<bool> isOfHalfAdder = halfAdderSums(cells, live);
    GateCounts counts;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const Cell& cell = cells[i];
        if (!live[i] || inputCount(cell.kind) == 0) continue;
        auto& ofPart = counts.gates[static_cast<std::size_t>(cell.part)];
        if (isOfHalfAdder[i]) {
            ofPart[gateIndex(CellKind::And)] += 2;
        } else {
            ++ofPart[gateIndex(cell.kind)];
        }
    }
    std::vector<bool> isCounted(cells.size(), false);
    for (const Signal output : outputs) {
        const Cell& cell = cells[output.cell()];
        if (cell.kind != CellKind::And || isCounted[output.cell()]) continue;
        isCounted[output.cell()] = true;
        ++counts.outputAnds[static_cast<std::size_t>(cell.part)];
    }
    return counts;
}

}  // namespace systole::cost
