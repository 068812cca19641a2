// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arch/datapath.hpp"
#include "arch/program/vector_command.hpp"
#include "arch/values/stored_type.hpp"
#include "models/numeric/sums/accumulator.hpp"

namespace systole::arch {

/// The memories of the machine as the operands of one vector command.
class VectorMemory final : public numeric::VectorOperands {
public:
    struct Memories {
        std::span<std::uint8_t> activations;
        std::span<const std::uint8_t> weights;
        std::span<const std::int64_t> accumulators;  ///< [row], of which [column][word of a sum]
        std::size_t rowWords;                        ///< of a row of them
        std::span<const StoredType> types;           ///< by TypeId
        bool mayBeWrong;                             ///< records come from a faulty memory
    };

    VectorMemory(const Datapath& datapath, numeric::ScaleArithmetic arithmetic,
                 const VectorCommand& command, const Memories& memories)
        : datapath_(datapath), arithmetic_(arithmetic), command_(command), memories_(memories) {}

    void load(std::uint32_t operand, const numeric::ElementRow& row,
              std::span<double> values) override;
    void load(std::uint32_t operand, const numeric::ElementRow& row,
              std::span<numeric::Int128> values) override;
    void store(std::uint32_t operand, const numeric::ElementRow& row,
               std::span<const double> values) override;

    bool isConstant(std::uint32_t operand) const override {
        return operandAt(operand).memory == OperandMemory::Parameter;
    }

    /// What did not fit as biases were added.
    const numeric::AccumulatorEvents& events() const { return events_; }

private:
    const VectorOperand& operandAt(std::uint32_t operand) const;
    const StoredType& typeOf(const VectorOperand& operand) const;
    const std::uint8_t* elementAt(const StoredType& type, std::int64_t place) const;
    ColumnParameters recordAt(std::int64_t place) const;
    void readBiases(const numeric::OperandView& view, const numeric::ElementRow& row,
                    std::size_t count);
    template <typename Take>
    void forEachSum(const VectorOperand& operand, const numeric::ElementRow& row, std::size_t count,
                    const Take& take);

    const Datapath& datapath_;
    numeric::ScaleArithmetic arithmetic_;
    const VectorCommand& command_;
    Memories memories_;
    numeric::AccumulatorEvents events_;
    std::vector<std::int64_t> sum_;
    std::vector<std::int64_t> biases_;  ///< of the row of sums at hand
    std::int64_t biasPlace_ = -1;       ///< of the first one
};

}  // namespace systole::arch
