// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "arch/program/element_type.hpp"
#include "models/numeric/formats/codec.hpp"

namespace systole::arch {

/// Reads and writes elements of one type as they lie in the activation scratchpad, with the low
/// byte first.
class StoredType {
public:
    /// Where the DRAM is faulty (`mayBeWrong`), codes that the format never produces are taken as
    /// codesAsTaken says.
    StoredType(const ElementType& type, bool mayBeWrong);

    std::uint32_t bytes() const { return bytes_; }          ///< of the whole room
    std::uint32_t codeBytes() const { return codeBytes_; }  ///< that mean something
    std::uint32_t codeBits() const { return codeBits_; }

    /// The value of a code; binary32 as it is.
    double value(const std::uint8_t* element) const;
    /// Grid steps. Of binary32 an InvariantError.
    numeric::Int128 steps(const std::uint8_t* element) const;
    /// The code of a value, as numeric::encodeOrZero has it; zeros in the rest of the room. Of
    /// binary32 an InvariantError.
    void store(double value, std::uint8_t* element) const;
    /// Empty: binary32.
    const std::optional<numeric::Codec>& codec() const { return codec_; }

private:
    numeric::Code codeAt(const std::uint8_t* element) const;

    std::optional<numeric::Codec> codec_;
    std::uint32_t bytes_;
    std::uint32_t codeBytes_;
    std::uint32_t codeBits_;
    numeric::Code mask_ = 0;            ///< the bits of a code
    std::vector<std::uint16_t> taken_;  ///< by bit pattern; empty: as itself
};

}  // namespace systole::arch
