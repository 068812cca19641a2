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

Stream groupOf(const Stream& stream, std::uint32_t index, std::uint32_t weightBytes) {
    Stream group = stream;
    group.groupCount = 1;
    group.window.channelBegin += index * stream.window.channelCount;
    group.columnBegin += index * stream.columns;
    group.weights += index * stream.rows * stream.columns * weightBytes;
    return group;
}

std::uint64_t macsOf(const Stream& stream) {
    const std::uint64_t columns = std::uint64_t{stream.columns} * stream.groupCount;
    if (!stream.countsElementsOnly) {
        return columns * stream.rows * stream.window.outputs();
    }
    std::uint64_t elements = 0;
    for (std::uint32_t m = 0; m < stream.window.outputs(); ++m) {
        forEachRun(stream.window, m, stream.kBegin, stream.rows,
                   [&](std::uint32_t, std::uint32_t, std::uint32_t run) { elements += run; });
    }
    return elements * columns;
}

Unit unitOf(const Operation& operation) { return std::visit(UnitOf{}, operation); }

}  // namespace systole::arch
