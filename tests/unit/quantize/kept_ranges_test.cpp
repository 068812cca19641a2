// SPDX-License-Identifier: Apache-2.0
// Ranges of calibration that were kept are read again, and only for the same network and images.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "tests/unit/quantize/quantize_fixture.hpp"

namespace systole::sim {
namespace {

namespace fs = std::filesystem;
using Images = std::vector<std::vector<float>>;

class KeptRanges : public WorkloadFileTest {
protected:
    static constexpr std::uint32_t kChannels = 512;

    /// Outputs have the value of channel 0. One image is 0.26 GMAC for each of 10 rows.
    static graph::Graph network(std::uint32_t rows) {
        std::vector<float> weights(std::size_t{kChannels} * kChannels, 0.0F);
        for (std::size_t n = 0; n < kChannels; ++n) weights[n * kChannels] = 1;
        NetworkBuilder builder({1, kChannels, rows, 100});
        return builder.take(builder.convolve(0, weights, std::vector<float>(kChannels, 0.0F)));
    }
    static Images imageOf(std::uint32_t rows, float value) {
        return {std::vector<float>(std::size_t{rows} * 100 * kChannels, value)};
    }
    Ranges calibrated(std::uint32_t rows, float value) const {
        return calibrate(network(rows), imageOf(rows, value), ContentCache(cache()));
    }
    fs::path cache() const { return path("cache"); }
    std::vector<fs::path> kept() const {
        std::vector<fs::path> files;
        if (!fs::exists(cache())) return files;
        for (const auto& entry : fs::directory_iterator(cache())) files.push_back(entry.path());
        return files;
    }
    /// Puts other ranges in the place of what is kept, as a whole file.
    void replace(const fs::path& file, float amax) const {
        const std::string name = file.filename();
        const std::size_t dash = name.rfind('-');
        const ContentCache store(cache());
        const auto bytes = store.find(name.substr(0, dash), name.substr(dash + 1));
        ASSERT_TRUE(bytes);
        std::string changed = *bytes;
        std::memcpy(changed.data(), &amax, sizeof amax);
        store.keep(name.substr(0, dash), name.substr(dash + 1), changed);
    }
};

TEST_F(KeptRanges, AreTakenForTheSameNetworkAndImages) {
    EXPECT_EQ(calibrated(200, -3).amax[0], 3.0F);
    ASSERT_EQ(kept().size(), 1U);
    replace(kept()[0], 77);
    const Ranges ranges = calibrated(200, -3);
    EXPECT_EQ(ranges.amax[0], 77.0F);
    EXPECT_EQ(ranges.amax[2], 3.0F);
    EXPECT_EQ(ranges.least[2], -3.0F);
    EXPECT_EQ(calibrated(200, 2).amax[0], 2.0F) << "another image";
    EXPECT_EQ(calibrated(201, -3).amax[0], 3.0F) << "another network";
    EXPECT_EQ(kept().size(), 3U);
}

TEST_F(KeptRanges, OfSmallNetworksAreNotWorthAFile) {
    EXPECT_EQ(calibrated(10, -3).amax[0], 3.0F);
    EXPECT_TRUE(kept().empty());
}

}  // namespace
}  // namespace systole::sim
