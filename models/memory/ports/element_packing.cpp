// SPDX-License-Identifier: Apache-2.0
#include "models/memory/ports/element_packing.hpp"

#include <fmt/format.h>

#include "models/units.hpp"

namespace systole::memory {

std::uint64_t ElementPacking::wordsOf(std::uint64_t elements) const {
    return ceilDivide(elements, elementsPerWord());
}

std::uint64_t ElementPacking::wordsTouched(std::uint64_t first, std::uint64_t count) const {
    return count == 0 ? 0 : wordOf(first + count - 1) - wordOf(first) + 1;
}

std::optional<std::string> problemOf(const ElementPacking& packing) {
    if (packing.bits == 0) {
        return "elements of no bits, expected at least 1";
    }
    if (packing.wordBits < packing.storedBits()) {
        return fmt::format("words of {} bits, expected at least the {} of an element",
                           packing.wordBits, packing.storedBits());
    }
    return std::nullopt;
}

BlockWords BlockPacking::wordsOf(std::uint64_t values) const {
    return {elements.wordsOf(values), scales.wordsOf(ceilDivide(values, blockLength))};
}

BlockWords BlockPacking::wordsTouched(std::uint64_t first, std::uint64_t count) const {
    if (count == 0) {
        return {};
    }
    const std::uint64_t firstBlock = first / blockLength;
    const std::uint64_t lastBlock = (first + count - 1) / blockLength;
    return {elements.wordsTouched(first, count),
            scales.wordsTouched(firstBlock, lastBlock - firstBlock + 1)};
}

BlockPacking blockPacking(const numeric::BlockFormat& format, std::uint32_t wordBits,
                          Packing packing) {
    const auto packed = [&](const numeric::Format& element) {
        return ElementPacking{static_cast<std::uint32_t>(numeric::widthOf(element)), wordBits,
                              packing};
    };
    return {packed(format.element), packed(format.scale),
            static_cast<std::uint32_t>(format.blockLength)};
}

}  // namespace systole::memory
