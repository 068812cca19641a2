// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "models/memory/dram/dram_config.hpp"
#include "models/memory/dram/request_source.hpp"
#include "sim/config/dram/dram_loader.hpp"

namespace systole::memory::testing {

/// Requests of a list.
class ListSource final : public RequestSource {
public:
    explicit ListSource(std::vector<ReplayRequest> requests) : requests_(std::move(requests)) {}

    std::size_t fill(std::span<ReplayRequest> block) override {
        const std::size_t count = std::min(block.size(), requests_.size() - next_);
        std::copy_n(requests_.begin() + static_cast<std::ptrdiff_t>(next_), count, block.begin());
        next_ += count;
        return count;
    }

private:
    std::vector<ReplayRequest> requests_;
    std::size_t next_ = 0;
};

inline std::vector<ReplayRequest> drain(RequestSource& source, std::size_t blockSize = 1000) {
    std::vector<ReplayRequest> all;
    std::vector<ReplayRequest> block(blockSize);
    for (std::size_t count = source.fill(block); count > 0; count = source.fill(block)) {
        all.insert(all.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(count));
    }
    return all;
}

inline DramConfig shippedDdr4() {
    return sim::loadDram(SYSTOLE_SOURCE_DIR "/configs/dram/ddr4_2400.yaml", {});
}

inline DramConfig idealMemory(const IdealMemoryConfig& ideal) {
    DramConfig config;
    config.name = "ideal";
    config.ideal = ideal;
    return config;
}

}  // namespace systole::memory::testing
