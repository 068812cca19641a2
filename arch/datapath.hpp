// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "arch/config.hpp"
#include "models/memory/ports/element_packing.hpp"
#include "models/numeric/sums/requantize.hpp"
#include "models/numeric/sums/sum.hpp"

namespace systole::arch {

/// How many datapaths a machine has, and one of them.
inline DatapathId datapathsOf(const MachineConfig& machine) {
    return static_cast<DatapathId>(1 + machine.furtherDatapaths.size());
}

inline const DatapathConfig& datapathAt(const MachineConfig& machine, DatapathId datapath) {
    return datapath == 0 ? machine.datapath : machine.furtherDatapaths.at(datapath - 1);
}

/// Whether it multiplies these formats, and `int8 by int4`, for messages.
bool multiplies(const DatapathConfig& datapath, const numeric::Format& activation,
                const numeric::Format& weight);
std::string operandNames(const DatapathConfig& datapath);

/// The array as a datapath's multipliers make it: cycles a step, and the effective geometry, which
/// is larger at lower widths of composable ones.
ArrayConfig fittedArray(ArrayConfig array, const DatapathConfig& datapath);

/// The machine as work on one datapath sees it: that datapath is its first one, and the array is
/// fitted to it. Words of memories stay cut as they are.
MachineConfig seenBy(MachineConfig machine, DatapathId datapath);

/// The narrowest formats of activations and of weights in a machine. Words of the scratchpads are
/// cut into places for these; a wider element takes as many places as have its bits. Words of 16
/// bytes in a machine of INT4 and INT8 hold 32 INT4 or 16 INT8, as in a machine of either alone.
DatapathConfig placesOf(const MachineConfig& machine);

/// Formats and widths of the array and what follows it.
struct Datapath {
    /// Of a machine that has no other one.
    explicit Datapath(const DatapathConfig& config) : Datapath(config, config) {}
    /// Among places for the formats of another one.
    Datapath(const DatapathConfig& config, const DatapathConfig& places);
    /// The first one of a machine.
    explicit Datapath(const MachineConfig& machine)
        : Datapath(machine.datapath, placesOf(machine)) {}

    numeric::Codec activation;
    numeric::Codec weight;
    numeric::SumArithmetic sums;
    int accumulatorBits;
    std::uint32_t activationBytes;  ///< of an element in memory: bytes of its places
    std::uint32_t weightBytes;      ///< likewise
    std::uint32_t activationCode;   ///< of these bytes, those of the code: the first ones
    std::uint32_t weightCode;
    std::uint32_t activationBits;  ///< of the room that an element takes in a packed memory
    std::uint32_t weightBits;
    numeric::Code activationMask;  ///< the bits of a code
    numeric::Code weightMask;
    /// Of elements that a layer writes and of those that it adds: as activations, unless the
    /// lowering says otherwise.
    memory::ElementRoom output{activationRoom()};
    memory::ElementRoom skip{activationRoom()};

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
