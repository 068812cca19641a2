// SPDX-License-Identifier: Apache-2.0
#include "arch/values/machine_state.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "arch/program/stored_codes.hpp"
#include "models/check.hpp"

namespace systole::arch {
namespace {

using numeric::Code;

/// Calls visit(DRAM address, offset in the dense image) for every run of the box.
template <typename Visit>
void forEachRunOf(const DramBox& box, Visit&& visit) {
    std::uint32_t offset = 0;
    for (std::uint32_t outer = 0; outer < box.counts[0]; ++outer) {
        for (std::uint32_t inner = 0; inner < box.counts[1]; ++inner) {
            visit(box.address + outer * box.strides[0] + inner * box.strides[1], offset);
            offset += box.runBytes;
        }
    }
}

void checkRange(std::uint64_t address, std::uint64_t bytes, std::uint64_t size,
                const char* memory) {
    SYSTOLE_CHECK(address + bytes <= size, "{} bytes at {} of a {} of {} bytes", bytes, address,
                  memory, size);
}

/// Replaces each code by its entry in the table. An empty table changes nothing.
void takeCodes(const std::vector<std::uint16_t>& table, std::vector<std::uint16_t>& codes) {
    if (table.empty()) {
        return;
    }
    std::transform(codes.begin(), codes.end(), codes.begin(),
                   [&](std::uint16_t code) { return table[code]; });
}

}  // namespace

MachineState::MachineState(const DatapathConfig& datapath, const ArrayConfig& array,
                           const memory::DramConfig& dram,
                           const std::optional<OperandSampling>& sampling)
    : datapath_(datapath),
      gemm_(datapath_.activation, datapath_.weight, datapath.accumulator),
      array_(array),
      activity_(array) {
    if (sampling) {
        sampler_.emplace(datapath, array, *sampling);
    }
    if (!dram.modelsErrors()) {
        return;
    }
    faultyReads_.emplace(dram);
    const bool finiteOnly = !numeric::hasSpecials(datapath.accumulator);
    arrayActivations_ = codesAsTaken(datapath_.activation, finiteOnly);
    arrayWeights_ = codesAsTaken(datapath_.weight, finiteOnly);
    vectorActivations_ = codesAsTaken(datapath_.activation, false);
}

void MachineState::reset(const Program& program) {
    arithmetic_ = program.arithmetic;
    layout_ = program.dram;
    const bool hasValues = !program.source;
    const auto clear = [&](auto& memory, std::uint64_t size) {
        memory.assign(hasValues ? size : 0, 0);
        memory.shrink_to_fit();
    };
    clear(dram_, program.dramBytes);
    clear(activations_, program.activationBytes);
    clear(weights_, program.weightBytes);
    accumulatorRows_ = program.accumulatorRows;
    clear(accumulators_, accumulatorRows_ * array_.columns * gemm_.words());
    startReplay();
}

void MachineState::startReplay() {
    bytesLoaded_ = bytesStored_ = 0;
    events_ = {};
    activity_.reset();
    samples_ = false;
    streamedRows_ = 0;
    if (faultyReads_) {
        faultyReads_->clearCounters();
    }
}

void MachineState::startSampling(const Program& program) {
    if (sampler_) {
        sampler_->begin(program);
        samples_ = true;
    }
}

std::vector<OperandSample> MachineState::takeSamples() {
    return std::exchange(samples_, false) ? sampler_->take() : std::vector<OperandSample>{};
}

void MachineState::execute(const Operation& operation) {
    std::visit([this](const auto& command) { apply(command); }, operation);
}

FaultyReads::Content MachineState::contentOf(const numeric::Codec& codec) const {
    return {.codeBits = static_cast<std::uint32_t>(numeric::widthOf(codec.format())),
            .recordBits = parameterBits(datapath_, arithmetic_)};
}

void MachineState::load(const DramBox& source, const numeric::Codec& codec,
                        std::vector<std::uint8_t>& scratchpad, std::uint32_t address) {
    checkRange(address, source.bytes(), scratchpad.size(), "scratchpad");
    const FaultyReads::Content content = contentOf(codec);
    if (faultyReads_) {
        faultyReads_->beginCommand();
    }
    forEachRunOf(source, [&](std::uint64_t from, std::uint32_t offset) {
        checkRange(from, source.runBytes, dram_.size(), "DRAM image");
        std::memcpy(scratchpad.data() + address + offset, dram_.data() + from, source.runBytes);
        if (faultyReads_) {
            faultyReads_->read(layout_, from, content,
                               std::span(scratchpad).subspan(address + offset, source.runBytes));
        }
    });
    bytesLoaded_ += layout_.roomAt(source.address).memoryBytes(source.bytes());
}

void MachineState::apply(const LoadTile& op) {
    load(op.source, datapath_.activation, activations_, op.destination);
}

void MachineState::apply(const LoadWeights& op) {
    load(op.source, datapath_.weight, weights_, op.destination);
}

void MachineState::apply(const StoreTile& store) {
    const DramBox& box = store.destination;
    checkRange(store.source, box.bytes(), activations_.size(), "scratchpad");
    forEachRunOf(box, [&](std::uint64_t to, std::uint32_t offset) {
        checkRange(to, box.runBytes, dram_.size(), "DRAM image");
        std::memcpy(dram_.data() + to, activations_.data() + store.source + offset, box.runBytes);
    });
    bytesStored_ += layout_.roomAt(box.address).memoryBytes(box.bytes());
}

Code MachineState::activationAt(std::uint32_t address) const {
    const Code code = readCode(activations_.data() + address, datapath_.activationBytes,
                               datapath_.activationMask);
    return vectorActivations_.empty() ? code : vectorActivations_[code];
}

void MachineState::writeActivation(std::uint32_t address, Code code) {
    activations_[address] = static_cast<std::uint8_t>(code);
    if (datapath_.activationBytes == 2) {
        activations_[address + 1] = static_cast<std::uint8_t>(code >> 8);
    }
}

void MachineState::gatherActivations(const Stream& stream) {
    const TileWindow& window = stream.window;
    checkRange(window.address, window.bytes(), activations_.size(), "activation scratchpad");
    checkRange(stream.outputBegin, stream.outputs, window.outputs(), "window");
    const auto zero = static_cast<std::uint16_t>(datapath_.activation.encode(0.0));
    foldActivations_.assign(std::size_t{stream.outputs} * stream.reduction, zero);
    for (std::uint32_t m = 0; m < stream.outputs; ++m) {
        std::uint16_t* row = foldActivations_.data() + std::size_t{m} * stream.reduction;
        forEachRun(window, stream.outputBegin + m, stream.kBegin, stream.reduction,
                   [&](std::uint32_t k, std::uint32_t address, std::uint32_t elements) {
                       StoredCodes{activations_.data() + address, datapath_.activationBytes,
                                   window.elementBytes, datapath_.activationMask}
                           .read(row + k, elements);
                   });
    }
    takeCodes(arrayActivations_, foldActivations_);
}

void MachineState::gatherWeights(const Stream& stream) {
    const std::size_t count = std::size_t{stream.reduction} * stream.channels;
    checkRange(stream.weights, count * datapath_.weightBytes, weights_.size(), "weight scratchpad");
    foldWeights_.resize(count);
    StoredCodes{weights_.data() + stream.weights, datapath_.weightBytes, datapath_.weightBytes,
                datapath_.weightMask}
        .read(foldWeights_.data(), count);
    takeCodes(arrayWeights_, foldWeights_);
}

std::span<std::int64_t> MachineState::sumAt(std::uint32_t row, std::uint32_t column) {
    const std::size_t at = (std::size_t{row} * array_.columns + column) * gemm_.words();
    return std::span(accumulators_).subspan(at, gemm_.words());
}

/// Checks that the fold fits the array. The dataflow lays two of its three dimensions along the
/// rows and the columns, which bound them; the third one lies along time.
void MachineState::checkFold(const Stream& stream) const {
    const bool inputs = array_.dataflow == Dataflow::InputStationary;
    const bool outputs = array_.dataflow == Dataflow::OutputStationary;
    const std::uint32_t alongRows = outputs ? stream.outputs : stream.reduction;
    const std::uint32_t alongColumns = inputs ? stream.outputs : stream.channels;
    SYSTOLE_CHECK(alongRows <= array_.rows, "{} operands along {} rows", alongRows, array_.rows);
    checkRange(stream.columnBegin, alongColumns, array_.columns, "row of array columns");
    checkRange(stream.accumulatorRow, inputs ? stream.channels : stream.outputs, accumulatorRows_,
               "accumulator buffer");
}

/// Calls visit(words in the accumulator buffer, words of the fold's sums, count of words) for every
/// run of sums that lies densely in both.
template <typename Visit>
void MachineState::forEachRunOfSums(const Stream& stream, Visit&& visit) {
    const std::size_t words = gemm_.words();
    for (std::uint32_t m = 0; m < stream.outputs; ++m) {
        std::int64_t* sums = foldSums_.data() + std::size_t{m} * stream.channels * words;
        if (array_.dataflow != Dataflow::InputStationary) {
            visit(sumAt(stream.accumulatorRow + m, stream.columnBegin).data(), sums,
                  stream.channels * words);
            continue;
        }
        for (std::uint32_t n = 0; n < stream.channels; ++n) {
            visit(sumAt(stream.accumulatorRow + n, m).data(), sums + n * words, words);
        }
    }
}

/// Groups that share a fold have no sum in common, so they can be computed one after another.
void MachineState::apply(const Stream& stream) {
    SYSTOLE_CHECK(stream.groupCount == 1 || stream.groupCount * stream.reduction <= array_.rows,
                  "{} groups of {} reduction indices in {} rows", stream.groupCount,
                  stream.reduction, array_.rows);
    activity_.beginFold();
    if (samples_) {
        sampler_->nextFold();
    }
    for (std::uint32_t group = 0; group < stream.groupCount; ++group) {
        multiply(groupOf(stream, group, datapath_.weightBytes), group * stream.reduction);
    }
    activity_.endFold(stepsOf(array_, stream));
}

void MachineState::multiply(const Stream& stream, std::uint32_t arrayRow) {
    checkFold(stream);
    gatherActivations(stream);
    gatherWeights(stream);
    foldSums_.resize(stream.sums() * gemm_.words());
    if (stream.accumulate) {
        forEachRunOfSums(stream, [](const std::int64_t* held, std::int64_t* sums, std::size_t n) {
            std::copy_n(held, n, sums);
        });
    }
    const numeric::GemmShape shape{stream.outputs, stream.reduction, stream.channels};
    const numeric::GemmOrigin origin{streamedRows_, stream.columnBegin, stream.kBegin};
    const OperandActivity::Block block{.shape = shape,
                                       .activations = foldActivations_,
                                       .weights = foldWeights_,
                                       .row = arrayRow,
                                       .column = stream.columnBegin};
    activity_.add(block);
    if (samples_) {
        sampler_->add(block, origin);
    }
    events_ +=
        gemm_.run({.shape = shape, .a = foldActivations_, .b = foldWeights_, .origin = origin},
                  stream.accumulate, foldSums_);
    streamedRows_ += stream.outputs;
    forEachRunOfSums(stream, [](std::int64_t* held, const std::int64_t* sums, std::size_t n) {
        std::copy_n(sums, n, held);
    });
}

void MachineState::checkActivations(std::uint32_t address, std::uint64_t elements) const {
    checkRange(address, elements * datapath_.activationBytes, activations_.size(),
               "activation scratchpad");
}

Code MachineState::requantized(std::span<std::int64_t> sum, const numeric::Rescale& rescale,
                               bool relu) const {
    if (!datapath_.sums.isWord()) {
        return numeric::requantize(datapath_.sums.toFloat(sum), rescale, relu,
                                   datapath_.activation);
    }
    return numeric::requantize(sum.front(), rescale, arithmetic_, relu, datapath_.activation);
}

void MachineState::apply(const Requantize& op) {
    const std::uint32_t record = parameterBytes(datapath_, arithmetic_);
    checkRange(op.parameters, std::uint64_t{op.channels} * record, weights_.size(),
               "weight scratchpad");
    checkRange(op.accumulatorRow, op.channelsAlongRows ? op.channels : op.outputs, accumulatorRows_,
               "accumulator buffer");
    checkRange(op.destination,
               std::uint64_t{op.outputs - 1} * op.pitch +
                   std::uint64_t{op.channels} * datapath_.activationBytes,
               activations_.size(), "activation scratchpad");
    std::vector<ColumnParameters> parameters;
    for (std::uint32_t channel = 0; channel < op.channels; ++channel) {
        parameters.push_back(
            readParameters(weights_.data() + op.parameters + std::size_t{channel} * record,
                           datapath_, arithmetic_, faultyReads_.has_value()));
    }
    const std::uint32_t rows = op.channelsAlongRows ? op.channels : op.outputs;
    const std::uint32_t columns = op.channelsAlongRows ? op.outputs : op.channels;
    std::vector<std::int64_t> sum(gemm_.words());
    for (std::uint32_t row = 0; row < rows; ++row) {
        for (std::uint32_t column = 0; column < columns; ++column) {
            const std::span<std::int64_t> held = sumAt(op.accumulatorRow + row, column);
            std::copy(held.begin(), held.end(), sum.begin());
            const std::uint32_t channel = op.channelsAlongRows ? row : column;
            const std::uint32_t output = op.channelsAlongRows ? column : row;
            events_ += datapath_.sums.add(sum, parameters[channel].bias);
            Code code = requantized(sum, parameters[channel].rescale, op.relu);
            const std::uint32_t offset = output * op.pitch + channel * datapath_.activationBytes;
            if (op.skip) {
                code =
                    numeric::addCodes(code, activationAt(op.skip->source + offset), op.skip->scales,
                                      arithmetic_, op.skip->relu, datapath_.activation);
            }
            writeActivation(op.destination + offset, code);
        }
    }
}

Code MachineState::pooled(const Pool& pool, std::uint32_t output, std::uint32_t channel) const {
    const TileWindow& window = pool.window;
    numeric::TapSum sum;
    std::uint32_t taps = 0;
    Code largest = 0;
    for (std::uint32_t tap = 0; tap < window.kernelHeight * window.kernelWidth; ++tap) {
        forEachRun(window, output, tap * window.channelCount + channel, 1,
                   [&](std::uint32_t, std::uint32_t address, std::uint32_t) {
                       const Code code = activationAt(address);
                       const bool larger = taps == 0 || datapath_.activation.decode(code) >
                                                            datapath_.activation.decode(largest);
                       largest = larger ? code : largest;
                       if (pool.kind == Pool::Kind::Average) {
                           sum.add(code, datapath_.activation);
                       }
                       ++taps;
                   });
    }
    switch (pool.kind) {
        case Pool::Kind::Max:
            SYSTOLE_CHECK(taps > 0, "max pooling over padding only");
            return largest;
        case Pool::Kind::Average: {
            const std::uint32_t count =
                pool.countIncludesPad ? window.kernelHeight * window.kernelWidth : taps;
            return numeric::requantize(sum, pool.rescales.at(count), arithmetic_,
                                       datapath_.activation);
        }
    }
    SYSTOLE_CHECK(false, "pooling of kind {}", static_cast<int>(pool.kind));
}

void MachineState::apply(const Pool& pool) {
    const TileWindow& window = pool.window;
    checkRange(window.address, window.bytes(), activations_.size(), "activation scratchpad");
    checkActivations(pool.destination, std::uint64_t{window.outputs()} * window.channelCount);
    for (std::uint32_t output = 0; output < window.outputs(); ++output) {
        for (std::uint32_t channel = 0; channel < window.channelCount; ++channel) {
            const std::uint32_t element = output * window.channelCount + channel;
            writeActivation(pool.destination + element * datapath_.activationBytes,
                            pooled(pool, output, channel));
        }
    }
}

void MachineState::apply(const Elementwise& op) {
    checkActivations(op.source, op.elements);
    checkActivations(op.addition ? op.addition->source : op.source, op.elements);
    checkActivations(op.destination, op.elements);
    for (std::uint32_t i = 0; i < op.elements; ++i) {
        const std::uint32_t offset = i * datapath_.activationBytes;
        const Code code = activationAt(op.source + offset);
        const Code result =
            op.addition ? numeric::addCodes(code, activationAt(op.addition->source + offset),
                                            op.addition->scales, arithmetic_, op.addition->relu,
                                            datapath_.activation)
                        : numeric::reluCode(code, datapath_.activation);
        writeActivation(op.destination + offset, result);
    }
}

void MachineState::apply(const Softmax& op) {
    checkActivations(op.source, op.elements);
    checkActivations(op.destination, op.elements);
    std::vector<Code> inputs(op.elements);
    std::vector<Code> outputs(op.elements);
    for (std::uint32_t i = 0; i < op.elements; ++i) {
        inputs[i] = activationAt(op.source + i * datapath_.activationBytes);
    }
    numeric::softmaxCodes(inputs, op.inputScale, op.outputScale, datapath_.activation, outputs);
    for (std::uint32_t i = 0; i < op.elements; ++i) {
        writeActivation(op.destination + i * datapath_.activationBytes, outputs[i]);
    }
}

}  // namespace systole::arch
