// SPDX-License-Identifier: Apache-2.0
#include "sim/run/tensor_files.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>

#include "models/numeric/sums/sum.hpp"
#include "sim/run/output_record.hpp"

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;

void append(std::uint64_t bits, std::uint32_t count, std::vector<std::uint8_t>& bytes) {
    for (std::uint32_t i = 0; i < count; ++i) {
        bytes.push_back(static_cast<std::uint8_t>(bits >> (8 * i)));
    }
}

/// Of one unit of the sums of an output channel, in binary64, where the product is exact.
double unitOf(const Scheme& scheme, float input, float weight) {
    const numeric::Codec activation(scheme.activation);
    const int exponent =
        numeric::sumExponent(scheme.accumulator, activation, numeric::Codec(scheme.weight));
    return std::ldexp(static_cast<double>(input) * weight, exponent);
}

}  // namespace

NpyType elementOf(const numeric::Format& format) {
    const auto* integer = std::get_if<numeric::IntFormat>(&format);
    const bool isSigned = integer != nullptr && integer->isSigned;
    return {isSigned ? NpyType::Kind::Signed : NpyType::Kind::Unsigned,
            static_cast<std::uint32_t>(numeric::storageBytes(format))};
}

void toElements(const numeric::Format& format, std::vector<std::uint8_t>& codes) {
    const NpyType type = elementOf(format);
    const auto bits = static_cast<std::uint32_t>(numeric::widthOf(format));
    if (type.kind != NpyType::Kind::Signed || bits == 8 * type.bytes) return;
    const std::uint32_t sign = 1U << (bits - 1);
    for (std::size_t at = 0; at < codes.size(); at += type.bytes) {
        std::uint32_t code = codes[at];
        if (type.bytes == 2) code |= static_cast<std::uint32_t>(codes[at + 1]) << 8U;
        const std::uint32_t extended = (code ^ sign) - sign;
        for (std::uint32_t i = 0; i < type.bytes; ++i) {
            codes[at + i] = static_cast<std::uint8_t>(extended >> (8 * i));
        }
    }
}

/// The number makes it unique; the name, cut and without what some file system cannot have, is for
/// people.
std::string TensorFiles::fileName(const std::string& name) {
    constexpr const char* kKept =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    constexpr std::size_t kLongest = 48;
    std::string kept = name.substr(0, kLongest);
    for (std::size_t at = kept.find_first_not_of(kKept); at != std::string::npos;
         at = kept.find_first_not_of(kKept, at)) {
        kept[at] = '_';
    }
    return fmt::format("{:04}-{}.npy", count_++, kept);
}

TensorFile TensorFiles::activation(TensorId tensor) {
    const QuantizedTensor& description = network_.tensors[tensor];
    const Shape& shape = description.shape;
    const numeric::Format& format = network_.scheme.activation;
    return {.name = description.name,
            .kind = "activation",
            .file = fileName(description.name),
            .type = elementOf(format),
            .format = numeric::nameOf(format),
            .scales = {description.scale},
            .shape = {0, shape.height, shape.width, shape.channels},
            .layout = "NHWC"};
}

ConstantFile TensorFiles::weights(const QuantizedNode& node) {
    const auto& convolution = std::get<QuantizedConvolution>(node.operation);
    const numeric::Format& format = network_.scheme.weight;
    const std::uint32_t channels =
        network_.tensors[node.inputs[0]].shape.channels / convolution.groups;
    ConstantFile constant;
    constant.description = {
        .name = node.name,
        .kind = "weight",
        .file = fileName(node.name + ".weight"),
        .type = elementOf(format),
        .format = numeric::nameOf(format),
        .scales = {convolution.weightScales.begin(), convolution.weightScales.end()},
        .shape = {convolution.outputChannels, convolution.window.kernelHeight,
                  convolution.window.kernelWidth, channels},
        .layout = "OHWI"};
    OutputRecord record;
    record.add(convolution.weights, format);
    constant.bytes = record.bytes();
    toElements(format, constant.bytes);
    return constant;
}

/// A bias counts units of the sums: whole numbers, which only binary64 holds where a sum is wider
/// than a word; of a float register it is a value.
ConstantFile TensorFiles::bias(const QuantizedNode& node) {
    const auto& convolution = std::get<QuantizedConvolution>(node.operation);
    const Scheme& scheme = network_.scheme;
    const numeric::SumArithmetic sums(scheme.accumulator, numeric::Codec(scheme.activation),
                                      numeric::Codec(scheme.weight));
    ConstantFile constant;
    TensorFile& description = constant.description;
    description = {.name = node.name,
                   .kind = "bias",
                   .file = fileName(node.name + ".bias"),
                   .type = {sums.isWord() ? NpyType::Kind::Signed : NpyType::Kind::Float,
                            sums.isWord() ? static_cast<std::uint32_t>(sums.termBytes()) : 8},
                   .format = scheme.accumulator.name,
                   .scales = {},
                   .shape = {convolution.outputChannels},
                   .layout = "O"};
    for (std::size_t n = 0; n < convolution.outputChannels; ++n) {
        description.scales.push_back(
            unitOf(scheme, network_.tensors[node.inputs[0]].scale, convolution.weightScales[n]));
        append(static_cast<std::uint64_t>(convolution.bias[n]), description.type.bytes,
               constant.bytes);
    }
    return constant;
}

Json manifestJson(const QuantizedNetwork& network, std::uint64_t images,
                  const std::vector<TensorFile>& files) {
    Json tensors = Json::array();
    for (const TensorFile& file : files) {
        tensors.push_back(
            {{"name", file.name},
             {"kind", file.kind},
             {"file", file.file},
             {"dtype", file.type.name()},
             {"format", file.format},
             {"scale", file.scales.size() == 1 ? Json(file.scales.front()) : Json(file.scales)},
             {"shape", file.shape},
             {"layout", file.layout}});
    }
    return {{"schema", kTensorsSchema},
            {"network", network.name},
            {"images", images},
            {"tensors", std::move(tensors)}};
}

}  // namespace systole::sim
