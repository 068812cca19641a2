// SPDX-License-Identifier: Apache-2.0
// The patterns of `systole dram` at DDR4-2400: items_per_second counts requests per second of CPU
// time, of generator, address map and controller together.
#include <benchmark/benchmark.h>

#include "models/memory/dram/dram_patterns.hpp"
#include "models/memory/dram/dram_replay.hpp"
#include "sim/config/dram/dram_loader.hpp"

namespace systole::memory {
namespace {

constexpr std::uint64_t kRequests = 100'000;

void replayPattern(benchmark::State& state, DramPattern pattern) {
    const DramConfig config = sim::loadDram(SYSTOLE_SOURCE_DIR "/configs/dram/ddr4_2400.yaml", {});
    Cycle cycles = 0;
    for (auto _ : state) {
        PatternSource source(config, pattern, kRequests, 42);
        cycles = replay(config, source).cycles;
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kRequests));
    state.counters["clocks/request"] = static_cast<double>(cycles) / kRequests;
}
BENCHMARK_CAPTURE(replayPattern, seq, DramPattern::Sequential)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(replayPattern, seq_wr, DramPattern::SequentialWrites)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(replayPattern, rand, DramPattern::Random)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(replayPattern, rand_rw, DramPattern::RandomMixed)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(replayPattern, row_conf, DramPattern::RowConflict)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(replayPattern, rw_2stream, DramPattern::TwoStreams)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace systole::memory
