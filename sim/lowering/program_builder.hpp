// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "arch/program/command.hpp"

namespace systole::sim {

/// The memories whose contents commands hand to each other.
enum class Memory : std::uint8_t { Dram, Activation, Weight, Accumulator };

/// A range of a memory that a command reads or writes: bytes, or rows of the accumulator buffer.
struct Access {
    Memory memory = Memory::Dram;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool isWrite = false;
};

/// Collects commands and works out their tokens: a command waits for every earlier command of
/// another unit that wrote what it touches, or read what it overwrites. (Within a unit order is
/// given.)
class ProgramBuilder {
public:
    void beginLayer(const std::string& name);
    void emit(arch::Operation operation, const std::vector<Access>& accesses);

    /// A place in the image of the DRAM, for elements of that room, aligned to `alignment`.
    std::uint64_t allocateDram(std::uint64_t bytes, std::uint64_t alignment,
                               const memory::ElementRoom& room = {});

    arch::Program& program() { return program_; }

private:
    /// A range that a unit touched; `count` commands of that unit are then done with it.
    struct Use {
        std::uint64_t begin;
        std::uint64_t end;
        bool isWrite;
        arch::Unit unit;
        std::uint32_t count;
    };

    void awaitConflicts(const Access& access, arch::Command& command, arch::Unit unit) const;
    void remember(const Access& access, arch::Unit unit, std::uint32_t count);

    arch::Program program_;
    std::array<std::uint32_t, arch::kUnitCount> emitted_{};
    std::array<std::vector<Use>, 4> uses_;
};

}  // namespace systole::sim
