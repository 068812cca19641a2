// SPDX-License-Identifier: Apache-2.0
#include "sim/lowering/program_builder.hpp"

#include <algorithm>

#include "models/check.hpp"
#include "models/units.hpp"

namespace systole::sim {

void ProgramBuilder::beginLayer(const std::string& name) { program_.layerNames.push_back(name); }

std::uint64_t ProgramBuilder::allocateDram(std::uint64_t bytes, std::uint64_t alignment,
                                           const memory::ElementRoom& room) {
    return allocateSeries(1, bytes, alignment, room);
}

std::uint64_t ProgramBuilder::allocateSeries(std::uint64_t count, std::uint64_t bytes,
                                             std::uint64_t alignment,
                                             const memory::ElementRoom& room) {
    const std::uint64_t address = program_.dram.allocateSeries(count, bytes, alignment, room);
    program_.dramBytes = program_.dram.imageBytes();
    return address;
}

void ProgramBuilder::awaitConflicts(const Access& access, arch::Command& command,
                                    arch::Unit unit) const {
    for (const Use& use : uses_.at(static_cast<std::size_t>(access.memory))) {
        const bool overlaps = use.begin < access.end && access.begin < use.end;
        if (overlaps && use.unit != unit && (use.isWrite || access.isWrite)) {
            std::uint64_t& after = command.after.at(static_cast<std::size_t>(use.unit));
            after = std::max(after, use.count);
        }
    }
}

void ProgramBuilder::remember(const Access& access, arch::Unit unit, std::uint64_t count) {
    std::vector<Use>& uses = uses_.at(static_cast<std::size_t>(access.memory));
    if (access.memory == Memory::Dram && !access.isWrite) {
        rememberRead(access, unit, count, uses);
        return;
    }
    // A later command that conflicts with an earlier use waits for this command instead, if this
    // one overwrites the range: it has waited for the other units' uses, and its own unit works in
    // order. A read takes the place only of earlier reads by the same unit.
    std::erase_if(uses, [&](const Use& use) {
        const bool covered = access.begin <= use.begin && use.end <= access.end;
        return covered && (access.isWrite || (use.unit == unit && !use.isWrite));
    });
    uses.push_back({access.begin, access.end, access.isWrite, unit, count});
}

/// Reads of DRAM are many, and few of their places are written again: reads that touch become one,
/// of all their bytes, by the last of the commands.
void ProgramBuilder::rememberRead(const Access& access, arch::Unit unit, std::uint64_t count,
                                  std::vector<Use>& uses) {
    Use whole{access.begin, access.end, false, unit, count};
    std::erase_if(uses, [&](const Use& use) {
        const bool touches =
            use.unit == unit && !use.isWrite && use.begin <= whole.end && whole.begin <= use.end;
        if (touches) {
            whole.begin = std::min(whole.begin, use.begin);
            whole.end = std::max(whole.end, use.end);
        }
        return touches;
    });
    uses.push_back(whole);
}

void ProgramBuilder::emit(arch::Operation operation, const std::vector<Access>& accesses) {
    SYSTOLE_CHECK(!program_.layerNames.empty(), "command outside of a layer");
    arch::Command command;
    const arch::Unit unit = arch::unitOf(operation);
    command.operation = std::move(operation);
    command.layer = static_cast<std::uint32_t>(program_.layerNames.size() - 1);
    for (const Access& access : accesses) {
        awaitConflicts(access, command, unit);
    }
    const std::uint64_t count = ++emitted_.at(static_cast<std::size_t>(unit));
    for (const Access& access : accesses) {
        remember(access, unit, count);
    }
    program_.commands.push_back(std::move(command));
}

}  // namespace systole::sim
