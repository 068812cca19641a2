// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "arch/mapping/mapping_search.hpp"
#include "arch/mapping/unit_costs.hpp"

/// The plan of vector work and of moves: pieces of a space, their loads, buffer turns and stores,
/// from one generator. dramTraffic sums them, estimateOf follows them, sim/lowering writes their
/// commands, and searchPieces chooses the cut. layer_plan.hpp is the same for matrix work.
///
/// An example: 8 rows of 16 elements and one input, cut into pieces of 2 rows. The 4 pieces load
/// into halves 0, 1, 0, 1 of the input's buffer and store from halves 0, 1, 0, 1 of the result's.
/// An input of 16 elements that all rows share is loaded with the first piece alone.
namespace systole::arch {

/// A part of a space: its first index and its extent along each axis.
struct Piece {
    std::vector<std::uint32_t> begin;
    std::vector<std::uint32_t> extents;
};

/// How a space is cut: into pieces of these extents, at the ends of its axes smaller ones.
/// The loop over axis `outermost` is outside, the others inside of it in their order, the last one
/// fastest.
struct PieceCut {
    std::vector<std::uint32_t> extents;
    std::size_t outermost = 0;

    bool operator==(const PieceCut&) const = default;
};

/// What the pieces of a layer are and move; sim/lowering knows its tensors.
class PieceWork {
public:
    PieceWork() = default;
    PieceWork(const PieceWork&) = delete;
    PieceWork& operator=(const PieceWork&) = delete;
    virtual ~PieceWork() = default;

    virtual const std::vector<std::uint32_t>& space() const = 0;
    /// Whether an axis may be cut.
    virtual bool mayCut(std::size_t axis) const = 0;
    virtual std::size_t inputs() const = 0;
    /// Bytes of the activation scratchpad that pieces of these extents need, in both halves.
    virtual std::uint64_t bytes(const std::vector<std::uint32_t>& extents) const = 0;
    /// Whether two pieces need the same elements of an input.
    virtual bool sameInput(std::size_t input, const Piece& left, const Piece& right) const = 0;
    virtual Runs loadOf(std::size_t input, const Piece& piece) const = 0;
    /// Runs of one store, and how many of them the piece has.
    virtual Runs storeOf(const Piece& piece) const = 0;
    virtual std::uint32_t storesOf(const Piece& piece) const = 0;
    /// Of the vector unit; nothing of a move, which stores what lies in its input's buffer.
    virtual std::optional<Cycle> cyclesOf(const Piece& piece) const = 0;
};

/// A piece with its buffers.
struct PieceStep {
    Piece piece;
    std::vector<bool> loads;           ///< by input: else it has that of the piece before
    std::vector<std::uint8_t> halves;  ///< by input, then the result
};

class PiecePlan {
public:
    /// Keeps references. The first piece has this half of each buffer.
    PiecePlan(const PieceWork& work, const PieceCut& cut, std::uint8_t firstHalf = 0);

    std::uint64_t count() const;
    /// The steps one after another; empty after the last one.
    std::optional<PieceStep> next();

private:
    const PieceWork& work_;
    const PieceCut& cut_;
    std::vector<std::size_t> order_;  ///< of the axes, outermost first
    std::vector<std::uint32_t> begin_;
    std::uint8_t firstHalf_;
    std::optional<PieceStep> before_;
    bool done_ = false;
};

/// What the first steps of a plan take, with the machine to themselves.
struct PieceEstimate {
    double cycles = 0;
    double tail = 0;  ///< of them, those after the last load
    DramActions dram;
    DramTraffic traffic;  ///< `weights` and `skip` are 0, and halos are not told apart
};
PieceEstimate estimateOf(const PieceWork& work, const PieceCut& cut, const TransferCosts& transfers,
                         std::uint64_t steps);

/// Replays the first steps of a cut on the machine.
using PieceReplay = std::function<CandidateReplay::Costs(const PieceCut& cut, std::uint64_t steps)>;

/// What the search knows besides the work.
struct PieceTask {
    /// Cycles that the first weights of the next layer take. They can be loaded after the last load
    /// of the work, so a cut whose last load is late delays the next layer.
    double nextWeights = 0;
    const ActionEnergies* energies = nullptr;  ///< where the objective needs them
    PieceReplay replay{};                      ///< none: the estimates alone decide
};

/// The best cut that fits, by machine.mapping.objective, or none. docs/mapping.md says which cuts
/// are tried.
std::optional<PieceCut> searchPieces(const MachineConfig& machine, const PieceWork& work,
                                     const PieceTask& task);

}  // namespace systole::arch
