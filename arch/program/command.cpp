// SPDX-License-Identifier: Apache-2.0
#include "arch/program/command.hpp"

#include "arch/fold/fold.hpp"
#include "models/overloaded.hpp"

namespace systole::arch {
Stream groupOf(const Stream& stream, std::uint32_t index, std::uint32_t weightBytes) {
    Stream group = stream;
    group.groupCount = 1;
    group.window.channelBegin += index * stream.window.channelCount;
    group.columnBegin += index * stream.channels;
    group.weights += index * stream.reduction * stream.channels * weightBytes;
    return group;
}

std::uint32_t stepsOf(const ArrayConfig& array, const Stream& stream) {
    return foldSteps(array, {.outputs = stream.outputs, .reduction = stream.reduction},
                     stream.channels);
}

std::uint64_t macsOf(const Stream& stream) {
    if (!stream.countsElementsOnly) {
        return stream.sums() * stream.reduction;
    }
    std::uint64_t elements = 0;
    for (std::uint32_t m = 0; m < stream.outputs; ++m) {
        forEachRun(stream.window, stream.outputBegin + m, stream.kBegin, stream.reduction,
                   [&](std::uint32_t, std::uint32_t, std::uint32_t run) { elements += run; });
    }
    return elements * stream.channels * stream.groupCount;
}

UnitKind unitKindOf(const Operation& operation) {
    return std::visit(Overloaded{[](const TransferCommand& transfer) {
                                     return transfer.direction == Direction::Load ? UnitKind::Load
                                                                                  : UnitKind::Store;
                                 },
                                 [](const Stream&) { return UnitKind::Array; },
                                 [](const VectorCommand&) { return UnitKind::Vector; }},
                      operation);
}

}  // namespace systole::arch
