// SPDX-License-Identifier: Apache-2.0
#include "models/cost/netlist/circuit_timing.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace systole::cost {
namespace {

std::vector<std::uint32_t> fanouts(const Netlist& netlist, const Word& outputs) {
    const std::vector<bool> live = netlist.liveCells(outputs);
    std::vector<std::uint32_t> count(live.size(), 0);
    for (std::size_t index = 0; index < live.size(); ++index) {
        if (!live[index]) continue;
        const Cell& cell = netlist.cells()[index];
        for (std::size_t i = 0; i < inputCount(cell.kind); ++i) ++count[cell.inputs[i].cell()];
    }
    for (const Signal output : outputs) ++count[output.cell()];
    return count;
}

double doublings(std::uint32_t fanout) {
    return fanout < 2 ? 0 : static_cast<double>(std::log2(static_cast<long double>(fanout)));
}

double ownDelay(const Cell& cell, const GateDelays& delays) {
    return inputCount(cell.kind) == 0
               ? 0
               : delays.gate[static_cast<std::size_t>(cell.part)][gateIndex(cell.kind)];
}

}  // namespace

std::vector<double> cellDelays(const Netlist& netlist, const Word& outputs,
                               const GateDelays& delays) {
    const std::vector<std::uint32_t> fanout = fanouts(netlist, outputs);
    std::vector<double> own(fanout.size(), 0);
    for (std::size_t index = 1; index < own.size(); ++index) {
        own[index] = ownDelay(netlist.cells()[index], delays) +
                     doublings(fanout[index]) * delays.perFanoutDoubling;
    }
    return own;
}

CriticalPath criticalPath(const Netlist& netlist, const Word& outputs, const GateDelays& delays,
                          const Word& ends) {
    const auto& cells = netlist.cells();
    const std::vector<std::uint32_t> fanout = fanouts(netlist, outputs);
    std::vector<double> arrival = cellDelays(netlist, outputs, delays);
    std::vector<std::uint32_t> before(cells.size(), 0);
    for (std::uint32_t index = 0; index < cells.size(); ++index) {
        const Cell& cell = cells[index];
        for (std::size_t i = 0; i < inputCount(cell.kind); ++i) {
            const std::uint32_t from = cell.inputs[i].cell();
            if (i == 0 || arrival[from] > arrival[before[index]]) before[index] = from;
        }
        if (inputCount(cell.kind) > 0) arrival[index] += arrival[before[index]];
    }
    CriticalPath path;
    std::uint32_t at = 0;
    for (const Signal end : ends) {
        if (arrival[end.cell()] > arrival[at]) at = end.cell();
    }
    path.delay = arrival[at];
    for (; inputCount(cells[at].kind) != 0; at = before[at]) {
        ++path.gates[static_cast<std::size_t>(cells[at].part)][gateIndex(cells[at].kind)];
        path.fanoutDoublings += doublings(fanout[at]);
    }
    path.fanoutDoublings += doublings(fanout[at]);
    return path;
}

CriticalPath criticalPath(const Netlist& netlist, const Word& outputs, const GateDelays& delays) {
    return criticalPath(netlist, outputs, delays, outputs);
}

}  // namespace systole::cost
