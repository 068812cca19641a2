// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models/numeric/formats/block_format.hpp"

/// Which words of a memory hold which elements. Elements 0, 1, 2, ... fill words 0, 1, 2, ... from
/// the low bits up; an element lies in one word, never across two, and what is left of a word that
/// is too short for a further element stays unused.
namespace systole::memory {

enum class Packing : std::uint8_t {
    Packed,  ///< an element takes its own bits: 42 of six bits in a word of 256
    Padded,  ///< an element takes whole bytes: 32 of six bits in a word of 256
};

struct ElementPacking {
    std::uint32_t bits = 8;        ///< of an element; at least 1
    std::uint32_t wordBits = 128;  ///< at least storedBits()
    Packing packing = Packing::Padded;

    /// Bits of a word that an element takes.
    std::uint32_t storedBits() const {
        return packing == Packing::Packed ? bits : (bits + 7) / 8 * 8;
    }
    std::uint32_t elementsPerWord() const { return wordBits / storedBits(); }

    std::uint64_t wordOf(std::uint64_t element) const { return element / elementsPerWord(); }
    /// Words of so many elements from the beginning of a word on.
    std::uint64_t wordsOf(std::uint64_t elements) const;
    /// Words that hold elements first ..+ count: wordOf(first) and those after it.
    std::uint64_t wordsTouched(std::uint64_t first, std::uint64_t count) const;
};

/// The room of an element: whole bytes in the simulator's image of a memory, and bits in the memory
/// itself. An int4 code has 1 byte in the image and 4 bits in the memory.
struct ElementRoom {
    std::uint32_t imageBytes = 1;
    std::uint32_t bits = 8;

    /// Bytes of the memory that hold so many bytes of the image, from the beginning of an element
    /// on: 10 int4 codes, 10 bytes of the image, take 5 bytes.
    std::uint64_t memoryBytes(std::uint64_t bytes) const {
        return (bits * bytes / imageBytes + 7) / 8;
    }
};

/// What is wrong with the widths and what is expected, or empty.
std::optional<std::string> problemOf(const ElementPacking& packing);

/// Words of elements and of their blocks' scales.
struct BlockWords {
    std::uint64_t elements = 0;
    std::uint64_t scales = 0;

    std::uint64_t total() const { return elements + scales; }
    bool operator==(const BlockWords&) const = default;
};

/// A row of values in a block format (models/numeric/formats/block_format.hpp): block b holds
/// values b * blockLength and on. Elements and scales lie in regions of their own, each from the
/// beginning of a word on and packed alike; one scale a block. The scale of the tensor (NVFP4) is
/// no data of a scratchpad.
struct BlockPacking {
    ElementPacking elements;
    ElementPacking scales;
    std::uint32_t blockLength = 32;

    /// Words of a row of so many values.
    BlockWords wordsOf(std::uint64_t values) const;
    /// Words that hold values first ..+ count of a row and the scales of their blocks.
    BlockWords wordsTouched(std::uint64_t first, std::uint64_t count) const;
};

BlockPacking blockPacking(const numeric::BlockFormat& format, std::uint32_t wordBits,
                          Packing packing);

}  // namespace systole::memory
