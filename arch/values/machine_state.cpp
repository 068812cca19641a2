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

MachineState::MachineState(const MachineConfig& machine) {
    const bool mayBeWrong = machine.dram.modelsErrors();
    for (DatapathId i = 0; i < datapathsOf(machine); ++i) {
        const MachineConfig seen = seenBy(machine, i);
        const numeric::AccumulatorFormat& accumulator = seen.datapath.accumulator;
        const Datapath datapath(seen);
        Path& path = paths_.emplace_back(
            Path{.datapath = datapath,
                 .array = seen.array,
                 .gemm = numeric::Gemm(datapath.activation, datapath.weight, accumulator),
                 .activity = OperandActivity(seen.array)});
        rowWords_ = std::max(rowWords_, seen.array.columns * path.sumWords());
        if (!mayBeWrong) continue;
        const bool finiteOnly = !numeric::hasSpecials(accumulator);
        path.activations = codesAsTaken(datapath.activation, finiteOnly);
        path.weights = codesAsTaken(datapath.weight, finiteOnly);
    }
    const Datapath& first = paths_.front().datapath;
    types_.emplace_back(ElementType{machine.datapath.activation, first.activationRoom()},
                        mayBeWrong);
    if (machine.operandSampling) sampler_.emplace(machine, *machine.operandSampling);
    if (mayBeWrong) faultyReads_.emplace(machine.dram);
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
    clear(accumulators_, accumulatorRows_ * rowWords_);
    startReplay();
}

void MachineState::startReplay() {
    bytesLoaded_ = bytesStored_ = 0;
    events_ = {};
    for (Path& path : paths_) path.activity.reset();
    samples_ = false;
    streamedRows_ = 0;
    if (faultyReads_) {
        faultyReads_->clearCounters();
    }
}

