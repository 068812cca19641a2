// SPDX-License-Identifier: Apache-2.0
#include "arch/values/stored_type.hpp"

#include <cstring>

#include "arch/program/stored_codes.hpp"
#include "arch/values/faulty_reads.hpp"
#include "models/check.hpp"
#include "models/numeric/vector/vector_run.hpp"

namespace systole::arch {

StoredType::StoredType(const ElementType& type, bool mayBeWrong)
    : bytes_(type.room.imageBytes), codeBytes_(type.codeBytes()), codeBits_(type.codeBits()) {
    SYSTOLE_CHECK(codeBytes_ <= bytes_, "elements of {} bytes in {}", codeBytes_, bytes_);
    if (!type.format) return;
    codec_.emplace(*type.format);
    mask_ = static_cast<numeric::Code>(codec_->codeCount() - 1);
    if (mayBeWrong) taken_ = codesAsTaken(*codec_, false);
}

numeric::Code StoredType::codeAt(const std::uint8_t* element) const {
    const numeric::Code code = readCode(element, codeBytes_, mask_);
    return taken_.empty() ? code : taken_[code];
}

double StoredType::value(const std::uint8_t* element) const {
    if (codec_) return codec_->decode(codeAt(element));
    float value = 0;
    std::memcpy(&value, element, sizeof value);
    return static_cast<double>(value);
}

numeric::Int128 StoredType::steps(const std::uint8_t* element) const {
    SYSTOLE_CHECK(codec_.has_value(), "binary32 is loaded as an integer");
    return codec_->gridSteps(codeAt(element));
}

void StoredType::store(double value, std::uint8_t* element) const {
    SYSTOLE_CHECK(codec_.has_value(), "binary32 is stored");
    const numeric::Code code = numeric::encodeOrZero(value, *codec_);
    for (std::uint32_t i = 0; i < bytes_; ++i) {
        element[i] = i < codeBytes_ ? static_cast<std::uint8_t>(code >> (8 * i)) : std::uint8_t{0};
    }
}

}  // namespace systole::arch
