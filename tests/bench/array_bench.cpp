// SPDX-License-Identifier: Apache-2.0
// The array of `systole run` and the structural one, a module per processing element: both 32 x 32,
// INT8, weight stationary, values computed. The counter cycles/s counts cycles of the array per
// second of CPU time.
#include <benchmark/benchmark.h>

#include <ctime>
#include <random>
#include <vector>

#include "arch/structural/clocked_array.hpp"
#include "sim/config/machine_loader.hpp"
#include "sim/run/gemm_workload.hpp"
#include "sim/run/simulation.hpp"

namespace systole {
namespace {

using arch::structural::ClockedArray;

std::vector<std::uint16_t> randomBytes(std::size_t count) {
    std::mt19937_64 random(1);
    std::vector<std::uint16_t> codes(count);
    for (std::uint16_t& code : codes) code = static_cast<std::uint16_t>(random() % 256);
    return codes;
}

constexpr std::uint32_t kSide = 32;

/// One endless fold: every PE has a product in every cycle.
struct Streaming {
    Streaming()
        : array("structural", {.rows = kSide, .columns = kSide},
                {.activation = numeric::formatNamed("int8").value(),
                 .weight = numeric::formatNamed("int8").value(),
                 .accumulator = numeric::parseAccumulator("int32").value()},
                sc_core::sc_time(2, sc_core::SC_NS)) {}

    void begin() {
        array.takeResults(true);
        array.offerFold(true, ~std::uint32_t{0});
        for (std::uint32_t cycle = 0; cycle < 4 * kSide; ++cycle) step();
    }

    void step() {
        array.offerStationary(array.wantsStationary(), operands(), used);
        array.offerStep(array.wantsStep(), operands(), {});
        array.clock();
    }

    std::span<const std::uint16_t> operands() {
        at = (at + kSide) % codes.size();
        return std::span(codes).subspan(at, kSide);
    }

    ClockedArray array;
    std::vector<std::uint16_t> codes = randomBytes(kSide * 1021);
    std::vector<std::uint8_t> used = std::vector<std::uint8_t>(kSide, 1);
    std::size_t at = 0;
};

/// `systole gemm configs/accelerators/array-only.yaml 4096 256 256`: loads, folds, requantization
/// and store of the whole machine, in which only the array takes time.
struct Product {
    static constexpr std::uint32_t kRows = 4096;
    static constexpr std::uint32_t kDepth = 256;
    static constexpr std::uint32_t kColumns = 256;

    arch::RunRecord run() { return simulation.inferTimed(input); }

    sim::RunConfig config =
        sim::loadRunConfig(SYSTOLE_SOURCE_DIR "/configs/accelerators/array-only.yaml", {});
    graph::Graph network = sim::gemmNetwork(config.scheme, kRows, kDepth, kColumns, 1);
    sim::Simulation simulation{config};
    std::vector<numeric::Code> input = sim::gemmInput(config.scheme, kRows, kDepth, 1);
};

/// The process's only ones, built before either runs: SystemC elaborates once.
struct Arrays {
    Product fast;
    Streaming structural;

    Arrays() { fast.simulation.load(fast.network); }
};

Arrays& arrays() {
    static Arrays built;
    static const bool kStreams = (built.structural.begin(), true);
    benchmark::DoNotOptimize(kStreams);
    return built;
}

void structuralArray32x32Int8(benchmark::State& state) {
    Streaming& streaming = arrays().structural;
    for (auto _ : state) streaming.step();
    state.counters["cycles/s"] =
        benchmark::Counter(1, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(structuralArray32x32Int8)->Unit(benchmark::kMicrosecond);

/// CPU seconds that a cycle of the structural array takes now.
double structuralSeconds() {
    constexpr int kCycles = 2000;
    const std::clock_t begin = std::clock();
    for (int cycle = 0; cycle < kCycles; ++cycle) arrays().structural.step();
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC / kCycles;
}

/// `ratio`: its cycles per second over those of the structural array, measured right after.
void fastArray32x32Int8(benchmark::State& state) {
    Product& product = arrays().fast;
    Cycle cycles = 0;
    const std::clock_t begin = std::clock();
    for (auto _ : state) cycles += product.run().cycles;
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    state.counters["cycles/s"] =
        benchmark::Counter(static_cast<double>(cycles), benchmark::Counter::kIsRate);
    state.counters["ratio"] = static_cast<double>(cycles) / seconds * structuralSeconds();
}
BENCHMARK(fastArray32x32Int8)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace systole
