// SPDX-License-Identifier: Apache-2.0
#include "arch/values/vector_memory.hpp"

#include "models/check.hpp"

namespace systole::arch {

using numeric::ElementRow;
using numeric::Int128;

namespace {

/// The bytes of an operand that lie in a memory, or an InvariantError.
template <typename T>
T* bytesAt(std::span<T> memory, std::int64_t place, std::size_t bytes, const char* name) {
    SYSTOLE_CHECK(place >= 0 && static_cast<std::uint64_t>(place) + bytes <= memory.size(),
                  "{} bytes at {} of a {} of {} bytes", bytes, place, name, memory.size());
    return memory.data() + place;
}

}  // namespace

const VectorOperand& VectorMemory::operandAt(std::uint32_t operand) const {
    SYSTOLE_CHECK(operand < command_.operands.size(), "operand {} of {}", operand,
                  command_.operands.size());
    return command_.operands[operand];
}

const StoredType& VectorMemory::typeOf(const VectorOperand& operand) const {
    SYSTOLE_CHECK(operand.type < memories_.types.size(), "type {} of {}", operand.type,
                  memories_.types.size());
    return memories_.types[operand.type];
}

const std::uint8_t* VectorMemory::elementAt(const StoredType& type, std::int64_t place) const {
    return bytesAt(memories_.activations, place, type.bytes(), "activation scratchpad");
}

ColumnParameters VectorMemory::recordAt(std::int64_t place) const {
    const std::uint8_t* record = bytesAt(
        memories_.weights, place, parameterBytes(datapath_, arithmetic_), "weight scratchpad");
    return readParameters(record, datapath_, arithmetic_, memories_.mayBeWrong);
}

void VectorMemory::readBiases(const numeric::OperandView& view, const ElementRow& row,
                              std::size_t count) {
    const std::int64_t place = view.placeOf(row.index);
    if (place == biasPlace_ && count == biases_.size()) return;
    const std::int64_t stride = view.strideOf(row.index.size() - 1);
    biasPlace_ = place;
    biases_.clear();
    for (std::size_t i = 0; i < count; ++i) {
        biases_.push_back(recordAt(place + static_cast<std::int64_t>(i) * stride).bias);
    }
}

/// Calls take(i, words of the sum with its bias).
template <typename Take>
void VectorMemory::forEachSum(const VectorOperand& operand, const ElementRow& row,
                              std::size_t count, const Take& take) {
    const auto words = static_cast<std::size_t>(datapath_.sums.words());
    if (operand.bias) readBiases(*operand.bias, row, count);
    sum_.resize(words);
    for (std::size_t i = 0; i < count; ++i) {
        const auto at = static_cast<std::int64_t>(i);
        const std::int64_t place = row.place + at * row.stride;
        const auto column = static_cast<std::size_t>(place % kSumRowPitch);
        const auto index =
            static_cast<std::size_t>(place / kSumRowPitch) * memories_.rowWords + column * words;
        SYSTOLE_CHECK((column + 1) * words <= memories_.rowWords &&
                          index + words <= memories_.accumulators.size(),
                      "column {} at word {} of an accumulator buffer of {} words, {} a row", column,
                      index, memories_.accumulators.size(), memories_.rowWords);
        const std::span<const std::int64_t> held = memories_.accumulators.subspan(index, words);
        std::copy(held.begin(), held.end(), sum_.begin());
        if (operand.bias) {
            events_ += datapath_.sums.add(sum_, biases_[i]);
        }
        take(i, std::span<const std::int64_t>(sum_));
    }
}

void VectorMemory::load(std::uint32_t operand, const ElementRow& row, std::span<double> values) {
    const VectorOperand& what = operandAt(operand);
    const auto place = [&](std::size_t i) {
        return row.place + static_cast<std::int64_t>(i) * row.stride;
    };
    switch (what.memory) {
        case OperandMemory::Activation:
            for (std::size_t i = 0; i < values.size(); ++i) {
                values[i] = typeOf(what).value(elementAt(typeOf(what), place(i)));
            }
            return;
        case OperandMemory::Parameter:
            SYSTOLE_CHECK(what.field == ParameterField::Multiplier, "operand {} is no real",
                          operand);
            for (std::size_t i = 0; i < values.size(); ++i) {
                values[i] = static_cast<double>(recordAt(place(i)).rescale.multiplier);
            }
            return;
        case OperandMemory::Sum:
            forEachSum(what, row, values.size(),
                       [&](std::size_t i, std::span<const std::int64_t> sum) {
                           values[i] = static_cast<double>(datapath_.sums.toFloat(sum));
                       });
            return;
    }
    SYSTOLE_CHECK(false, "memory {}", static_cast<int>(what.memory));
}

void VectorMemory::load(std::uint32_t operand, const ElementRow& row, std::span<Int128> values) {
    const VectorOperand& what = operandAt(operand);
    const auto place = [&](std::size_t i) {
        return row.place + static_cast<std::int64_t>(i) * row.stride;
    };
    switch (what.memory) {
        case OperandMemory::Activation:
            for (std::size_t i = 0; i < values.size(); ++i) {
                values[i] = typeOf(what).steps(elementAt(typeOf(what), place(i)));
            }
            return;
        case OperandMemory::Parameter:
            for (std::size_t i = 0; i < values.size(); ++i) {
                const numeric::FixedPointScale& scale = recordAt(place(i)).rescale.fixedPoint;
                values[i] = what.field == ParameterField::Shift ? scale.shift : scale.mantissa;
            }
            return;
        case OperandMemory::Sum:
            SYSTOLE_CHECK(datapath_.sums.isWord(), "sums of {} words as integers",
                          datapath_.sums.words());
            forEachSum(
                what, row, values.size(),
                [&](std::size_t i, std::span<const std::int64_t> sum) { values[i] = sum.front(); });
            return;
    }
    SYSTOLE_CHECK(false, "memory {}", static_cast<int>(what.memory));
}

void VectorMemory::store(std::uint32_t operand, const ElementRow& row,
                         std::span<const double> values) {
    const VectorOperand& what = operandAt(operand);
    SYSTOLE_CHECK(what.memory == OperandMemory::Activation, "operand {} cannot be written",
                  operand);
    const StoredType& type = typeOf(what);
    std::int64_t place = row.place;
    for (const double value : values) {
        type.store(value,
                   bytesAt(memories_.activations, place, type.bytes(), "activation scratchpad"));
        place += row.stride;
    }
}

}  // namespace systole::arch
