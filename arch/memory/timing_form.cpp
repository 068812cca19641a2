// SPDX-License-Identifier: Apache-2.0
#include "arch/memory/timing_form.hpp"

#include <tuple>

#include "models/overloaded.hpp"

namespace systole::arch {
namespace {

std::uint64_t periodOf(const WordLayout& words, const memory::PortMap& ports) {
    return std::uint64_t{words.wordBytes()} * ports.period();
}

/// Whether every output of the window reads the same channels of one pixel, and none is padding.
/// Then all addresses move along with the first output and the first channel.
bool isPoint(const TileWindow& window) {
    return window.kernelHeight == 1 && window.kernelWidth == 1 && window.upsampleY == 1 &&
           window.upsampleX == 1 && window.originY == 0 && window.originX == 0 &&
           (window.outputHeight - 1) * window.strideY < window.height &&
           (window.outputWidth - 1) * window.strideX < window.width;
}

std::uint32_t within(std::uint64_t address, std::uint64_t period) {
    return static_cast<std::uint32_t>(address % period);
}

auto fieldsOf(const std::optional<SkipAddition>& skip) {
    return std::tuple(skip.has_value(), skip ? skip->source : 0, skip && skip->relu);
}

bool same(const Requantize& a, const Requantize& b) {
    const auto fields = [](const Requantize& op) {
        return std::tuple(op.accumulatorRow, op.outputs, op.channels, op.channelsAlongRows,
                          op.parameters, op.relu, fieldsOf(op.skip), op.destination, op.pitch);
    };
    return fields(a) == fields(b);
}

bool same(const Pool& a, const Pool& b) {
    return a.window == b.window && a.kind == b.kind && a.countIncludesPad == b.countIncludesPad &&
           a.destination == b.destination;
}

bool same(const Elementwise& a, const Elementwise& b) {
    const auto fields = [](const Elementwise& op) {
        return std::tuple(op.source, fieldsOf(op.addition), op.elements, op.destination);
    };
    return fields(a) == fields(b);
}

bool same(const Softmax& a, const Softmax& b) {
    return a.source == b.source && a.elements == b.elements && a.destination == b.destination;
}

template <typename Op>
bool same(const Op& a, const Op& b) {
    return a == b;
}

}  // namespace

bool sameForm(const Operation& a, const Operation& b) {
    return a.index() == b.index() &&
           std::visit(
               [&](const auto& op) { return same(op, std::get<std::decay_t<decltype(op)>>(b)); },
               a);
}

TimingForms::TimingForms(const ScratchpadPorts& ports, const Program& program,
                         std::uint32_t burstBytes)
    : program_(program),
      burstBits_(std::uint64_t{8} * burstBytes),
      activationPeriod_(periodOf(ports.activationWords(), ports.activations())),
      weightPeriod_(periodOf(ports.weightWords(), ports.weights())) {}

Operation TimingForms::of(const Operation& operation) const {
    return std::visit([this](const auto& op) { return Operation{of(op)}; }, operation);
}

Stream TimingForms::of(Stream stream) const {
    TileWindow& window = stream.window;
    std::uint64_t address = window.address;
    if (isPoint(window)) {
        const std::uint64_t rows = stream.outputBegin / window.outputWidth;
        const std::uint64_t element = rows * window.strideY * window.width * window.channels +
                                      window.channelBegin + stream.kBegin;
        address += element * window.elementBytes;
        // A window as high as its outputs, from the first of them on.
        stream.outputBegin %= window.outputWidth;
        window.outputHeight = window.height = window.channelBegin = stream.kBegin = 0;
    }
    window.address = within(address, activationPeriod_);
    stream.weights = within(stream.weights, weightPeriod_);
    stream.accumulatorRow = half(stream.accumulatorRow, 1);
    return stream;
}

LoadTile TimingForms::of(LoadTile load) const { return ofLoad(load, activationPeriod_); }

LoadWeights TimingForms::of(LoadWeights load) const { return ofLoad(load, weightPeriod_); }

template <typename Load>
Load TimingForms::ofLoad(Load load, std::uint64_t period) const {
    load.source = of(load.source);
    load.destination = within(load.destination, period);
    return load;
}

StoreTile TimingForms::of(StoreTile store) const {
    store.destination = of(store.destination);
    store.source = within(store.source, activationPeriod_);
    return store;
}

DramBox TimingForms::of(DramBox box) const {
    box.address = program_.dram.memoryBit(box.address) % burstBits_;
    return box;
}

/// Rows of one half count the same, whichever they are; rows that lie in both stay as they are.
std::uint32_t TimingForms::half(std::uint32_t row, std::uint32_t rows) const {
    const std::uint32_t all = program_.accumulatorRows;
    const std::uint64_t first = ScratchpadPorts::halfOf(row, all);
    return first == ScratchpadPorts::halfOf(row + rows - 1, all)
               ? static_cast<std::uint32_t>(first * (all / 2))
               : row;
}

Requantize TimingForms::of(Requantize op) const {
    op.accumulatorRow = half(op.accumulatorRow, op.channelsAlongRows ? op.channels : op.outputs);
    op.parameters = within(op.parameters, weightPeriod_);
    op.destination = within(op.destination, activationPeriod_);
    op.skip = of(op.skip);
    return op;
}

Pool TimingForms::of(Pool pool) const {
    pool.window.address = within(pool.window.address, activationPeriod_);
    pool.destination = within(pool.destination, activationPeriod_);
    pool.rescales.clear();
    return pool;
}

Elementwise TimingForms::of(Elementwise op) const {
    op.addition = of(op.addition);
    return moved(op);
}

Softmax TimingForms::of(Softmax op) const { return moved(op); }

template <typename Op>
Op TimingForms::moved(Op op) const {
    op.source = within(op.source, activationPeriod_);
    op.destination = within(op.destination, activationPeriod_);
    return op;
}

std::optional<SkipAddition> TimingForms::of(std::optional<SkipAddition> addition) const {
    if (addition) addition->source = within(addition->source, activationPeriod_);
    return addition;
}

}  // namespace systole::arch
