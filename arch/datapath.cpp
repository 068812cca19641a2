// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath.hpp"

#include <cstring>

#include "models/check.hpp"

namespace systole::arch {
namespace {

using numeric::Code;

Code codeMask(const numeric::Codec& codec) { return static_cast<Code>(codec.codeCount() - 1); }

template <typename T>
T readScalar(const std::uint8_t* bytes) {
    T value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

std::uint32_t storageOf(const numeric::Codec& codec) {
    return static_cast<std::uint32_t>(numeric::storageBytes(codec.format()));
}

std::uint32_t storedBits(const numeric::Codec& codec, memory::Packing packing) {
    return memory::ElementPacking{
        .bits = static_cast<std::uint32_t>(numeric::widthOf(codec.format())), .packing = packing}
        .storedBits();
}

}  // namespace

Datapath::Datapath(const DatapathConfig& config)
    : activation(config.activation),
      weight(config.weight),
      sums(config.accumulator, activation, weight),
      accumulatorBits(numeric::accumulatorBits(config.accumulator, activation, weight)),
      activationBytes(storageOf(activation)),
      weightBytes(storageOf(weight)),
      activationBits(storedBits(activation, config.packing)),
      weightBits(storedBits(weight, config.packing)),
      activationMask(codeMask(activation)),
      weightMask(codeMask(weight)) {}

std::uint32_t parameterBytes(const Datapath& datapath, numeric::ScaleArithmetic arithmetic) {
    // Whole elements, as many as have the room.
    return static_cast<std::uint32_t>(
               ceilDivide(parameterBits(datapath, arithmetic), datapath.weightBits)) *
           datapath.weightBytes;
}

std::uint32_t parameterBits(const Datapath& datapath, numeric::ScaleArithmetic arithmetic) {
    return 8 * (static_cast<std::uint32_t>(datapath.sums.termBytes()) +
                (arithmetic == numeric::ScaleArithmetic::FixedPoint ? 8U : 4U));
}

ColumnParameters readParameters(const std::uint8_t* record, const Datapath& datapath,
                                numeric::ScaleArithmetic arithmetic, bool mayBeWrong) {
    ColumnParameters parameters;
    const int biasBytes = datapath.sums.termBytes();
    parameters.bias = datapath.sums.loadedTerm(biasBytes == 4 ? readScalar<std::uint32_t>(record)
                                                              : readScalar<std::uint64_t>(record));
    if (arithmetic == numeric::ScaleArithmetic::FixedPoint) {
        parameters.rescale.fixedPoint.mantissa = readScalar<std::int32_t>(record + biasBytes);
        const auto shift = readScalar<std::int32_t>(record + biasBytes + 4);
        SYSTOLE_CHECK(mayBeWrong || (shift >= 0 && shift <= 62),
                      "parameter record with a shift of {}", shift);
        // The shifter has six wires (docs/dram_faults.md).
        parameters.rescale.fixedPoint.shift = shift & 63;
    } else {
        parameters.rescale.multiplier = readScalar<float>(record + biasBytes);
    }
    return parameters;
}

}  // namespace systole::arch