Activity MachineState::operandActivity() const {
    Activity sum;
    for (const Path& path : paths_) {
        addCounters(sum, path.activity.counts(), structural::kActivity);
    }
    return sum;
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

void MachineState::load(const TransferCommand& transfer, std::span<std::uint8_t> scratchpad) {
    const DramBox& box = transfer.box;
    const Datapath& datapath = paths_.at(transfer.datapath).datapath;
    const auto weightBits = static_cast<std::uint32_t>(numeric::widthOf(datapath.weight.format()));
    const FaultyReads::Content content{.codeBits = transfer.scratchpad == Scratchpad::Weight
                                                       ? weightBits
                                                       : types_.at(transfer.type).codeBits(),
                                       .recordBits = parameterBits(datapath, arithmetic_)};
    if (faultyReads_) {
        faultyReads_->beginCommand();
    }
    forEachRunOf(box, [&](std::uint64_t from, std::uint32_t offset) {
        checkRange(from, box.runBytes, dram_.size(), "DRAM image");
        std::memcpy(scratchpad.data() + offset, dram_.data() + from, box.runBytes);
        if (faultyReads_) {
            faultyReads_->read(layout_, from, content, scratchpad.subspan(offset, box.runBytes));
        }
    });
    bytesLoaded_ += layout_.roomAt(box.address).memoryBytes(box.bytes());
}

void MachineState::store(const TransferCommand& transfer,
                         std::span<const std::uint8_t> scratchpad) {
    const DramBox& box = transfer.box;
    forEachRunOf(box, [&](std::uint64_t to, std::uint32_t offset) {
        checkRange(to, box.runBytes, dram_.size(), "DRAM image");
        std::memcpy(dram_.data() + to, scratchpad.data() + offset, box.runBytes);
    });
    bytesStored_ += layout_.roomAt(box.address).memoryBytes(box.bytes());
}

void MachineState::apply(const TransferCommand& transfer) {
    std::vector<std::uint8_t>& memory =
        transfer.scratchpad == Scratchpad::Weight ? weights_ : activations_;
    checkRange(transfer.address, transfer.box.bytes(), memory.size(), "scratchpad");
    const auto part = std::span(memory).subspan(transfer.address, transfer.box.bytes());
    transfer.direction == Direction::Load ? load(transfer, part) : store(transfer, part);
}

void MachineState::gatherActivations(const Stream& stream) {
    const TileWindow& window = stream.window;
    const Path& path = pathOf(stream);
    checkRange(window.address, window.bytes(), activations_.size(), "activation scratchpad");
    checkRange(stream.outputBegin, stream.outputs, window.outputs(), "window");
    const auto zero = static_cast<std::uint16_t>(path.datapath.activation.encode(0.0));
    foldActivations_.assign(std::size_t{stream.outputs} * stream.reduction, zero);
    for (std::uint32_t m = 0; m < stream.outputs; ++m) {
        std::uint16_t* row = foldActivations_.data() + std::size_t{m} * stream.reduction;
        forEachRun(window, stream.outputBegin + m, stream.kBegin, stream.reduction,
                   [&](std::uint32_t k, std::uint32_t address, std::uint32_t elements) {
                       StoredCodes{activations_.data() + address, path.datapath.activationCode,
                                   window.elementBytes, path.datapath.activationMask}
                           .read(row + k, elements);
                   });
    }
    takeCodes(path.activations, foldActivations_);
}

void MachineState::gatherWeights(const Stream& stream) {
    const Path& path = pathOf(stream);
    const std::uint32_t bytes = path.datapath.weightBytes;
    const std::size_t count = std::size_t{stream.reduction} * stream.channels;
    checkRange(stream.weights, count * bytes, weights_.size(), "weight scratchpad");
    foldWeights_.resize(count);
    StoredCodes{weights_.data() + stream.weights, path.datapath.weightCode, bytes,
                path.datapath.weightMask}
        .read(foldWeights_.data(), count);
    takeCodes(path.weights, foldWeights_);
}

/// Checks that the fold fits the array. The dataflow lays two of its three dimensions along the
/// rows and the columns, which bound them; the third one lies along time.
void MachineState::checkFold(const Stream& stream) const {
    const ArrayConfig& array = pathOf(stream).array;
    const bool inputs = array.dataflow == Dataflow::InputStationary;
    const bool outputs = array.dataflow == Dataflow::OutputStationary;
    const std::uint32_t alongRows = outputs ? stream.outputs : stream.reduction;
    const std::uint32_t alongColumns = inputs ? stream.outputs : stream.channels;
    SYSTOLE_CHECK(alongRows <= array.rows, "{} operands along {} rows", alongRows, array.rows);
    checkRange(stream.columnBegin, alongColumns, array.columns, "row of array columns");
    checkRange(stream.accumulatorRow, inputs ? stream.channels : stream.outputs, accumulatorRows_,
               "accumulator buffer");
}

/// Calls visit(words in the accumulator buffer, words of the fold's sums, count of words) for every
/// run of sums that lies densely in both.
template <typename Visit>
void MachineState::forEachRunOfSums(const Stream& stream, Visit&& visit) {
    const std::size_t words = pathOf(stream).sumWords();
    const auto sumAt = [&](std::uint32_t row, std::uint32_t column) {
        return accumulators_.data() + std::size_t{row} * rowWords_ + column * words;
    };
    for (std::uint32_t m = 0; m < stream.outputs; ++m) {
        std::int64_t* sums = foldSums_.data() + std::size_t{m} * stream.channels * words;
        if (pathOf(stream).array.dataflow != Dataflow::InputStationary) {
            visit(sumAt(stream.accumulatorRow + m, stream.columnBegin), sums,
                  stream.channels * words);
            continue;
        }
        for (std::uint32_t n = 0; n < stream.channels; ++n) {
            visit(sumAt(stream.accumulatorRow + n, m), sums + n * words, words);
        }
    }
}

/// Groups that share a fold have no sum in common, so they can be computed one after another.
void MachineState::apply(const Stream& stream) {
    Path& path = paths_.at(stream.datapath);
    SYSTOLE_CHECK(stream.groupCount == 1 || stream.groupCount * stream.reduction <= path.array.rows,
                  "{} groups of {} reduction indices in {} rows", stream.groupCount,
                  stream.reduction, path.array.rows);
    path.activity.beginFold();
    if (samples_) {
        sampler_->nextFold();
    }
    for (std::uint32_t group = 0; group < stream.groupCount; ++group) {
        multiply(groupOf(stream, group, path.datapath.weightBytes), group * stream.reduction);
    }
    path.activity.endFold(stepsOf(path.array, stream));
}

void MachineState::multiply(const Stream& stream, std::uint32_t arrayRow) {
    checkFold(stream);
    gatherActivations(stream);
    gatherWeights(stream);
    Path& path = paths_.at(stream.datapath);
    foldSums_.resize(stream.sums() * path.sumWords());
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
    path.activity.add(block);
    if (samples_) {
        sampler_->add(block, origin, stream.datapath);
    }
    events_ +=
        path.gemm.run({.shape = shape, .a = foldActivations_, .b = foldWeights_, .origin = origin},
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
    VectorMemory memory(paths_.at(command.datapath).datapath, arithmetic_, command,
                        {.activations = activations_,
                         .weights = weights_,
                         .accumulators = accumulators_,
                         .rowWords = rowWords_,
                         .types = types_,
                         .mayBeWrong = faultyReads_.has_value()});
    std::vector<const numeric::Codec*> formats;
    for (const TypeId type : command.formats) formats.push_back(&types_.at(type).codec().value());
    numeric::runVectorProgram(*command.program, command.space, views, formats, memory);
    events_ += memory.events();
}

}  // namespace systole::arch
