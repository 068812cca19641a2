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

/// Whether every unit that moves bytes of the DRAM has waited for the write, or has made it.
bool ProgramBuilder::isSettled(const arch::Token& write) const {
    for (std::size_t number = 0; number < units_.size(); ++number) {
        const arch::UnitId unit = units_.at(number);
        const bool reachesDram =
            unit.kind == arch::UnitKind::Load || unit.kind == arch::UnitKind::Store;
        if (reachesDram && unit != write.unit &&
            awaited_[number][units_.numberOf(write.unit)] < write.count) {
            return false;
        }
    }
    return true;
}

void ProgramBuilder::emit(arch::Operation operation, const std::vector<Access>& accesses,
                          std::uint8_t index) {
    SYSTOLE_CHECK(!program_.layerNames.empty(), "command outside of a layer");
    arch::Command command;
    command.operation = std::move(operation);
    command.index = index;
    command.layer = static_cast<std::uint32_t>(program_.layerNames.size() - 1);
    const std::size_t number = units_.numberOf(command.unit());
    const arch::Token token = arch::tokenOf(command.unit(), ++emitted_[number]);
    for (const Access& access : accesses) {
        hazards_.at(static_cast<std::size_t>(access.memory))
            .touch(access.begin, access.end, access.isWrite, token, command.after);
    }
    for (const arch::Token& awaited : command.after) {
        std::uint64_t& most = awaited_[number][units_.numberOf(awaited.unit)];
        most = std::max<std::uint64_t>(most, awaited.count);
    }
    HazardMap& dram = hazards_.at(static_cast<std::size_t>(Memory::Dram));
    if (dram.pieces() > mostPieces_) {
        dram.coarsen([this](const arch::Token& write) { return isSettled(write); });
        mostPieces_ = std::max(kMostPieces, 2 * dram.pieces());
    }
    program_.commands.push_back(std::move(command));
}

}  // namespace systole::sim
