// SPDX-License-Identifier: Apache-2.0
#include "sim/run/tensor_dump.hpp"

#include <fmt/format.h>

#include <system_error>

#include "sim/base/atomic_file.hpp"
#include "sim/base/config_error.hpp"
#include "sim/base/npy.hpp"

namespace systole::sim {
namespace {

std::string fileName(const std::string& tensor) {
    constexpr const char* kKept =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    std::string name = tensor;
    for (std::size_t at = name.find_first_not_of(kKept); at != std::string::npos;
         at = name.find_first_not_of(kKept, at)) {
        name[at] = '_';
    }
    return name + ".npy";
}

}  // namespace

TensorDump::TensorDump(const QuantizedNetwork& network, const LoweredNetwork& lowered)
    : network_(network) {
    for (TensorId tensor = 0; tensor < lowered.tensors.size(); ++tensor) {
        if (lowered.tensors[tensor].address) {
            records_[tensor];
        }
    }
}

void TensorDump::add(Simulation& simulation) {
    ++images_;
    for (auto& [tensor, record] : records_) {
        record.add(simulation.readTensor(tensor), network_.scheme.activation);
    }
}

std::vector<TensorHash> TensorDump::hashes() const {
    std::vector<TensorHash> hashes;
    for (const auto& [tensor, record] : records_) {
        hashes.push_back({network_.tensors[tensor].name, record.hash()});
    }
    return hashes;
}

void TensorDump::write(const std::filesystem::path& folder) const {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) {
        throw ConfigError(
            fmt::format("{}: cannot be created: {}", folder.string(), error.message()));
    }
    const auto elementBytes =
        static_cast<std::uint32_t>(numeric::storageBytes(network_.scheme.activation));
    for (const auto& [tensor, record] : records_) {
        const QuantizedTensor& description = network_.tensors[tensor];
        const Shape& shape = description.shape;
        writeFileAtomically(folder / fileName(description.name),
                            npyFile(record.bytes(), elementBytes,
                                    {images_, shape.height, shape.width, shape.channels}));
    }
}

}  // namespace systole::sim
