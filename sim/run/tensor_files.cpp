// SPDX-License-Identifier: Apache-2.0
#include "sim/run/tensor_files.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>

#include "models/numeric/sums/sum.hpp"
#include "sim/graph/code_program.hpp"
#include "sim/run/output_record.hpp"

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;

void append(std::uint64_t bits, std::uint32_t count, std::vector<std::uint8_t>& bytes) {
    for (std::uint32_t i = 0; i < count; ++i) {
        bytes.push_back(static_cast<std::uint8_t>(bits >> (8 * i)));
    }
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

namespace {

/// By axis; images come with the first one.
std::string lettersOf(std::size_t rank) {
    switch (rank) {
        case 0:
        case 1:
            return std::string("N").substr(0, rank);
        case 2:
            return "NC";
        case 3:
            return "NCW";
        case 4:
            return "NCHW";
        case 5:
            return "NCDHW";
        default:
            return std::string("Nabcdefghijklmopqrstuvwxyz").substr(0, rank);
    }
}

}  // namespace

/// An outer axis of one element, the batch, becomes the images; else they are an axis more.
FileAxes axesOf(const graph::Tensor& tensor) {
    FileAxes axes{{0}, "N"};
    std::string letters = lettersOf(tensor.shape.size());
    const bool hasBatch =
        !tensor.order.empty() && tensor.order.front() == 0 && tensor.shape.front() == 1;
    if (!hasBatch && !letters.empty()) letters.front() = 'B';
    for (std::size_t i = hasBatch ? 1 : 0; i < tensor.order.size(); ++i) {
        axes.extents.push_back(tensor.shape[tensor.order[i]]);
        axes.layout += letters.at(tensor.order[i]);
    }
    return axes;
}

TensorFile TensorFiles::activation(graph::TensorId tensor) {
    const graph::Tensor& description = graph_.tensors.at(tensor);
    const graph::Quantizer& quantizer = graph_.quantizerOf(tensor).value();
    FileAxes axes = axesOf(description);
    return {.name = description.name,
            .kind = "activation",
            .file = fileName(description.name),
            .type = elementOf(quantizer.format),
            .format = numeric::nameOf(quantizer.format),
            .scales = {quantizer.scales.begin(), quantizer.scales.end()},
            .shape = std::move(axes.extents),
            .layout = std::move(axes.layout)};
}

std::vector<ConstantFile> TensorFiles::constants(const graph::Node& node) {
    const auto* work = std::get_if<graph::MatrixWork>(&node.work);
    if (work == nullptr || work->weights) return {};
    ConstantFile first = weights(node);
    return {std::move(first), bias(node, *work)};
}

ConstantFile TensorFiles::weights(const graph::Node& node) {
    const graph::Tensor& tensor = graph_.tensors.at(node.inputs.at(1));
    const graph::Quantizer& quantizer = tensor.quantizer.value();
    ConstantFile constant;
    constant.description = {.name = node.name,
                            .kind = "weight",
                            .file = fileName(node.name + ".weight"),
                            .type = elementOf(quantizer.format),
                            .format = numeric::nameOf(quantizer.format),
                            .scales = {quantizer.scales.begin(), quantizer.scales.end()},
                            .shape = {tensor.shape.begin(), tensor.shape.end()},
                            .layout = "OHWI"};
    OutputRecord record;
    record.add(tensor.codes, quantizer.format);
    constant.bytes = record.bytes();
    toElements(quantizer.format, constant.bytes);
    return constant;
}

/// A bias counts units of the sums: whole numbers, which only binary64 holds where a sum is wider
/// than a word; of a float register it is a value. The scale is that of one unit, in binary64,
/// where the product of two scales is exact.
ConstantFile TensorFiles::bias(const graph::Node& node, const graph::MatrixWork& work) {
    const graph::Quantizer& input = graph_.quantizerOf(node.inputs.at(0)).value();
    const graph::Quantizer& weights = graph_.quantizerOf(node.inputs.at(1)).value();
    const numeric::AccumulatorFormat& accumulator = graph_.accumulatorOf(work);
    const numeric::Codec left(input.format);
    const numeric::Codec right(weights.format);
    const numeric::SumArithmetic sums(accumulator, left, right);
    const std::uint32_t outputs = extentsOf(graph_, node, work).outputChannels;
    ConstantFile constant;
    TensorFile& description = constant.description;
    description = {.name = node.name,
                   .kind = "bias",
                   .file = fileName(node.name + ".bias"),
                   .type = {sums.isWord() ? NpyType::Kind::Signed : NpyType::Kind::Float,
                            sums.isWord() ? static_cast<std::uint32_t>(sums.termBytes()) : 8},
                   .format = accumulator.name,
                   .scales = {},
                   .shape = {outputs},
                   .layout = "O"};
    const int exponent = numeric::sumExponent(accumulator, left, right);
    for (std::uint32_t n = 0; n < outputs; ++n) {
        const double product =
            static_cast<double>(input.scale()) * static_cast<double>(scaleOf(weights, n));
        description.scales.push_back(std::ldexp(product, exponent));
        const std::int64_t term = work.terms.empty() ? 0 : work.terms[n];
        append(static_cast<std::uint64_t>(term), description.type.bytes, constant.bytes);
    }
    return constant;
}

Json manifestJson(const graph::Graph& graph, std::uint64_t images,
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
            {"network", graph.name},
            {"images", images},
            {"tensors", std::move(tensors)}};
}

}  // namespace systole::sim
