// SPDX-License-Identifier: Apache-2.0
#include "arch/datapath.hpp"

#include <cstring>
#include <utility>

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

template <typename T>
void appendScalar(std::vector<std::uint8_t>& bytes, const T& value) {
    const std::size_t at = bytes.size();
    bytes.resize(at + sizeof value);
    std::memcpy(bytes.data() + at, &value, sizeof value);
}

std::uint32_t scaleBytes(numeric::ScaleArithmetic arithmetic) {
    switch (arithmetic) {
        case numeric::ScaleArithmetic::Fp32Multiplier:
            return sizeof(float);
        case numeric::ScaleArithmetic::FixedPoint:
            return sizeof(numeric::FixedPointScale::mantissa) +
                   sizeof(numeric::FixedPointScale::shift);
    }
    SYSTOLE_CHECK(false, "scale arithmetic {}", static_cast<int>(arithmetic));
}

std::uint32_t storedBits(const numeric::Format& format, memory::Packing packing) {
    return memory::ElementPacking{.bits = static_cast<std::uint32_t>(numeric::widthOf(format)),
                                  .packing = packing}
        .storedBits();
}

/// Bytes of the places that an element takes.
std::uint32_t bytesAmong(const numeric::Format& place, const numeric::Format& format,
                         memory::Packing packing) {
    return static_cast<std::uint32_t>(
        ceilDivide(storedBits(format, packing), storedBits(place, packing)) *
        static_cast<std::uint64_t>(numeric::storageBytes(place)));
}

void takeNarrower(numeric::Format& format, const numeric::Format& other) {
    if (numeric::widthOf(other) < numeric::widthOf(format)) format = other;
}

}  // namespace

bool multiplies(const DatapathConfig& datapath, const numeric::Format& activation,
                const numeric::Format& weight) {
    return numeric::sameFormat(datapath.activation, activation) &&
           numeric::sameFormat(datapath.weight, weight);
}

std::string operandNames(const DatapathConfig& datapath) {
    return numeric::nameOf(datapath.activation) + " by " + numeric::nameOf(datapath.weight);
}

ArrayConfig fittedArray(ArrayConfig array, const DatapathConfig& datapath) {
    const numeric::Format& activation = datapath.activation;
    const numeric::Format& weight = datapath.weight;
    const numeric::ProductClass multiplier =
        datapath.multiplier.value_or(numeric::defaultProductClass(activation, weight));
    array.cyclesPerStep =
        static_cast<std::uint32_t>(numeric::cyclesOf(multiplier, activation, weight));
    const numeric::ComposedSplit split = multiplier == numeric::ProductClass::Composable
                                             ? numeric::composedSplit(activation, weight)
                                             : numeric::ComposedSplit{.rows = 1, .columns = 1};
    const ArrayGeometry physical = array.physicalGeometry();
    array.physical = physical;
    array.rows = physical.rows * static_cast<std::uint32_t>(split.rows);
    array.columns = physical.columns * static_cast<std::uint32_t>(split.columns);
    return array;
}

MachineConfig seenBy(MachineConfig machine, DatapathId datapath) {
    if (datapath == 0) return machine;
    std::swap(machine.datapath, machine.furtherDatapaths.at(datapath - 1));
    machine.array = fittedArray(machine.array, machine.datapath);
    return machine;
}

DatapathConfig placesOf(const MachineConfig& machine) {
    DatapathConfig places = machine.datapath;
    for (const DatapathConfig& further : machine.furtherDatapaths) {
        takeNarrower(places.activation, further.activation);
        takeNarrower(places.weight, further.weight);
    }
    return places;
}

Datapath::Datapath(const DatapathConfig& config, const DatapathConfig& places)
    : activation(config.activation),
      weight(config.weight),
      sums(config.accumulator, activation, weight),
      accumulatorBits(numeric::accumulatorBits(config.accumulator, activation, weight)),
      activationBytes(bytesAmong(places.activation, config.activation, config.packing)),
      weightBytes(bytesAmong(places.weight, config.weight, config.packing)),
      activationCode(static_cast<std::uint32_t>(numeric::storageBytes(config.activation))),
      weightCode(static_cast<std::uint32_t>(numeric::storageBytes(config.weight))),
      activationBits(storedBits(config.activation, config.packing)),
      weightBits(storedBits(config.weight, config.packing)),
      activationMask(codeMask(activation)),
      weightMask(codeMask(weight)) {}

std::uint32_t parameterBytes(const Datapath& datapath, numeric::ScaleArithmetic arithmetic) {
    // Whole elements, as many as have the room.
    return static_cast<std::uint32_t>(
               ceilDivide(parameterBits(datapath, arithmetic), datapath.weightBits)) *
           datapath.weightBytes;
}

std::uint32_t parameterBits(const Datapath& datapath, numeric::ScaleArithmetic arithmetic) {
    const std::uint32_t bytes =
        static_cast<std::uint32_t>(datapath.sums.termBytes()) + scaleBytes(arithmetic);
    SYSTOLE_CHECK(bytes <= kMostParameterBytes, "a parameter record of {} bytes", bytes);
    return 8 * bytes;
}

ColumnParameters readParameters(const std::uint8_t* record, const Datapath& datapath,
                                numeric::ScaleArithmetic arithmetic, bool mayBeWrong) {
    ColumnParameters parameters;
    const int biasBytes = datapath.sums.termBytes();
    parameters.rescale.multiplier = readScalar<float>(record + biasBytes);
    parameters.bias = datapath.sums.loadedTerm(biasBytes == 4 ? readScalar<std::uint32_t>(record)
                                                              : readScalar<std::uint64_t>(record));
    switch (arithmetic) {
        case numeric::ScaleArithmetic::Fp32Multiplier:
            break;
        case numeric::ScaleArithmetic::FixedPoint: {
            parameters.rescale.fixedPoint.mantissa = readScalar<std::int32_t>(record + biasBytes);
            const auto shift = readScalar<std::int32_t>(record + biasBytes + 4);
            SYSTOLE_CHECK(mayBeWrong || (shift >= 0 && shift <= 62),
                          "parameter record with a shift of {}", shift);
            // The shifter has six wires (docs/dram_faults.md).
            parameters.rescale.fixedPoint.shift = shift & 63;
            break;
        }
    }
    return parameters;
}

void appendParameters(const ColumnParameters& parameters, const Datapath& datapath,
                      numeric::ScaleArithmetic arithmetic, numeric::ScaleArithmetic held,
                      std::vector<std::uint8_t>& bytes) {
    const std::size_t end = bytes.size() + parameterBytes(datapath, arithmetic);
    const std::uint64_t bias = datapath.sums.storedTerm(parameters.bias);
    if (datapath.sums.termBytes() == 4) {
        appendScalar(bytes, static_cast<std::uint32_t>(bias));
    } else {
        appendScalar(bytes, bias);
    }
    switch (held) {
        case numeric::ScaleArithmetic::Fp32Multiplier:
            appendScalar(bytes, parameters.rescale.multiplier);
            break;
        case numeric::ScaleArithmetic::FixedPoint:
            appendScalar(bytes, parameters.rescale.fixedPoint.mantissa);
            appendScalar(bytes, parameters.rescale.fixedPoint.shift);
            break;
    }
    SYSTOLE_CHECK(bytes.size() <= end, "a parameter record of {} bytes too many",
                  bytes.size() - end);
    bytes.resize(end);
}

}  // namespace systole::arch
