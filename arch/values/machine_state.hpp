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
#include "arch/values/stored_type.hpp"
#include "models/numeric/gemm/gemm.hpp"

namespace systole::arch {

/// Every value that the machine holds, and what each command does to it. docs/arithmetic.md defines
/// the values, docs/machine.md the machine. The units (CommandUnit) spend the time of a command and
/// then call `execute`, so a command takes effect as a whole in the cycle in which its unit
/// completes it. Nothing here knows the time. A replay of the program in order, without a clock,
/// must give the same values; if it does not, a token is missing.
///
/// An example with INT8 operands: activations 1 2 / 3 4 (two outputs of two reduction indices) and
/// weights 5 6 / 7 8 (two channels). A Stream gives the sums 19 22 / 43 50. A vector
/// command that requantizes them with biases 10 and -100 and multiplier 1 writes the codes 29 -78 /
/// 53 -50.
///
/// Addresses and sizes are bytes, except for the rows of the accumulator buffer. A command that
/// leaves its memory or the array is a mistake of the lowering: an InvariantError.
class MachineState {
public:
    /// Of the DRAM's configuration only the faults and the ECC matter here. The operand sampling is
    /// for startSampling.
    explicit MachineState(const MachineConfig& machine);

    /// Sizes the memories for a program and clears them. Those of a program without values stay
    /// empty.
    void reset(const Program& program);

    /// Lets a command take effect.
    void execute(const Operation& operation);

    /// The image of the DRAM, in which every element has whole bytes (DramLayout).
    std::span<std::uint8_t> dram() { return dram_; }
    std::span<const std::uint8_t> dram() const { return dram_; }
    std::span<const std::uint8_t> scratchpad(Scratchpad which) const {
        return which == Scratchpad::Weight ? weights_ : activations_;
    }
    const Datapath& datapath(DatapathId datapath = 0) const { return paths_.at(datapath).datapath; }
    /// Bytes that commands have moved from and to DRAM since the replay began. Elements count with
    /// the bits that they have in DRAM.
    std::uint64_t bytesLoaded() const { return bytesLoaded_; }
    std::uint64_t bytesStored() const { return bytesStored_; }
    /// Clears the counters, the state of the random bits and the array's operand registers, so that
    /// every replay begins in the same state.
    void startReplay();
    /// How often sums have overflowed or saturated since the replay began: in the array, and as
    /// their biases were added.
    const numeric::AccumulatorEvents& accumulatorEvents() const { return events_; }
    /// What loads have seen of faulty cells since the replay began; null if the DRAM has neither
    /// faults nor ECC.
    const memory::DramFaultCounters* dramFaults() const {
        return faultyReads_ ? &faultyReads_->counters() : nullptr;
    }
    /// What the array's operand registers have done since the replay began
    /// (docs/energy_activity.md).
    Activity operandActivity() const;
    /// Begins to keep traces of operands. It is called at the beginning of a replay of the whole
    /// program, and the traces last until takeSamples. It does nothing without a sampling.
    void startSampling(const Program& program);
    /// The traces, one for each layer; empty if none were begun.
    std::vector<OperandSample> takeSamples();

private:
    /// A datapath of the array, with the operand registers of its elements.
    struct Path {
        Datapath datapath;
        ArrayConfig array;
        numeric::Gemm gemm;
        OperandActivity activity;
        /// Tables of codesAsTaken for the array. They are empty where the DRAM has no errors,
        /// because then every code is one that the format produces.
        std::vector<std::uint16_t> activations{};
        std::vector<std::uint16_t> weights{};

        std::size_t sumWords() const { return static_cast<std::size_t>(datapath.sums.words()); }
    };

    void apply(const TransferCommand& transfer);
    void apply(const Stream& stream);
    void apply(const VectorCommand& command);

    void multiply(const Stream& stream, std::uint32_t arrayRow);
    void load(const TransferCommand& transfer, std::span<std::uint8_t> scratchpad);
    void store(const TransferCommand& transfer, std::span<const std::uint8_t> scratchpad);
    void makeTypes(const Program& program);
    const Path& pathOf(const Stream& stream) const { return paths_.at(stream.datapath); }
    void gatherActivations(const Stream& stream);
    void gatherWeights(const Stream& stream);
    void checkFold(const Stream& stream) const;
    template <typename Visit>
    void forEachRunOfSums(const Stream& stream, Visit&& visit);

    std::vector<Path> paths_;   ///< by datapath
    std::size_t rowWords_ = 0;  ///< of the accumulator buffer: those of the widest datapath
    numeric::ScaleArithmetic arithmetic_ = numeric::ScaleArithmetic::Fp32Multiplier;
    DramLayout layout_;
    std::vector<std::uint8_t> dram_;
    std::optional<FaultyReads> faultyReads_;
    std::vector<StoredType> types_;  ///< by TypeId
    std::vector<std::uint8_t> activations_;
    std::vector<std::uint8_t> weights_;
    std::vector<std::int64_t> accumulators_;  ///< [row], of which [array column][word of a sum]
    std::uint64_t accumulatorRows_ = 0;
    numeric::AccumulatorEvents events_;
    std::optional<OperandSampler> sampler_;
    bool samples_ = false;  ///< whether this replay keeps traces
    /// Rows of operands that the array has streamed. Stochastic rounding draws its random bits by
    /// this number, so that no two additions of a replay have the same ones (docs/arithmetic.md,
    /// section 1).
    std::uint32_t streamedRows_ = 0;
    std::uint64_t bytesLoaded_ = 0;
    std::uint64_t bytesStored_ = 0;
    /// The operands and the sums of one fold, kept to save allocations.
    std::vector<std::uint16_t> foldActivations_;
    std::vector<std::uint16_t> foldWeights_;
    std::vector<std::int64_t> foldSums_;
};

}  // namespace systole::arch
