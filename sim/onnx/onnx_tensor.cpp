// SPDX-License-Identifier: Apache-2.0
#include "sim/onnx/onnx_tensor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <fstream>
#include <string>
#include <system_error>

#include "models/numeric/formats/codec.hpp"
#include "sim/base/input_file.hpp"
#include "sim/onnx/onnx_obstacles.hpp"

namespace systole::sim {
namespace {

namespace fs = std::filesystem;
using onnx::TensorProto;

[[noreturn]] void fail(const std::string& problem) { throw OnnxObstacle(problem); }

template <typename Fields>
std::vector<std::uint64_t> bitsOf(const Fields& fields) {
    std::vector<std::uint64_t> bits;
    for (const auto field : fields) {
        if constexpr (sizeof(field) == sizeof(std::uint32_t)) {
            bits.push_back(std::bit_cast<std::uint32_t>(field));
        } else {
            bits.push_back(std::bit_cast<std::uint64_t>(field));
        }
    }
    return bits;
}

/// How ONNX stores the values of one type: onnx.proto, TensorProto.
struct StoredType {
    TensorProto::DataType type;
    std::size_t bytes;  ///< of a value in raw_data and in external data, little endian
    std::vector<std::uint64_t> (*fields)(const TensorProto&);  ///< where there is no raw_data
    float (*value)(std::uint64_t bits);
};

std::vector<std::uint64_t> narrowFields(const TensorProto& tensor) {
    return bitsOf(tensor.int32_data());
}

constexpr std::array kFloatTypes{
    StoredType{
        TensorProto::FLOAT, 4,
        [](const TensorProto& tensor) { return bitsOf(tensor.float_data()); },
        [](std::uint64_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits)); }},
    StoredType{TensorProto::FLOAT16, 2, narrowFields,
               [](std::uint64_t bits) {
                   static const numeric::Codec kCodec(*numeric::formatNamed("fp16"));
                   return static_cast<float>(kCodec.decode(static_cast<numeric::Code>(bits)));
               }},
    StoredType{TensorProto::BFLOAT16, 2, narrowFields,
               [](std::uint64_t bits) {
                   return std::bit_cast<float>(static_cast<std::uint32_t>(bits << 16U));
               }},
    StoredType{TensorProto::DOUBLE, 8,
               [](const TensorProto& tensor) { return bitsOf(tensor.double_data()); },
               [](std::uint64_t bits) { return static_cast<float>(std::bit_cast<double>(bits)); }},
};

const StoredType* storedType(int dataType) {
    const auto* found =
        std::find_if(kFloatTypes.begin(), kFloatTypes.end(),
                     [&](const StoredType& stored) { return stored.type == dataType; });
    return found == kFloatTypes.end() ? nullptr : found;
}

std::string typeName(int dataType) {
    return TensorProto::DataType_Name(static_cast<TensorProto::DataType>(dataType));
}

std::uint64_t countElements(const TensorProto& tensor) {
    std::uint64_t elements = 1;
    for (const std::int64_t size : tensor.dims()) {
        if (size < 1 || size > std::int64_t{kLargestTensor} ||
            (elements *= static_cast<std::uint64_t>(size)) > kLargestTensor) {
            fail(
                fmt::format("has the shape [{}], expected sizes of at least 1 and at most "
                            "{} elements",
                            fmt::join(tensor.dims(), ", "), kLargestTensor));
        }
    }
    return elements;
}

/// Where a constant's data lie outside of the model: onnx.proto, TensorProto.external_data.
struct ExternalPlace {
    std::string location;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

ExternalPlace externalPlace(const TensorProto& tensor, std::uint64_t bytes) {
    ExternalPlace place{.location = {}, .offset = 0, .length = bytes};
    for (const auto& entry : tensor.external_data()) {
        if (entry.key() == "location") place.location = entry.value();
        if (entry.key() != "offset" && entry.key() != "length") continue;
        const std::string& text = entry.value();
        std::uint64_t number = 0;
        const char* end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, number);
        if (error != std::errc{} || stop != end) {
            fail(fmt::format("has the external {} '{}', expected a count of bytes", entry.key(),
                             text));
        }
        (entry.key() == "offset" ? place.offset : place.length) = number;
    }
    if (place.location.empty()) {
        fail("keeps its data outside the model without a location, expected a file name");
    }
    if (place.length != bytes) {
        fail(fmt::format("has {} bytes of external data, expected {} for the shape [{}]",
                         place.length, bytes, fmt::join(tensor.dims(), ", ")));
    }
    return place;
}

bool leaves(const fs::path& relative) {
    return relative.empty() || relative.is_absolute() || *relative.begin() == "..";
}

