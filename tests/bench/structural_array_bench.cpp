// SPDX-License-Identifier: Apache-2.0
// The structural array: a module per processing element. The counter cycles/s counts cycles of the
// array per second of CPU time.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "arch/structural/clocked_array.hpp"

namespace systole {
namespace {

using arch::structural::ClockedArray;

std::vector<std::uint16_t> randomBytes(std::size_t count) {
    std::mt19937_64 random(1);
    std::vector<std::uint16_t> codes(count);
    for (std::uint16_t& code : codes) code = static_cast<std::uint16_t>(random() % 256);
    return codes;
}

/// 32 x 32, INT8, weight stationary, one endless fold: every PE has a product in every cycle.
struct Streaming {
    static constexpr std::uint32_t kSide = 32;

    Streaming()
        : array("structural", {.rows = kSide, .columns = kSide},
                {.activation = numeric::formatNamed("int8").value(),
                 .weight = numeric::formatNamed("int8").value(),
                 .accumulator = numeric::parseAccumulator("int32").value()},
                sc_core::sc_time(2, sc_core::SC_NS)) {
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

void structuralArray32x32Int8(benchmark::State& state) {
    static Streaming streaming;  // the process's only one: SystemC elaborates once
    for (auto _ : state) streaming.step();
    state.counters["cycles/s"] =
        benchmark::Counter(1, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(structuralArray32x32Int8)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace systole
