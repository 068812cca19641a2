// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace systole::operators {

/// Of one tensor: a damaged file must not ask for more memory than any real model does.
inline constexpr std::uint64_t kLargestTensor = std::uint64_t{1} << 28;

// The values of a constant, which lie in the model or, as ONNX allows, in a file beside it
// (`external_data`). `folder` is the model's: external data may not leave it. Throws OnnxObstacle,
// whose text goes on after the constant's name (`has the type INT8, expected ..`).

/// FLOAT, FLOAT16, BFLOAT16 and DOUBLE, each value rounded once to binary32 (only DOUBLE needs it).
/// All are finite, and every dimension is at least 1.
std::vector<float> floatValues(const onnx::TensorProto& tensor,
                               const std::filesystem::path& folder);

/// INT64 of rank 1.
std::vector<std::int64_t> integerValues(const onnx::TensorProto& tensor,
                                        const std::filesystem::path& folder);

/// A constant's elements as they are stored, for operators that only move them.
struct StoredConstant {
    int type = 0;  ///< TensorProto::DataType: a float, or an integer of 8, 16, 32 or 64 bits
    std::vector<std::int64_t> dims;
    std::vector<std::uint64_t> bits;  ///< an element each, in the low bits
};
StoredConstant storedConstant(const onnx::TensorProto& tensor, const std::filesystem::path& folder);
onnx::TensorProto tensorOf(const StoredConstant& constant);

/// The value of an element, exact up to 53 bits, and the nearest element of a value (of an integer:
/// cut off after the point; an obstacle where it is out of range).
double elementValue(int dataType, std::uint64_t bits);
std::uint64_t elementBits(int dataType, double value);

/// Whether values of the type become binary32: those that `floatValues` takes.
bool isFloatType(int dataType);
/// `FLOAT, FLOAT16, ..`, for messages.
std::string floatTypeNames();

}  // namespace systole::operators
