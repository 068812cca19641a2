// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "arch/config.hpp"
#include "arch/program/command.hpp"
#include "models/memory/ports/element_packing.hpp"
#include "models/memory/ports/port_arbiter.hpp"
#include "models/memory/ports/port_map.hpp"

/// The ports of the scratchpads and of the accumulator buffer, and the arbitration between the
/// units that want the same port. The units post their accesses here (models/memory/ports).
namespace systole::arch {

/// The words of a scratchpad. Addresses count storage bytes: an element has whole bytes there,
/// whatever room it takes in a word. int8 elements in words of 8 bytes: address 20 lies in word 2.
/// Words are cut into places (placesOf), and a wider element takes several of them.
class WordLayout {
public:
    /// `elementBytes`: of the places that an element takes.
    WordLayout(const ScratchpadConfig& config, const numeric::Format& place,
               memory::Packing packing, std::uint32_t elementBytes);

    std::uint32_t elementBytes() const { return elementBytes_; }
    std::uint32_t elementsPerWord() const { return wordBytes_ / elementBytes_; }
    std::uint64_t wordOf(std::uint64_t address) const { return address / wordBytes_; }
    /// Calls visit(word) for the words of a run that is not empty.
    template <typename Visit>
    void forEachWord(std::uint64_t address, std::uint64_t bytes, Visit&& visit) const {
        const std::uint64_t last = wordOf(address + bytes - 1);
        for (std::uint64_t word = wordOf(address); word <= last; ++word) {
            visit(word);
        }
    }
    /// Storage bytes of a word, and of the whole scratchpad. The latter has no value if the
    /// scratchpad is unlimited.
    std::uint32_t wordBytes() const { return wordBytes_; }
    Limit capacityBytes() const;

private:
    std::uint32_t elementBytes_;
    std::uint32_t wordBytes_ = 0;
    Limit words_;
};

/// For elements of the machine's first datapath.
WordLayout activationLayout(const MachineConfig& machine);
WordLayout weightLayout(const MachineConfig& machine);

/// All ports of one machine.
class ScratchpadPorts {
public:
    explicit ScratchpadPorts(const MachineConfig& config);

    /// Forgets all accesses. Time begins again at cycle 0.
    void reset();

    memory::PortArbiter& arbiter() { return *arbiter_; }
    const memory::PortArbiter& arbiter() const { return *arbiter_; }
    /// Units of one kind take turns at one client.
    static memory::ClientId clientOf(UnitKind unit) { return static_cast<memory::ClientId>(unit); }

    const WordLayout& activationWords(DatapathId datapath = 0) const {
        return activationWords_.at(datapath);
    }
    const WordLayout& weightWords(DatapathId datapath = 0) const {
        return weightWords_.at(datapath);
    }
    const memory::PortMap& activations() const { return activations_; }
    const memory::PortMap& weights() const { return weights_; }
    /// Banks 0 and 1 are the two halves. It has no ports if reads and writes of sums have separate
    /// ports, because then there is no contention.
    const memory::PortMap& accumulators() const { return accumulators_; }
    /// The half in which a row of the accumulator buffer lies. `rows` counts both halves.
    static std::uint64_t halfOf(std::uint32_t row, std::uint32_t rows) {
        return row < rows / 2 ? 0 : 1;
    }

private:
    std::vector<WordLayout> activationWords_;  ///< by datapath
    std::vector<WordLayout> weightWords_;
    memory::PortMap activations_;
    memory::PortMap weights_;
    memory::PortMap accumulators_;
    memory::PortArbitration arbitration_;
    std::optional<memory::PortArbiter> arbiter_;
};

/// A pause of so many cycles, 1 or more.
inline memory::AccessStep pauseOf(Cycle cycles) { return {.cycles = cycles, .accesses = {}}; }

}  // namespace systole::arch
