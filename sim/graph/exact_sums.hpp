// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/numeric/gemm/gemm.hpp"
#include "models/numeric/sums/sum.hpp"
#include "sim/graph/matrix_layout.hpp"

namespace systole::graph {

/// All sums of matrix work on codes with their biases, one after another: docs/arithmetic.md,
/// section 4. Their places count batches, rows, columns and outputs.
class ExactSums {
public:
    ExactSums(const Graph& graph, const Node& node, std::span<const numeric::Code> input,
              std::span<const numeric::Code> weights, std::size_t foldRows);

    const MatrixLayout& layout() const { return layout_; }
    std::int64_t integer(std::size_t place) const { return sums_.at(place); }
    float real(std::size_t place) const;

private:
    void gather(std::span<const numeric::Code> input, std::span<const numeric::Code> weights,
                const std::vector<std::uint32_t>& index);
    void accumulate(std::span<std::int64_t> sum) const;
    std::int64_t accumulateInOneWord() const;
    bool orderMatters() const;
    /// The code that the sum takes for an operand's.
    std::uint16_t taken(const numeric::Codec& codec, numeric::Code code) const;

    const MatrixWork& work_;
    MatrixLayout layout_;
    numeric::Gemm gemm_;
    numeric::SumArithmetic arithmetic_;
    std::size_t words_;
    std::size_t foldRows_;
    std::vector<std::int64_t> activationSteps_;  ///< by code, where a word holds them
    std::vector<std::int64_t> weightSteps_;
    std::vector<std::uint16_t> activations_;  ///< operands of one output, k ascending
    std::vector<std::uint16_t> weights_;
    std::vector<std::int64_t> sums_;
};

}  // namespace systole::graph
