// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "arch/config.hpp"
#include "models/memory/ports/element_packing.hpp"
#include "models/numeric/formats/format.hpp"

namespace systole::arch {

/// Numbers the element types of a program's activations. The first one is that of the machine's
/// first datapath; the others are listed in Program::types.
using TypeId = std::uint32_t;
inline constexpr TypeId kActivationType = 0;
inline constexpr TypeId kFirstListedType = 1;

/// What an element of a tensor is, and how much room it takes.
struct ElementType {
    std::optional<numeric::Format> format;  ///< empty: binary32, which is loaded and never stored
    /// Bytes in the activation scratchpad and in the image of the DRAM; bits in the DRAM.
    memory::ElementRoom room;

    std::uint32_t codeBits() const;
    std::uint32_t codeBytes() const;  ///< the first bytes of the room
};

/// The type of elements of a format, or of binary32, next to the activations of a datapath. Words
/// of the scratchpad are cut into places for activations, and an element takes as many as have its
/// bits: binary32 takes 4 bytes among int8, and 8 bytes, which are 8 places of 4 bits, among int4.
ElementType elementType(const std::optional<numeric::Format>& format,
                        const DatapathConfig& datapath);

}  // namespace systole::arch