/// The file, which links must not lead out of the folder either.
fs::path externalFile(const std::string& location, const fs::path& folder) {
    const fs::path base = folder.empty() ? fs::path(".") : folder;
    std::error_code error;
    const fs::path name = fs::path(location).lexically_normal();
    const fs::path root = fs::canonical(base, error);
    const fs::path file = fs::weakly_canonical(base / name, error);
    if (leaves(name) || leaves(file.lexically_relative(root))) {
        fail(
            fmt::format("keeps its data in '{}', expected a file in the model's folder", location));
    }
    const bool exists = fs::exists(file, error);
    if (!exists || !fs::is_regular_file(file, error)) {
        fail(
            fmt::format("keeps its data in '{}', which {}, expected a file beside the "
                        "model",
                        location, exists ? "is no file" : "does not exist"));
    }
    return file;
}

std::string externalBytes(const TensorProto& tensor, std::uint64_t bytes, const fs::path& folder) {
    const ExternalPlace place = externalPlace(tensor, bytes);
    const fs::path file = externalFile(place.location, folder);
    if (const std::string problem = inputProblem(file); !problem.empty()) {
        fail(fmt::format("keeps its data in '{}', which {}", place.location, problem));
    }
    std::error_code error;
    const std::uintmax_t size = fs::file_size(file, error);
    std::ifstream stream(file, std::ios::binary);
    if (error || !stream) {
        fail(fmt::format("keeps its data in '{}', which cannot be read", place.location));
    }
    if (place.offset > size || bytes > size - place.offset) {
        fail(fmt::format("needs {} bytes at {} of '{}', which has {}", bytes, place.offset,
                         place.location, size));
    }
    std::string data(bytes, '\0');
    stream.seekg(static_cast<std::streamoff>(place.offset));
    if (!stream.read(data.data(), static_cast<std::streamsize>(bytes))) {
        fail(fmt::format("keeps its data in '{}', which cannot be read", place.location));
    }
    return data;
}

bool isExternal(const TensorProto& tensor) {
    return tensor.data_location() == TensorProto::EXTERNAL || tensor.external_data_size() != 0;
}

std::vector<std::uint64_t> littleEndian(const std::string& raw, std::size_t bytes) {
    std::vector<std::uint64_t> values(raw.size() / bytes, 0);
    for (std::size_t i = 0; i < values.size(); ++i) {
        for (std::size_t byte = bytes; byte-- > 0;) {
            values[i] = values[i] << 8U | static_cast<unsigned char>(raw[i * bytes + byte]);
        }
    }
    return values;
}

/// The bits of as many values as the shape says.
template <typename Fields>
std::vector<std::uint64_t> storedBits(const TensorProto& tensor, std::size_t bytes,
                                      const fs::path& folder, const Fields& fields) {
    const std::uint64_t elements = countElements(tensor);
    if (isExternal(tensor)) {
        return littleEndian(externalBytes(tensor, elements * bytes, folder), bytes);
    }
    const bool raw = tensor.has_raw_data();
    std::vector<std::uint64_t> bits = raw ? littleEndian(tensor.raw_data(), bytes) : fields(tensor);
    if (bits.size() != elements || (raw && tensor.raw_data().size() != elements * bytes)) {
        fail(fmt::format("holds {} values, expected {} for the shape [{}]", bits.size(), elements,
                         fmt::join(tensor.dims(), ", ")));
    }
    return bits;
}

}  // namespace

bool isFloatType(int dataType) { return storedType(dataType) != nullptr; }

std::string floatTypeNames() {
    std::vector<std::string> names;
    for (const StoredType& stored : kFloatTypes) names.push_back(typeName(stored.type));
    return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<float> floatValues(const TensorProto& tensor, const fs::path& folder) {
    const StoredType* stored = storedType(tensor.data_type());
    if (stored == nullptr) {
        fail(fmt::format("has the type {}, expected one of {}", typeName(tensor.data_type()),
                         floatTypeNames()));
    }
    const auto bits = storedBits(tensor, stored->bytes, folder, stored->fields);
    std::vector<float> values(bits.size());
    std::transform(bits.begin(), bits.end(), values.begin(), stored->value);
    if (!std::all_of(values.begin(), values.end(),
                     [](float value) { return std::isfinite(value); })) {
        fail("holds a NaN or an infinity in binary32, expected finite values");
    }
    return values;
}

std::vector<std::int64_t> integerValues(const TensorProto& tensor, const fs::path& folder) {
    if (tensor.data_type() != TensorProto::INT64 || tensor.dims_size() != 1) {
        fail(fmt::format("has the type {} and rank {}, expected a vector of INT64",
                         typeName(tensor.data_type()), tensor.dims_size()));
    }
    const auto bits =
        storedBits(tensor, sizeof(std::int64_t), folder,
                   [](const TensorProto& stored) { return bitsOf(stored.int64_data()); });
    std::vector<std::int64_t> values(bits.size());
    std::transform(bits.begin(), bits.end(), values.begin(),
                   [](std::uint64_t value) { return std::bit_cast<std::int64_t>(value); });
    return values;
}

}  // namespace systole::sim
