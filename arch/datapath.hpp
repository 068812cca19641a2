// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arch/config.hpp"
#include "models/memory/ports/element_packing.hpp"
#include "models/numeric/sums/requantize.hpp"
#include "models/numeric/sums/sum.hpp"

namespace systole::arch {

/// Formats and widths of the array and what follows it.
struct Datapath {
    explicit Datapath(const DatapathConfig& config);

    numeric::Codec activation;
    numeric::Codec weight;
    numeric::SumArithmetic sums;
    int accumulatorBits;
    std::uint32_t activationBytes;  ///< of an element in memory
    std::uint32_t weightBytes;      ///< of an element in memory
    std::uint32_t activationBits;   ///< of the room that an element takes in a packed memory
    std::uint32_t weightBits;
    numeric::Code activationMask;  ///< the bits of a code
    numeric::Code weightMask;

    memory::ElementRoom activationRoom() const { return {activationBytes, activationBits}; }
    memory::ElementRoom weightRoom() const { return {weightBytes, weightBits}; }
};

/// Bytes of bias and scale of the longest parameter record: a bias of 64 bits, mantissa and shift.
inline constexpr std::uint32_t kMostParameterBytes = 16;

/// Storage bytes of the parameter record of an output channel, which lies among weights.
std::uint32_t parameterBytes(const Datapath& datapath, numeric::ScaleArithmetic arithmetic);
/// Bits of it that hold bias and scale: its first bytes, and in a packed memory its first bits.
std::uint32_t parameterBits(const Datapath& datapath, numeric::ScaleArithmetic arithmetic);

/// What a parameter record says of its channel.
struct ColumnParameters {
    std::int64_t bias = 0;  ///< a term of the sums
    numeric::Rescale rescale;
};

/// Appends the record of a channel: what `readParameters` reads, filled up to `parameterBytes`. The
/// room is that of the program's `arithmetic`; `held` says which members of the scale it holds. In
/// a program in fixed point a layer may compute in binary32, and then the multiplier stands where
/// the mantissa would.
void appendParameters(const ColumnParameters& parameters, const Datapath& datapath,
                      numeric::ScaleArithmetic arithmetic, numeric::ScaleArithmetic held,
                      std::vector<std::uint8_t>& bytes);

/// All members of the scale that the record may hold; the vector program takes those that it does.
/// Where it `mayBeWrong`, read from a faulty memory, any bits mean something
/// (docs/dram_faults.md); else they are what the lowering writes.
ColumnParameters readParameters(const std::uint8_t* record, const Datapath& datapath,
                                numeric::ScaleArithmetic arithmetic, bool mayBeWrong);

}  // namespace systole::arch
