// SPDX-License-Identifier: Apache-2.0
// Chunked sums over several folds: the structural array, and the accumulator buffer after it,
// against the machine's sums.
#include <algorithm>
#include <span>

#include "models/numeric/sums/sum_register.hpp"
#include "tests/cosim/closed_forms.hpp"
#include "tests/cosim/structural_device.hpp"

namespace systole::cosim {
namespace {

/// What the accumulator buffer makes of the folds: [m][n][word]. `sumOf(fold)` is a fold's sums.
template <typename SumsOf>
std::vector<std::int64_t> addedFolds(const Device& device, const LockstepProblem& problem,
                                     const LockstepRun& run, const SumsOf& sumsOf) {
    const numeric::SumRegister empty(device.datapath.accumulator,
                                     numeric::Codec(device.datapath.activation),
                                     numeric::Codec(device.datapath.weight));
    const std::size_t words = empty.words();
    std::vector<std::int64_t> total(problem.shape.m * problem.shape.n * words, 0);
    for (std::size_t f = 0; f < run.folds.size(); ++f) {
        const auto& fold = run.folds[f];
        std::vector<std::int64_t> sums = sumsOf(f);
        for (std::size_t m = 0; m < fold.size.m; ++m) {
            for (std::size_t n = 0; n < fold.size.n; ++n) {
                numeric::SumRegister sum = empty;
                std::vector<std::int64_t> open(sum.openWords(), 0);
                std::copy_n(
                    sums.begin() + static_cast<std::ptrdiff_t>((m * fold.size.n + n) * words),
                    words, open.begin());
                numeric::AccumulatorEvents events;
                sum.loadOpen(open);
                sum.close(0, events);
                const std::size_t at = (fold.m + m) * problem.shape.n + fold.n + n;
                sum.addTo(std::span(total).subspan(at * words, words), 0, events);
            }
        }
    }
    return total;
}

/// The sums of fold `f` as they left the array.
std::vector<std::int64_t> shownSums(const Device& device, const LockstepRun& run, std::size_t f,
                                    std::size_t words) {
    const auto& fold = run.folds[f];
    std::vector<std::int64_t> sums(fold.size.m * fold.size.n * words, 0);
    const std::vector<Expected> expected = appearances(device.config, run);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        arch::structural::OutputPlace place{};
        const std::size_t column = expected[i].column % device.config.columns;
        if (expected[i].fold != f ||
            !placeOf(fold, device.config.dataflow, expected[i].stepOrRow, column, place)) {
            continue;
        }
        std::copy(
            run.trace[i].sum.begin(), run.trace[i].sum.end(),
            sums.begin() + static_cast<std::ptrdiff_t>((place.m * fold.size.n + place.n) * words));
    }
    return sums;
}

/// The whole product by `Gemm::run`, fold by fold, as the machine calls it.
std::vector<std::int64_t> machineSums(const Device& device, const LockstepProblem& problem,
                                      const LockstepRun& run) {
    const numeric::Gemm gemm(numeric::Codec(device.datapath.activation),
                             numeric::Codec(device.datapath.weight), device.datapath.accumulator);
    const auto& [m, depth, n] = problem.shape;
    const std::size_t reduction = device.config.dataflow == Dataflow::OutputStationary
                                      ? problem.maxSteps
                                      : device.config.rows;
    std::vector<std::int64_t> sums(m * n * gemm.words());
    for (std::size_t begin = 0; begin < depth; begin += reduction) {
        const numeric::GemmShape shape{m, std::min(reduction, depth - begin), n};
        std::vector<std::uint16_t> a;
        for (std::size_t i = 0; i < m; ++i) {
            const auto* row = run.a.data() + i * depth + begin;
            a.insert(a.end(), row, row + shape.k);
        }
        const auto b = std::span(run.b).subspan(begin * n, shape.k * n);
        gemm.run({.shape = shape, .a = a, .b = b}, begin > 0, sums);
    }
    return sums;
}

// K below, at and beyond the rows, whole folds or not; chunks that divide the rows or do not.
TEST(StructuralChunks, FoldsAddUpInTheAccumulatorBufferToTheMachinesSums) {
    constexpr std::uint32_t kRows = 4;
    std::vector<Device> devices;
    for (const std::uint32_t chunk : {1U, 2U, 3U, 4U, 5U, 9U}) {
        for (const DatapathConfig& path :
             {chunked(datapath("e4m3", "e4m3", "fp16"), "fp16", chunk),
              chunked(datapath("e5m2", "e4m3", "bf16"), "dlfloat16", chunk),
              chunked(datapath("int8", "int8", "int18_saturate"), "int17_saturate", chunk)}) {
            for (ArrayConfig config : behaviours()) {
                config.rows = kRows;
                config.columns = 3;
                devices.emplace_back(config, path);
            }
        }
    }
    std::uint64_t seed = 500;
    for (const Device& device : devices) {
        for (const std::size_t depth : {std::size_t{3}, std::size_t{4}, std::size_t{11}}) {
            LockstepProblem problem;
            problem.shape = {3, depth, 4};
            problem.maxSteps = 6;
            problem.seed = seed++;
            const LockstepRun run = device.run(problem);
            const numeric::Gemm gemm(numeric::Codec(device.datapath.activation),
                                     numeric::Codec(device.datapath.weight),
                                     device.datapath.accumulator);
            const auto added = addedFolds(device, problem, run, [&](std::size_t fold) {
                return shownSums(device, run, fold, gemm.words());
            });
            ASSERT_EQ(added, machineSums(device, problem, run))
                << device.datapath.accumulator.name << ", K " << depth << ", seed " << seed - 1;
        }
    }
}

}  // namespace
}  // namespace systole::cosim
