// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "arch/structural/clocked_array.hpp"
#include "arch/structural/gemm_folds.hpp"
#include "sim/graph/graph.hpp"

namespace systole::sim {

/// The GEMM of `gemmNetwork` on the structural array, as a waveform (VCD, IEEE 1364) of all its
/// signals. To be built before anything of the process runs.
class GemmWaveform {
public:
    /// PEs times cycles, at most: 20 to 50 bytes each.
    static constexpr std::uint64_t kLargest = 2'000'000;

    /// ConfigError if the waveform would be too large, or the array cannot follow the accumulator:
    /// random bits are named by places that no wire carries.
    GemmWaveform(const arch::MachineConfig& machine, const graph::Graph& graph,
                 std::span<const numeric::Code> input);

    /// Runs the array and writes the whole file or nothing.
    void write(const std::filesystem::path& file);

    /// What the array took, in array time; after `write`.
    Cycle cycles() const { return cycles_; }
    /// The product, requantized, row by row; after `write`.
    std::vector<numeric::Code> product() const;

private:
    /// Runs the array; the waveform's text.
    std::string record();
    Cycle run();
    void answer();
    void collect(std::size_t result);

    const graph::Graph& graph_;
    arch::DatapathConfig datapath_;
    arch::ArrayConfig array_;
    numeric::GemmShape shape_;
    std::vector<arch::structural::GemmFold> folds_;
    std::unique_ptr<arch::structural::ClockedArray> clocked_;
    numeric::SumRegister adder_;
    std::vector<std::int64_t> sums_;      ///< [m][n][word]
    std::vector<std::size_t> collected_;  ///< sums that have appeared at every result
    Cycle cycles_ = 0;
    std::size_t taken_ = 0;
    std::size_t vectors_ = 0;  ///< stationary ones that were loaded
    std::size_t streaming_ = 0;
    std::size_t step_ = 0;
};

/// Whether every cycle of a GEMM is the array's, as docs/array.md counts them: nothing else of the
/// machine costs time.
bool onlyArrayCostsTime(const arch::MachineConfig& machine);

}  // namespace systole::sim
