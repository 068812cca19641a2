// SPDX-License-Identifier: Apache-2.0
// Tokens against all conflicts that there are, on random accesses; and a replay of a program that
// uses its places in DRAM again and again.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "sim/lowering/program_builder.hpp"
#include "tests/unit/arch/machine_fixture.hpp"

namespace systole::sim {
namespace {

using arch::UnitKind;
using Random = std::mt19937_64;

struct Emitted {
    std::vector<Access> accesses;
    std::uint64_t number = 0;                        ///< among the commands of its unit, from 1 on
    std::map<arch::UnitId, std::uint64_t> complete;  ///< of each unit, before it begins
};

bool conflict(const Access& a, const Access& b) {
    return a.memory == b.memory && a.begin < b.end && b.begin < a.end && (a.isWrite || b.isWrite);
}

bool conflict(const Emitted& a, const Emitted& b) {
    return std::any_of(a.accesses.begin(), a.accesses.end(), [&](const Access& one) {
        return std::any_of(b.accesses.begin(), b.accesses.end(),
                           [&](const Access& other) { return conflict(one, other); });
    });
}

arch::Operation operationOf(UnitKind kind) {
    switch (kind) {
        case UnitKind::Load:
            return arch::TransferCommand{};
        case UnitKind::Store:
            return arch::TransferCommand{.box = {}, .direction = arch::Direction::Store};
        case UnitKind::Array:
            return arch::Stream{};
        case UnitKind::Vector:
            return arch::VectorCommand{};
    }
    return {};
}

/// Three ranges at most, some of which are the same again and again.
std::vector<Access> randomAccesses(Random& random) {
    std::vector<Access> accesses(1 + random() % 3);
    for (Access& access : accesses) {
        access.memory = static_cast<Memory>(random() % 4);
        access.begin = random() % 2 == 0 ? 16 * (random() % 4) : random() % 60;
        access.end = access.begin + (random() % 2 == 0 ? 16 : 1 + random() % 20);
        access.isWrite = random() % 2 == 0;
    }
    return accesses;
}

/// A program of random commands, with what is known to be complete before each of them begins: what
/// its tokens say, and what was known to them, and to the one before it in its unit.
class RandomProgram {
public:
    RandomProgram(std::uint64_t seed, const arch::UnitSet& units) : builder_(units) {
        Random random(seed);
        builder_.beginLayer("layer");
        for (int i = 0; i < 300; ++i) {
            const arch::UnitId unit = units.at(random() % units.size());
            std::vector<Access> accesses = randomAccesses(random);
            builder_.emit(operationOf(unit.kind), accesses, unit.index);
            add(builder_.program().commands.back(), std::move(accesses));
        }
    }

    const std::vector<arch::Command>& commands() { return builder_.program().commands; }
    const std::vector<Emitted>& emitted() const { return emitted_; }
    const Emitted& at(const arch::Token& token) const {
        return emitted_[places_.at(token.unit)[token.count - 1]];
    }

private:
    void add(const arch::Command& command, std::vector<Access> accesses) {
        std::vector<std::size_t>& own = places_[command.unit()];
        Emitted emitted{std::move(accesses), own.size() + 1, {}};
        const auto know = [&](arch::UnitId unit, std::uint64_t count, const Emitted& earlier) {
            std::uint64_t& known = emitted.complete[unit];
            known = std::max(known, count);
            for (const auto& [other, number] : earlier.complete) {
                emitted.complete[other] = std::max(emitted.complete[other], number);
            }
        };
        if (!own.empty()) know(command.unit(), own.size(), emitted_[own.back()]);
        for (const arch::Token& token : command.after) know(token.unit, token.count, at(token));
        own.push_back(emitted_.size());
        emitted_.push_back(std::move(emitted));
    }

