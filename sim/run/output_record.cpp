// SPDX-License-Identifier: Apache-2.0
#include "sim/run/output_record.hpp"

#include "sim/base/hash.hpp"

namespace systole::sim {

void OutputRecord::add(std::span<const numeric::Code> codes, const numeric::Format& format) {
    const int bytes = numeric::storageBytes(format);
    for (const numeric::Code code : codes) {
        for (int i = 0; i < bytes; ++i) {
            bytes_.push_back(static_cast<std::uint8_t>(code >> (8 * i)));
        }
    }
}

std::string OutputRecord::hash() const { return sha256(bytes_); }

}  // namespace systole::sim
