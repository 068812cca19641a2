// SPDX-License-Identifier: Apache-2.0
// Matrix products beside the library's, the exact product of one fold, and DRAM bursts. CPU time,
// one thread. The counter MAC/s counts multiply-accumulates.
#include <benchmark/benchmark.h>
#include <cblas.h>

#include <random>
#include <string>
#include <vector>

#include "models/numeric/gemm/gemm.hpp"

namespace systole {
namespace {

using numeric::GemmShape;

constexpr GemmShape kLarge{1024, 1024, 1024};
constexpr GemmShape kFold{196, 16, 16};

void countMacs(benchmark::State& state, const GemmShape& shape) {
    state.counters["MAC/s"] = benchmark::Counter(static_cast<double>(shape.m * shape.k * shape.n),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

/// What the library takes for the same product in floating point.
template <typename T, typename Product>
void libraryGemm(benchmark::State& state, Product product) {
    openblas_set_num_threads(1);
    std::mt19937_64 random(1);
    const auto operand = [&](std::size_t count) {
        std::vector<T> values(count);
        for (T& value : values) value = static_cast<T>(random() % 255) - 127;
        return values;
    };
    const std::vector<T> a = operand(kLarge.m * kLarge.k);
    const std::vector<T> b = operand(kLarge.k * kLarge.n);
    std::vector<T> c(kLarge.m * kLarge.n);
    const auto size = static_cast<blasint>(kLarge.m);
    for (auto _ : state) {
        product(CblasRowMajor, CblasNoTrans, CblasNoTrans, size, size, size, 1, a.data(), size,
                b.data(), size, 0, c.data(), size);
        benchmark::DoNotOptimize(c.data());
    }
    countMacs(state, kLarge);
}

void sgemm(benchmark::State& state) { libraryGemm<float>(state, cblas_sgemm); }
BENCHMARK(sgemm)->Unit(benchmark::kMillisecond);

void dgemm(benchmark::State& state) { libraryGemm<double>(state, cblas_dgemm); }
BENCHMARK(dgemm)->Unit(benchmark::kMillisecond);

std::vector<std::uint16_t> randomCodes(const numeric::Codec& codec, std::size_t count,
                                       std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<std::uint16_t> codes(count);
    for (std::uint16_t& code : codes) {
        do {
            code = static_cast<std::uint16_t>(random() % codec.codeCount());
        } while (!codec.isFinite(code));
    }
    return codes;
}

struct Case {
    std::string format;
    std::string accumulator;
    numeric::Rounding rounding = numeric::Rounding::NearestEven;
};

void gemm(benchmark::State& state, const Case& what, const GemmShape& shape) {
    const numeric::Codec codec(numeric::formatNamed(what.format).value());
    auto accumulator = numeric::parseAccumulator(what.accumulator).value();
    if (auto* sum = std::get_if<numeric::FloatRegister>(&accumulator.sum)) {
        sum->rounding = what.rounding;
    }
    const numeric::Gemm product(codec, codec, accumulator);
    const auto a = randomCodes(codec, shape.m * shape.k, 1);
    const auto b = randomCodes(codec, shape.k * shape.n, 2);
    const numeric::Gemm::Operands operands{shape, a, b};
    std::vector<std::int64_t> sums(shape.m * shape.n * product.words());
    for (auto _ : state) {
        benchmark::DoNotOptimize(product.run(operands, false, sums));
        benchmark::DoNotOptimize(sums.data());
    }
    countMacs(state, shape);
    state.SetLabel(product.kernelFor(operands, false, sums));
}

#define SYSTOLE_GEMM_BENCHMARK(NAME, ...) \
    BENCHMARK_CAPTURE(gemm, NAME, Case{__VA_ARGS__}, kLarge)->Unit(benchmark::kMillisecond)

SYSTOLE_GEMM_BENCHMARK(int8_int32, "int8", "int32");
SYSTOLE_GEMM_BENCHMARK(e4m3_exact, "e4m3", "exact");
SYSTOLE_GEMM_BENCHMARK(e2m1_exact, "e2m1", "exact");
SYSTOLE_GEMM_BENCHMARK(binary_int32, "binary", "int32");
SYSTOLE_GEMM_BENCHMARK(e4m3_fp32, "e4m3", "fp32");
SYSTOLE_GEMM_BENCHMARK(e4m3_fp16, "e4m3", "fp16");
SYSTOLE_GEMM_BENCHMARK(e5m2_fp16, "e5m2", "fp16");
SYSTOLE_GEMM_BENCHMARK(e4m3_bf16, "e4m3", "bf16");
SYSTOLE_GEMM_BENCHMARK(e5m2_bf16, "e5m2", "bf16");
SYSTOLE_GEMM_BENCHMARK(e4m3_dlfloat16, "e4m3", "dlfloat16");
SYSTOLE_GEMM_BENCHMARK(e5m2_dlfloat16, "e5m2", "dlfloat16");
SYSTOLE_GEMM_BENCHMARK(e4m3_fp16_stochastic, "e4m3", "fp16", numeric::Rounding::Stochastic);
SYSTOLE_GEMM_BENCHMARK(int8_int16_saturate, "int8", "int16_saturate");

BENCHMARK_CAPTURE(gemm, fold_int8_int32, Case{"int8", "int32"}, kFold);
BENCHMARK_CAPTURE(gemm, fold_e4m3_exact, Case{"e4m3", "exact"}, kFold);
BENCHMARK_CAPTURE(gemm, fold_e4m3_fp16, Case{"e4m3", "fp16"}, kFold);

}  // namespace
}  // namespace systole
