// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "arch/program/command.hpp"

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
    /// The commands that follow belong to this layer.
    void beginLayer(const std::string& name);
    /// Appends a command with its accesses. A command before the first layer is an InvariantError.
    void emit(arch::Operation operation, const std::vector<Access>& accesses);

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
    /// A range that a unit has touched. The range is free once `count` commands of that unit are
    /// complete.
    struct Use {
        std::uint64_t begin;
        std::uint64_t end;
        bool isWrite;
        arch::Unit unit;
        std::uint64_t count;
    };

    /// Makes the command wait for the uses that the access conflicts with.
    void awaitConflicts(const Access& access, arch::Command& command, arch::Unit unit) const;
    /// Adds the access to the uses, and drops those that no later command needs.
    void remember(const Access& access, arch::Unit unit, std::uint64_t count);
    static void rememberRead(const Access& access, arch::Unit unit, std::uint64_t count,
                             std::vector<Use>& uses);

    arch::Program program_;
    std::array<std::uint64_t, arch::kUnitCount> emitted_{};  ///< commands of each unit so far
    std::array<std::vector<Use>, 4> uses_;                   ///< by Memory
};

}  // namespace systole::sim
