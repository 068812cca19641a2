// SPDX-License-Identifier: Apache-2.0
#include "arch/program/element_type.hpp"

#include "models/units.hpp"

namespace systole::arch {
namespace {

constexpr std::uint32_t kRealBits = 32;

std::uint32_t storedBits(std::uint32_t bits, memory::Packing packing) {
    return memory::ElementPacking{.bits = bits, .packing = packing}.storedBits();
}

std::uint32_t bitsOf(const numeric::Format& format) {
    return static_cast<std::uint32_t>(numeric::widthOf(format));
}

}  // namespace

std::uint32_t ElementType::codeBits() const { return format ? bitsOf(*format) : kRealBits; }

std::uint32_t ElementType::codeBytes() const {
    return format ? static_cast<std::uint32_t>(numeric::storageBytes(*format)) : kRealBits / 8;
}

ElementType elementType(const std::optional<numeric::Format>& format,
                        const DatapathConfig& datapath) {
    ElementType type{format, {}};
    const std::uint32_t place = storedBits(bitsOf(datapath.activation), datapath.packing);
    type.room.bits = storedBits(type.codeBits(), datapath.packing);
    type.room.imageBytes = static_cast<std::uint32_t>(ceilDivide(type.room.bits, place)) *
                           static_cast<std::uint32_t>(numeric::storageBytes(datapath.activation));
    return type;
}

}  // namespace systole::arch
