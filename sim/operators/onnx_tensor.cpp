// SPDX-License-Identifier: Apache-2.0
#include "sim/operators/onnx_tensor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include "models/numeric/formats/codec.hpp"
#include "sim/base/input_file.hpp"
#include "sim/operators/onnx_obstacles.hpp"

namespace systole::operators {
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
    bool isFloat;
    std::vector<std::uint64_t> (*fields)(const TensorProto&);  ///< where there is no raw_data
    double (*value)(std::uint64_t bits);
    std::uint64_t (*bits)(double value);  ///< the nearest one; of an integer, toward zero
};

std::vector<std::uint64_t> narrowFields(const TensorProto& tensor) {
    return bitsOf(tensor.int32_data());
}

const numeric::Codec& codecOf(const char* name) {
    static const numeric::Codec kFp16(*numeric::formatNamed("fp16"));
    static const numeric::Codec kBf16(*numeric::formatNamed("bf16"));
    return std::string_view(name) == "fp16" ? kFp16 : kBf16;
}

template <typename Integer>
double integerValue(std::uint64_t bits) {
    return static_cast<double>(static_cast<Integer>(bits));
}

template <typename Integer>
std::uint64_t integerBits(double value) {
    // Limits of 64 bits are no doubles: the upper one is not reached.
    constexpr double kEnd = 2.0 * static_cast<double>(std::numeric_limits<Integer>::max() / 2 + 1);
    constexpr auto kLeast = static_cast<double>(std::numeric_limits<Integer>::lowest());
    const double whole = std::trunc(value);
    if (!(whole >= kLeast && whole < kEnd)) {
        fail(fmt::format("has the value {}, which the type cannot hold", value));
    }
    return static_cast<std::uint64_t>(static_cast<Integer>(whole));
}

template <typename Integer>
constexpr StoredType integerType(TensorProto::DataType type) {
    return {type,         sizeof(Integer),       false,
            narrowFields, integerValue<Integer>, integerBits<Integer>};
}

