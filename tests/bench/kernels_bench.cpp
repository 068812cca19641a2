// SPDX-License-Identifier: Apache-2.0
// What a user waits for: the exact GEMM of one fold, and DRAM bursts. CPU time, one thread.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "models/memory/address_map.hpp"
#include "models/memory/dram_channel.hpp"
#include "models/numeric/gemm.hpp"
#include "sim/config/dram_loader.hpp"

namespace systole {
namespace {

constexpr numeric::GemmShape kFold{196, 16, 16};

template <typename T>
std::vector<T> randomOperand(std::size_t count, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<T> values(count);
    for (T& value : values) {
        value = static_cast<T>(static_cast<int>(random() % 255) - 127);
    }
    return values;
}

void countMacs(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() *
                            static_cast<std::int64_t>(kFold.m * kFold.k * kFold.n));
}

void gemmReference(benchmark::State& state) {
    const auto a = randomOperand<std::int64_t>(kFold.m * kFold.k, 1);
    const auto b = randomOperand<std::int64_t>(kFold.k * kFold.n, 2);
    std::vector<std::int64_t> c(kFold.m * kFold.n);
    for (auto _ : state) {
        numeric::gemmReference(kFold, a, b, c);
        benchmark::DoNotOptimize(c.data());
    }
    countMacs(state);
}
BENCHMARK(gemmReference);

void gemmExact(benchmark::State& state) {
    const auto a = randomOperand<double>(kFold.m * kFold.k, 1);
    const auto b = randomOperand<double>(kFold.k * kFold.n, 2);
    std::vector<double> c(kFold.m * kFold.n);
    for (auto _ : state) {
        numeric::gemmExact(kFold, a, b, c, 128, 128);
        benchmark::DoNotOptimize(c.data());
    }
    countMacs(state);
}
BENCHMARK(gemmExact);

void dramSequentialReads(benchmark::State& state) {
    const memory::DdrConfig config =
        sim::loadDram(SYSTOLE_SOURCE_DIR "/configs/dram/ddr4_2400.yaml", {}).ddr.value();
    const memory::AddressMap map(config);
    memory::DramChannel channel(config);
    std::uint64_t burst = 0;
    for (auto _ : state) {
        const auto place = map.decode(burst * 64 % map.capacityBytes());
        benchmark::DoNotOptimize(channel.serve(place, false, burst));
        ++burst;
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(dramSequentialReads);

}  // namespace
}  // namespace systole
