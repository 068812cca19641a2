// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "arch/program/command.hpp"
#include "sim/lowering/hazard_map.hpp"

/// Derives the tokens of a program, so that the lowering does not write them by hand. The lowering
/// says which ranges of which memories a command reads and writes; the builder works out which
/// earlier commands it has to wait for. The order of commands within a unit is given by its queue,
/// so only commands of other units matter (docs/machine.md).
///
/// An example: two loads write bytes 0 to 9 and 10 to 19 of the activation scratchpad. A Stream
/// that reads bytes 0 to 9 waits for 1 command of the load unit. One that reads byte 19 waits for
/// 2, and one that reads from byte 20 on does not wait. A load that writes bytes 0 to 9 again waits
/// for the Streams that have read them.
namespace systole::sim {

/// The memories through which commands pass data to each other.
enum class Memory : std::uint8_t { Dram, Activation, Weight, Accumulator };

/// A range of a memory that a command reads or writes: `begin` up to, not including, `end`. It
/// counts bytes, or rows of the accumulator buffer.
struct Access {
    Memory memory = Memory::Dram;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool isWrite = false;
};

/// Collects commands and works out their tokens. A command waits for every earlier command of
/// another unit that has written what it touches, or that has read what it overwrites.
class ProgramBuilder {
public:
    /// For a machine with these units. A command of another one is an InvariantError.
    explicit ProgramBuilder(const arch::UnitSet& units = arch::kMachineUnits) : units_(units) {}

    /// The commands that follow belong to this layer.
    void beginLayer(const std::string& name);
    /// Appends a command with its accesses, for unit `index` of its kind. Places that no command of
    /// the program writes may be left out. A command before the first layer is an InvariantError.
    void emit(arch::Operation operation, const std::vector<Access>& accesses,
              std::uint8_t index = 0);

    /// A place of `bytes` bytes in the image of the DRAM, for elements of that room. The address is
    /// a multiple of `alignment`: with alignment 64, places of 10, 65 and 1 bytes lie at 0, 64 and
    /// 192.
    std::uint64_t allocateDram(std::uint64_t bytes, std::uint64_t alignment,
                               const memory::ElementRoom& room = {});

    /// `count` places of equal size; DramLayout::allocateSeries.
    std::uint64_t allocateSeries(std::uint64_t count, std::uint64_t bytes, std::uint64_t alignment,
                                 const memory::ElementRoom& room);

    arch::Program& program() { return program_; }
    /// The commands since the last call.
    std::vector<arch::Command> takeCommands() { return std::exchange(program_.commands, {}); }

private:
    bool isSettled(const arch::Token& write) const;

    /// With more pieces the map of the DRAM is coarsened: a product of 65,536^3 has millions.
    static constexpr std::size_t kMostPieces = std::size_t{1} << 16;
    using Counts =
        std::array<std::uint64_t, arch::kMostUnits>;  ///< commands, by number of the unit

    arch::UnitSet units_;
    arch::Program program_;
    Counts emitted_{};
    std::array<Counts, arch::kMostUnits> awaited_{};  ///< by unit that waits
    std::array<HazardMap, 4> hazards_;                ///< by Memory
    std::size_t mostPieces_ = kMostPieces;            ///< of the DRAM, before it is coarsened
};

}  // namespace systole::sim
