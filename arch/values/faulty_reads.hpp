// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "arch/program/dram_layout.hpp"
#include "models/memory/faults/cell_faults.hpp"
#include "models/memory/faults/dram_fault_counters.hpp"
#include "models/numeric/formats/codec.hpp"

namespace systole::arch {

/// What loads see of a DRAM whose cells are faulty: docs/dram_faults.md. What is stored stays
/// right.
class FaultyReads {
public:
    explicit FaultyReads(const memory::DramConfig& config);

    /// What the elements of a run are made of.
    struct Content {
        std::uint32_t codeBits = 8;     ///< that are connected, of an element's room
        std::uint32_t recordBits = 64;  ///< of it, in the DRAM
    };

    /// A word that two runs of one command share, one right after the other, is read once.
    void beginCommand() { last_.reset(); }
    /// `data` holds what the image has from `imageAddress` on, whole elements; afterwards what a
    /// read gives.
    void read(const DramLayout& layout, std::uint64_t imageAddress, const Content& content,
              std::span<std::uint8_t> data);

    const memory::DramFaultCounters& counters() const { return counters_; }
    void clearCounters() { counters_ = {}; }

private:
    struct Word {
        std::uint64_t number = 0;
        std::uint64_t wrong = 0;  ///< bits that are not what was stored, after ECC
    };
    Word readWord(std::uint64_t number);

    memory::CellFaults cells_;
    bool ecc_;
    std::optional<Word> last_;
    memory::DramFaultCounters counters_;
};

/// The code that a unit takes each pattern for: one that the format produces, of the same value
/// where there is one; -127 for the -128 of a narrow int8. Patterns without a value count as zero,
/// and so do infinities and NaN where the unit has none (`finiteOnly`); else those are what they
/// are. Formats of at most 16 bits.
std::vector<std::uint16_t> codesAsTaken(const numeric::Codec& codec, bool finiteOnly);

}  // namespace systole::arch
