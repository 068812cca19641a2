// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "arch/activity/operand_activity.hpp"
#include "arch/activity/operand_sampler.hpp"
#include "arch/config.hpp"
#include "arch/datapath.hpp"
#include "arch/program/command.hpp"
#include "arch/values/faulty_reads.hpp"
#include "models/numeric/gemm/gemm.hpp"

namespace systole::arch {

/// Every value the machine holds, and what each command does to it. Timing lives elsewhere: a
/// command takes effect as a whole, at the cycle at which its unit completes it; replaying a
/// program in order without a clock gives the same values, or a token is missing.
class MachineState {
public:
    /// Of the DRAM only its errors matter here.
    MachineState(const DatapathConfig& datapath, const ArrayConfig& array,
                 const memory::DramConfig& dram = {},
                 const std::optional<OperandSampling>& sampling = std::nullopt);

    /// Sizes the memories for a program and clears them.
    void reset(const Program& program);

    void execute(const Operation& operation);

    std::span<std::uint8_t> dram() { return dram_; }
    std::span<const std::uint8_t> dram() const { return dram_; }
    std::span<const std::uint8_t> activationScratchpad() const { return activations_; }
    const Datapath& datapath() const { return datapath_; }
    /// Bytes that commands have moved from and to DRAM since the replay began.
    std::uint64_t bytesLoaded() const { return bytesLoaded_; }
    std::uint64_t bytesStored() const { return bytesStored_; }
    /// Clears the counts and what names random bits, and the array's operand registers: every
    /// replay begins alike.
    void startReplay();
    /// Sums that overflowed or saturated in the array since the replay began.
    const numeric::AccumulatorEvents& accumulatorEvents() const { return events_; }
    /// What loads saw of faulty cells since the replay began; empty if the DRAM has no errors.
    const memory::DramFaultCounters* dramFaults() const {
        return faultyReads_ ? &faultyReads_->counters() : nullptr;
    }
    /// What the array's operand registers have done since the replay began.
    const Activity& operandActivity() const { return activity_.counts(); }
    /// Keeps traces of operands from now, the beginning of a replay of the whole program, until
    /// they are taken; nothing without a sampling.
    void startSampling(const Program& program);
    /// A sample for each layer; empty where none were begun.
    std::vector<OperandSample> takeSamples();

private:
    void apply(const LoadTile& op);
    void apply(const LoadWeights& op);
    void apply(const StoreTile& store);
    void apply(const Stream& stream);
    void apply(const Requantize& op);
    void apply(const Pool& pool);
    void apply(const Elementwise& op);
    void apply(const Softmax& op);

    void multiply(const Stream& stream, std::uint32_t arrayRow);
    void load(const DramBox& source, const numeric::Codec& codec,
              std::vector<std::uint8_t>& scratchpad, std::uint32_t address);
    FaultyReads::Content contentOf(const numeric::Codec& codec) const;
    void gatherActivations(const Stream& stream);
    void gatherWeights(const Stream& stream);
    void checkActivations(std::uint32_t address, std::uint64_t elements) const;
    numeric::Code activationAt(std::uint32_t address) const;
    void writeActivation(std::uint32_t address, numeric::Code code);
    numeric::Code pooled(const Pool& pool, std::uint32_t output, std::uint32_t channel) const;

    void checkFold(const Stream& stream) const;
    template <typename Visit>
    void forEachRunOfSums(const Stream& stream, Visit&& visit);
    std::span<std::int64_t> sumAt(std::uint32_t row, std::uint32_t column);
    numeric::Code requantized(std::span<std::int64_t> sum, const numeric::Rescale& rescale,
                              bool relu) const;

    Datapath datapath_;
    numeric::Gemm gemm_;
    ArrayConfig array_;
    numeric::ScaleArithmetic arithmetic_ = numeric::ScaleArithmetic::Fp32Multiplier;
    DramLayout layout_;
    std::vector<std::uint8_t> dram_;
    std::optional<FaultyReads> faultyReads_;
    /// codesAsTaken by the array and by the vector unit; empty where only codes of the formats are.
    std::vector<std::uint16_t> arrayActivations_;
    std::vector<std::uint16_t> arrayWeights_;
    std::vector<std::uint16_t> vectorActivations_;
    std::vector<std::uint8_t> activations_;
    std::vector<std::uint8_t> weights_;
    std::vector<std::int64_t> accumulators_;  ///< [row][array column][word of a sum]
    std::uint64_t accumulatorRows_ = 0;
    numeric::AccumulatorEvents events_;
    OperandActivity activity_;
    std::optional<OperandSampler> sampler_;
    bool samples_ = false;  ///< in this replay
    /// Rows of operands that the array has streamed: they name the random bits of stochastic
    /// rounding, so that no two additions of a replay share theirs.
    std::uint32_t streamedRows_ = 0;
    std::uint64_t bytesLoaded_ = 0;
    std::uint64_t bytesStored_ = 0;
    /// Operands of one fold, and its sums.
    std::vector<std::uint16_t> foldActivations_;
    std::vector<std::uint16_t> foldWeights_;
    std::vector<std::int64_t> foldSums_;
};

}  // namespace systole::arch
