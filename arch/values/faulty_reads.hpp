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

/// What loads see of a DRAM whose cells are faulty; docs/dram_faults.md is the source. MachineState
/// copies the right bytes from its image and then has them damaged here. The image itself stays
/// right. Which cells are faulty comes from memory::CellFaults, error correction from
/// memory::decodeSecded, and the places of elements in the DRAM from DramLayout.
///
/// An example with elements of 4 bits, each of which has a byte in the image: 16 elements at image
/// address 8 are bits 32 to 95 of the DRAM. A read of them takes the 64-bit words 0 and 1. If the
/// same command then reads 16 elements at address 24, bits 96 to 159, that takes word 2 only: word
/// 1 has just been read. The counter wordsRead is then 3.
class FaultyReads {
public:
    /// Uses the faults and the ECC of the configuration.
    explicit FaultyReads(const memory::DramConfig& config);

    /// How many bits of a run's elements have a meaning. Faults in the other bits have no effect.
    struct Content {
        std::uint32_t codeBits = 8;     ///< of an element
        std::uint32_t recordBits = 64;  ///< of a parameter record
    };

    /// Called before the first run of a command. Two runs of one command that follow each other and
    /// share a word read it once; two commands read it twice.
    void beginCommand() { last_.reset(); }
    /// Before the call `data` holds the bytes of the image from `imageAddress` on, which are whole
    /// elements. After it `data` holds what a read of the DRAM gives.
    void read(const DramLayout& layout, std::uint64_t imageAddress, const Content& content,
              std::span<std::uint8_t> data);

    const memory::DramFaultCounters& counters() const { return counters_; }
    void clearCounters() { counters_ = {}; }

private:
    struct Word {
        std::uint64_t number = 0;
        std::uint64_t wrong = 0;  ///< bits that differ from the stored ones, after ECC
    };
    Word readWord(std::uint64_t number);

    memory::CellFaults cells_;
    bool ecc_;
    std::optional<Word> last_;  ///< the word that this command read last
    memory::DramFaultCounters counters_;
};

/// For each bit pattern, the code as which a unit takes it. A fault can make patterns that the
/// format never produces. The unit takes such a pattern as the code of the same value if there is
/// one, else as the nearest code: a narrow int8 takes -128 as -127. A pattern without a value is
/// taken as zero. Infinities and NaN stay as they are, but a unit with `finiteOnly` takes them as
/// zero. The format has at most 16 bits.
std::vector<std::uint16_t> codesAsTaken(const numeric::Codec& codec, bool finiteOnly);

}  // namespace systole::arch