constexpr std::array kTypes{
    StoredType{TensorProto::FLOAT, 4, true,
               [](const TensorProto& tensor) { return bitsOf(tensor.float_data()); },
               [](std::uint64_t bits) {
                   return static_cast<double>(
                       std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
               },
               [](double value) -> std::uint64_t {
                   return std::bit_cast<std::uint32_t>(static_cast<float>(value));
               }},
    StoredType{
        TensorProto::FLOAT16, 2, true, narrowFields,
        [](std::uint64_t bits) { return codecOf("fp16").decode(static_cast<numeric::Code>(bits)); },
        [](double value) -> std::uint64_t { return codecOf("fp16").encode(value); }},
    StoredType{TensorProto::BFLOAT16, 2, true, narrowFields,
               [](std::uint64_t bits) {
                   return static_cast<double>(
                       std::bit_cast<float>(static_cast<std::uint32_t>(bits << 16U)));
               },
               [](double value) -> std::uint64_t { return codecOf("bf16").encode(value); }},
    StoredType{TensorProto::DOUBLE, 8, true,
               [](const TensorProto& tensor) { return bitsOf(tensor.double_data()); },
               [](std::uint64_t bits) { return std::bit_cast<double>(bits); },
               [](double value) { return std::bit_cast<std::uint64_t>(value); }},
    StoredType{TensorProto::INT64, 8, false,
               [](const TensorProto& tensor) { return bitsOf(tensor.int64_data()); },
               integerValue<std::int64_t>, integerBits<std::int64_t>},
    integerType<std::int32_t>(TensorProto::INT32),
    integerType<std::int16_t>(TensorProto::INT16),
    integerType<std::int8_t>(TensorProto::INT8),
    integerType<std::uint16_t>(TensorProto::UINT16),
    integerType<std::uint8_t>(TensorProto::UINT8),
};

const StoredType* storedType(int dataType) {
    const auto* found = std::find_if(kTypes.begin(), kTypes.end(), [&](const StoredType& stored) {
        return stored.type == dataType;
    });
    return found == kTypes.end() ? nullptr : found;
}

std::string typeName(int dataType) {
    return TensorProto::DataType_IsValid(dataType)
               ? TensorProto::DataType_Name(static_cast<TensorProto::DataType>(dataType))
               : fmt::format("{}", dataType);
}

template <typename Wanted>
std::string typeNames(const Wanted& isWanted) {
    std::vector<std::string> names;
    for (const StoredType& stored : kTypes) {
        if (isWanted(stored)) names.push_back(typeName(stored.type));
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

const StoredType& requireType(int dataType) {
    const StoredType* stored = storedType(dataType);
    if (stored == nullptr) {
        fail(fmt::format("has the type {}, expected one of {}", typeName(dataType),
                         typeNames([](const StoredType&) { return true; })));
    }
    return *stored;
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
    if (const std::string problem = sim::inputProblem(file); !problem.empty()) {
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
std::vector<std::uint64_t> storedBits(const TensorProto& tensor, const StoredType& stored,
                                      const fs::path& folder) {
    const std::uint64_t elements = countElements(tensor);
    const std::size_t bytes = stored.bytes;
    if (isExternal(tensor)) {
        return littleEndian(externalBytes(tensor, elements * bytes, folder), bytes);
    }
    const bool raw = tensor.has_raw_data();
    std::vector<std::uint64_t> bits =
        raw ? littleEndian(tensor.raw_data(), bytes) : stored.fields(tensor);
    if (bits.size() != elements || (raw && tensor.raw_data().size() != elements * bytes)) {
        fail(fmt::format("holds {} values, expected {} for the shape [{}]", bits.size(), elements,
                         fmt::join(tensor.dims(), ", ")));
    }
    return bits;
}

}  // namespace

bool isFloatType(int dataType) {
    const StoredType* stored = storedType(dataType);
    return stored != nullptr && stored->isFloat;
}

std::string floatTypeNames() {
    return typeNames([](const StoredType& stored) { return stored.isFloat; });
}

std::vector<float> floatValues(const TensorProto& tensor, const fs::path& folder) {
    if (!isFloatType(tensor.data_type())) {
        fail(fmt::format("has the type {}, expected one of {}", typeName(tensor.data_type()),
                         floatTypeNames()));
    }
    const StoredType& stored = requireType(tensor.data_type());
    const auto bits = storedBits(tensor, stored, folder);
    std::vector<float> values(bits.size());
    std::transform(bits.begin(), bits.end(), values.begin(), [&](std::uint64_t element) {
        return static_cast<float>(stored.value(element));
    });
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
    const auto bits = storedBits(tensor, requireType(TensorProto::INT64), folder);
    std::vector<std::int64_t> values(bits.size());
    std::transform(bits.begin(), bits.end(), values.begin(),
                   [](std::uint64_t value) { return std::bit_cast<std::int64_t>(value); });
    return values;
}

StoredConstant storedConstant(const TensorProto& tensor, const fs::path& folder) {
    const StoredType& stored = requireType(tensor.data_type());
    return {tensor.data_type(),
            {tensor.dims().begin(), tensor.dims().end()},
            storedBits(tensor, stored, folder)};
}

TensorProto tensorOf(const StoredConstant& constant) {
    TensorProto tensor;
    tensor.set_data_type(constant.type);
    for (const std::int64_t size : constant.dims) tensor.add_dims(size);
    countElements(tensor);
    const std::size_t bytes = requireType(constant.type).bytes;
    std::string& raw = *tensor.mutable_raw_data();
    raw.reserve(constant.bits.size() * bytes);
    for (const std::uint64_t bits : constant.bits) {
        for (std::size_t byte = 0; byte < bytes; ++byte) {
            raw += static_cast<char>(bits >> (8 * byte));
        }
    }
    return tensor;
}

double elementValue(int dataType, std::uint64_t bits) { return requireType(dataType).value(bits); }

std::uint64_t elementBits(int dataType, double value) { return requireType(dataType).bits(value); }

}  // namespace systole::operators