    ProgramBuilder builder_;
    std::vector<Emitted> emitted_;
    std::map<arch::UnitId, std::vector<std::size_t>> places_;
};

class RandomHazards : public testing::TestWithParam<std::uint64_t> {
protected:
    arch::UnitSet units() const {
        return GetParam() % 2 == 0 ? arch::UnitSet{} : arch::UnitSet{{2, 3, 2, 1}};
    }
};

TEST_P(RandomHazards, EveryConflictIsOrdered) {
    RandomProgram program(GetParam(), units());
    std::size_t conflicts = 0;
    for (std::size_t later = 0; later < program.commands().size(); ++later) {
        for (std::size_t earlier = 0; earlier < later; ++earlier) {
            const Emitted& a = program.emitted()[earlier];
            const Emitted& b = program.emitted()[later];
            if (!conflict(a, b)) continue;
            ++conflicts;
            const auto known = b.complete.find(program.commands()[earlier].unit());
            ASSERT_TRUE(known != b.complete.end() && known->second >= a.number)
                << "command " << later << " may begin before " << earlier;
        }
    }
    EXPECT_GT(conflicts, 1000U);
}

TEST_P(RandomHazards, NobodyWaitsForACommandThatItHasNoConflictWith) {
    RandomProgram program(GetParam(), units());
    for (std::size_t later = 0; later < program.commands().size(); ++later) {
        const arch::Command& command = program.commands()[later];
        for (const arch::Token& token : command.after) {
            ASSERT_NE(token.unit, command.unit());
            ASSERT_TRUE(conflict(program.at(token), program.emitted()[later]))
                << "command " << later;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomHazards, testing::Range<std::uint64_t>(0, 20));

TEST(HazardMap, MakesOnePieceOfReadsThatTouchWhenItIsCoarsened) {
    HazardMap map;
    arch::Tokens none;
    const auto load = [](std::uint64_t n) { return arch::tokenOf({UnitKind::Load}, n); };
    const auto store = [](std::uint64_t n) { return arch::tokenOf({UnitKind::Store}, n); };
    for (std::uint64_t i = 0; i < 10; ++i) {
        map.touch(10 * i, 10 * i + 10, true, store(i + 1), none);
        map.touch(10 * i, 10 * i + 10, false, load(i + 1), none);
    }
    ASSERT_EQ(map.pieces(), 10U);
    map.coarsen([](const arch::Token& write) { return write.count <= 6; });
    EXPECT_EQ(map.pieces(), 5U) << "six whose writes are settled, and four for themselves";
    arch::Tokens after;
    map.touch(0, 5, true, store(11), after);
    EXPECT_EQ(after.of({UnitKind::Load}), 6U) << "the last of the reads that became one";
    arch::Tokens reader;
    map.touch(70, 75, false, arch::tokenOf({UnitKind::Load, 1}, 1), reader);
    EXPECT_EQ(reader.of({UnitKind::Store}), 8U);
}

/// Copies between four places of the DRAM and four of the scratchpad, each used again and again.
arch::Program copies(std::uint64_t seed, bool tracksDram) {
    constexpr std::uint32_t kPlaceBytes = 64;
    Random random(seed);
    ProgramBuilder builder;
    builder.beginLayer("copies");
    for (int i = 0; i < 200; ++i) {
        const std::uint32_t bytes = 8 + random() % (kPlaceBytes - 8);
        arch::TransferCommand transfer{
            .box = {.address = kPlaceBytes * (random() % 4), .runBytes = bytes},
            .address = static_cast<std::uint32_t>(kPlaceBytes * (random() % 4)),
            .direction = random() % 2 == 0 ? arch::Direction::Load : arch::Direction::Store};
        const bool isStore = transfer.direction == arch::Direction::Store;
        std::vector<Access> accesses{
            {Memory::Activation, transfer.address, transfer.address + bytes, !isStore}};
        if (tracksDram) {
            accesses.push_back(
                {Memory::Dram, transfer.box.address, transfer.box.address + bytes, isStore});
        }
        builder.emit(transfer, accesses);
    }
    arch::Program program = std::move(builder.program());
    program.activationBytes = 4 * kPlaceBytes;
    program.dramBytes = 4 * kPlaceBytes;
    return program;
}

/// Whether a replay with time leaves the same bytes in the DRAM as one without.
std::vector<bool> areEqual(const std::vector<arch::Program>& programs) {
    arch::MachineConfig machine = arrayOnly(4, 4);
    machine.dma = {.bytesPerCycle = 8, .outstandingBursts = 2};
    machine.dram.ideal = {
        .latencyCycles = 40, .bytesPerCycle = 4, .burstBytes = 16, .capacityBytes = 1 << 20};
    const auto accelerator = buildAccelerator(machine);
    std::vector<bool> equal;
    for (const arch::Program& program : programs) {
        std::vector<std::string> images;
        for (const bool isTimed : {true, false}) {
            accelerator->load(program);
            for (std::size_t i = 0; i < accelerator->dram().size(); ++i) {
                accelerator->dram()[i] = static_cast<std::uint8_t>(i);
            }
            isTimed ? static_cast<void>(accelerator->replayTimed())
                    : static_cast<void>(accelerator->replayValues());
            images.emplace_back(accelerator->dram().begin(), accelerator->dram().end());
        }
        equal.push_back(images[0] == images[1]);
    }
    return equal;
}

TEST(DramHazards, APlaceIsWrittenAgainWhereTimeIsAsWithoutTime) {
    std::vector<arch::Program> programs;
    for (std::uint64_t seed = 0; seed < 20; ++seed) programs.push_back(copies(seed, true));
    EXPECT_EQ(areEqual(programs), std::vector<bool>(20, true));
}

TEST(DramHazards, AreSeenWhereNobodyTracksThem) {
    std::vector<arch::Program> programs;
    for (std::uint64_t seed = 0; seed < 20; ++seed) programs.push_back(copies(seed, false));
    EXPECT_EQ(areEqual(programs), std::vector<bool>(20, false));
}

}  // namespace
}  // namespace systole::sim
