// SPDX-License-Identifier: Apache-2.0
// The DMA engine in runs of the whole machine: its width, and what its states say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/study/worker_fixture.hpp"

namespace systole::sim {
namespace {

using Json = nlohmann::json;

class DmaRun : public WorkerTest {
protected:
    Json run(const std::string& arguments) const {
        const auto outcome =
            systole("gemm " + arguments + " --quiet --json " + (folder_ / "result.json").string());
        EXPECT_EQ(outcome.exitCode, 0) << outcome.text;
        return jsonOf(folder_ / "result.json")["totals"];
    }

    /// 32 channels that carry 1024 bytes a cycle, and an engine of so many.
    Json wide(const std::string& shape, std::uint64_t bytesPerCycle,
              const std::string& more = "") const {
        const auto machine = write("wide.yaml", R"(name: wide
clock: 1GHz
array: {rows: 64, columns: 64, dataflow: weight_stationary, overlap_folds: true}
datapath: int8
activation_scratchpad: {capacity: 1MiB, banks: 64, word: 64B}
weight_scratchpad: {capacity: 1MiB, banks: 64, word: 64B}
accumulator_buffer: {rows: 4096}
vector_unit: {lanes: 64, pipeline_depth: 4}
dma: {bytes_per_cycle: 256, outstanding_bursts: 4096}
sequencer: {queue_depth: 16, issue_cycles: 1}
dram: hbm2
technology: generic_45nm
scheme: auto
)");
        return run(machine.string() + " " + shape +
                   fmt::format(" --set dram.organization.channels=32 --set dma.bytes_per_cycle={} ",
                               bytesPerCycle) +
                   more);
    }
};

Cycle in(const Json& totals, const char* unit, const char* state) {
    return totals["unit_cycles"][unit][state];
}

void expectConservation(const Json& totals) {
    for (const auto& [name, unit] : totals["unit_cycles"].items()) {
        Cycle sum = 0;
        for (const auto& [state, cycles] : unit.items()) sum += cycles.get<Cycle>();
        EXPECT_EQ(sum, totals["cycles"]) << name;
    }
}

TEST_F(DmaRun, AnEngineWiderThanABurstIsFaster) {
    for (const char* shape : {"64 4096 256 --timing-only", "16 4096 512 --timing-only"}) {
        const Json burst = wide(shape, 64);
        for (const std::uint64_t width : {96, 128, 256, 512}) {
            const Json wider = wide(shape, width);
            expectConservation(wider);
            EXPECT_LT(wider["cycles"], burst["cycles"]) << width << " " << shape;
            EXPECT_LT(in(wider, "load", "busy"), in(burst, "load", "busy")) << width << shape;
        }
    }
    const Json one = wide("64 4096 256 --timing-only", 64);
    const Json four = wide("64 4096 256 --timing-only", 256);
    EXPECT_LT(four["cycles"].get<double>(), 0.8 * one["cycles"].get<double>());
    EXPECT_LT(in(four, "load", "busy"), in(one, "load", "busy") / 2);
}

TEST_F(DmaRun, BitsDoNotDependOnTheWidth) {
    const Json one = wide("40 300 70", 64);
    for (const std::uint64_t width : {24, 96, 1024}) {
        EXPECT_EQ(wide("40 300 70", width)["output_sha256"], one["output_sha256"]) << width;
    }
}

TEST_F(DmaRun, AnEngineWiderThanTheBanksWaitsForThem) {
    const std::string banks =
        "--set weight_scratchpad.banks=2 --set activation_scratchpad.banks=2 --timing-only";
    const Json fits = wide("64 512 512", 128, banks);
    const Json wider = wide("64 512 512", 512, banks);
    EXPECT_GE(in(wider, "load", "busy") + in(wider, "load", "scratchpad_conflict"),
              64U * 512 / 128 + 512 * 512 / 128);
    EXPECT_GT(in(wider, "load", "scratchpad_conflict"), in(fits, "load", "scratchpad_conflict"));
    expectConservation(wider);
}

TEST_F(DmaRun, WaitsForBanksAreConflictsAndNotMemory) {
    const std::string edge = source("configs/accelerators/edge-16x16.yaml") + " 64 64 32 ";
    const Json one = run(edge);
    EXPECT_EQ(in(one, "load", "busy"), 352U);
    EXPECT_EQ(in(one, "load", "scratchpad_conflict"), 96U);  // 4 chunks of weights, 24 each
    EXPECT_EQ(in(one, "load", "memory"), 347U - 96);
    const Json two = run(edge + "--set weight_scratchpad.banks=2");
    EXPECT_EQ(in(two, "load", "scratchpad_conflict"), 0U);
    EXPECT_EQ(in(two, "load", "memory"), 248U);
    for (const Json& totals : {one, two}) expectConservation(totals);
}

TEST_F(DmaRun, ConflictsOfAllUnitsAreThoseOfThePorts) {
    for (const char* settings :
         {"--set activation_scratchpad.banks=1 --set activation_scratchpad.ports=1rw",
          "--set weight_scratchpad.ports=1rw --set dma.bytes_per_cycle=64",
          "--set activation_scratchpad.banks=2 --set dma.bytes_per_cycle=256"}) {
        const Json totals =
            run(source("configs/accelerators/edge-16x16.yaml") + " 64 64 32 " + settings);
        expectConservation(totals);
        EXPECT_GT(in(totals, "load", "scratchpad_conflict"), 0U) << settings;
        EXPECT_LE(
            in(totals, "load", "scratchpad_conflict") + in(totals, "store", "scratchpad_conflict"),
            totals["counters"]["port_wait_cycles"].get<Cycle>() +
                totals["counters"]["bank_conflict_cycles"].get<Cycle>())
            << settings;
    }
}

TEST_F(DmaRun, PrintsThePeakOfTheDram) {
    const Json totals = run(source("configs/accelerators/edge-16x16.yaml") + " 32 32 32");
    EXPECT_DOUBLE_EQ(totals["dram_peak_bytes_per_second"], 19.2e9);
    EXPECT_NEAR(totals["dram_bytes_per_second"].get<double>(),
                totals["dram_bytes"].get<double>() / totals["seconds"].get<double>(), 1);
    const auto text = systole("gemm edge-16x16 32 32 32 --set dram=hbm2_stack").text;
    EXPECT_THAT(text, ::testing::HasSubstr("of the peak of 256.000 GB/s (HBM2-2000 stack, 8 "
                                           "channels)"));
}

}  // namespace
}  // namespace systole::sim
