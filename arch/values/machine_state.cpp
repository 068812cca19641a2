// SPDX-License-Identifier: Apache-2.0
#include "arch/values/machine_state.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "arch/program/stored_codes.hpp"
#include "arch/values/vector_memory.hpp"
#include "models/check.hpp"

namespace systole::arch {
namespace {

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
    : datapath_(datapath), array_(array), activity_(array) {
    gemms_.emplace(std::pair(kActivationType, kWeightType),
                   numeric::Gemm(datapath_.activation, datapath_.weight, datapath.accumulator));
    types_.emplace_back(ElementType{datapath.activation, datapath_.activationRoom()},
                        dram.modelsErrors());
    types_.emplace_back(ElementType{datapath.weight, datapath_.weightRoom()}, dram.modelsErrors());
    if (sampling) {
        sampler_.emplace(datapath, array, *sampling);
    }
    if (dram.modelsErrors()) faultyReads_.emplace(dram);
    const bool finiteOnly = !numeric::hasSpecials(datapath.accumulator);
    const auto asTaken = [&](const numeric::Codec& codec) {
        const bool mayDiffer = dram.modelsErrors() || (finiteOnly && codec.hasNan());
        return mayDiffer ? codesAsTaken(codec, finiteOnly) : std::vector<std::uint16_t>();
    };
    arrayActivations_ = asTaken(datapath_.activation);
    arrayWeights_ = asTaken(datapath_.weight);
}

void MachineState::makeTypes(const Program& program) {
    types_.erase(types_.begin() + kFirstListedType, types_.end());
    for (const ElementType& type : program.types) {
        types_.emplace_back(type, faultyReads_.has_value());
    }
}

void MachineState::reset(const Program& program) {
    arithmetic_ = program.arithmetic;
    makeTypes(program);
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
    clear(accumulators_, accumulatorRows_ * array_.columns * sumWords());
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

void MachineState::load(const DramBox& source, TypeId type, std::vector<std::uint8_t>& scratchpad,
                        std::uint32_t address) {
    checkRange(address, source.bytes(), scratchpad.size(), "scratchpad");
    const FaultyReads::Content content{.codeBits = types_.at(type).codeBits(),
                                       .recordBits = parameterBits(datapath_, arithmetic_)};
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
    load(op.source, op.type, activations_, op.destination);
}

void MachineState::apply(const LoadWeights& op) {
    load(op.source, kWeightType, weights_, op.destination);
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
    const std::size_t at = (std::size_t{row} * array_.columns + column) * sumWords();
    return std::span(accumulators_).subspan(at, sumWords());
}

const numeric::Gemm& MachineState::gemmOf(const Stream& stream) const {
    const auto found = gemms_.find({stream.activationType, stream.weightType});
    SYSTOLE_CHECK(found != gemms_.end(), "the array does not multiply types {} and {}",
                  stream.activationType, stream.weightType);
    return found->second;
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
    const std::size_t words = sumWords();
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
    foldSums_.resize(stream.sums() * sumWords());
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
    events_ += gemmOf(stream).run(
        {.shape = shape, .a = foldActivations_, .b = foldWeights_, .origin = origin},
        stream.accumulate, foldSums_);
    streamedRows_ += stream.outputs;
    forEachRunOfSums(stream, [](std::int64_t* held, const std::int64_t* sums, std::size_t n) {
        std::copy_n(sums, n, held);
    });
}

void MachineState::apply(const VectorCommand& command) {
    std::vector<numeric::OperandView> views;
    views.reserve(command.operands.size());
    for (const VectorOperand& operand : command.operands) views.push_back(operand.view);
    VectorMemory memory(datapath_, arithmetic_, command,
                        {.activations = activations_,
                         .weights = weights_,
                         .accumulators = accumulators_,
                         .columns = array_.columns,
                         .types = types_,
                         .mayBeWrong = faultyReads_.has_value()});
    std::vector<const numeric::Codec*> formats;
    for (const TypeId type : command.formats) formats.push_back(&types_.at(type).codec().value());
    numeric::runVectorProgram(*command.program, command.space, views, formats, memory);
    events_ += memory.events();
}

}  // namespace systole::arch
