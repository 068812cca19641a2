// SPDX-License-Identifier: Apache-2.0
// The traces that arch::MachineState samples, beside what the processing elements of the structural
// array have on their wires.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <memory>

#include "arch/values/machine_state.hpp"
#include "tests/cosim/lockstep.hpp"
#include "tests/cosim/structural_array_adapter.hpp"
#include "tests/unit/arch/machine_fixture.hpp"

namespace systole::cosim {
namespace {

using arch::ArrayConfig;
using arch::Dataflow;
using arch::DatapathConfig;
using arch::structural::GemmFold;
using arch::structural::ProcessingElement;
using cost::OperandTrace;

constexpr std::uint32_t kRows = 4;
constexpr std::uint32_t kColumns = 3;
constexpr numeric::GemmShape kShape{9, 10, 7};  // ragged in all three
constexpr std::uint32_t kMaxSteps = 6;

/// Looks at the wires of one element at every clock edge, as the element itself does.
class Probe final : public sc_core::sc_module {
public:
    Probe(const sc_core::sc_module_name& name, const StructuralArrayAdapter& array,
          std::uint32_t row, std::uint32_t column)
        : sc_module(name),
          design_(array.array().design()),
          element_(array.array().element(row, column)) {
        trace_.row = row;
        trace_.column = column;
        // Of an open chunk the words behind those of the outer sum.
        trace_.sumWords = static_cast<std::uint32_t>(design_.adder.openWords() -
                                                     (design_.chunk ? design_.adder.words() : 0));
        SC_HAS_PROCESS(Probe);
        SC_THREAD(watch);
    }

    /// Output stationary, no wire tells which elements a fold uses.
    void expect(std::span<const GemmFold> folds) { folds_ = folds; }
    const OperandTrace& trace() const { return trace_; }

private:
    void watch() {
        for (;;) {
            wait(element_.clock->posedge_event());
            if (element_.enable.read() && element_.rowIn.read().valid) look();
        }
    }

    void look() {
        const arch::structural::RowWire wire = element_.rowIn.read();
        if (wire.first) ++fold_;
        const bool outputs = design_.outputStationary();
        std::uint16_t held = element_.columnIn.read().operand;
        if (outputs) {
            const numeric::GemmShape& size = folds_[fold_ - 1].size;
            if (trace_.row >= size.m || trace_.column >= size.n) return;
        } else {
            const bool second = design_.secondOperand() && !wire.first;
            const auto stationary = second ? element_.stationary.read() : element_.columnOut.read();
            if (!stationary.used) return;
            held = stationary.operand;
        }
        if (wire.first) trace_.foldBegins.push_back(static_cast<std::uint32_t>(trace_.steps()));
        const bool exchanged = design_.array.dataflow == Dataflow::InputStationary;
        trace_.activations.push_back(exchanged ? held : wire.operand);
        trace_.weights.push_back(exchanged ? wire.operand : held);
        lookAtSum(outputs, wire.first);
    }

    void lookAtSum(bool own, bool first) {
        const std::size_t words = design_.adder.openWords();
        for (std::size_t i = words - trace_.sumWords; i < words; ++i) {
            const std::int64_t word = own ? element_.sumOut[i].read() : element_.sumIn[i].read();
            trace_.sums.push_back(own && first ? 0 : std::bit_cast<std::uint64_t>(word));
        }
    }

    const arch::structural::ElementDesign& design_;
    const ProcessingElement& element_;
    OperandTrace trace_;
    std::span<const GemmFold> folds_;
    std::size_t fold_ = 0;  ///< 1 in the first one
};

void appendCode(std::vector<std::uint8_t>& bytes, std::uint16_t code, int size) {
    for (int i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(code >> (8 * i)));
}

/// The folds as commands of a machine, and what they read: all activations [m][k] densely, the
/// weights of each fold for themselves.
class FoldsOnAMachine {
public:
    FoldsOnAMachine(const ArrayConfig& array, const DatapathConfig& datapath,
                    const LockstepRun& run)
        : activationBytes_(numeric::storageBytes(datapath.activation)),
          weightBytes_(numeric::storageBytes(datapath.weight)),
          machine_(machineOf(datapath, array, everything())) {
        for (const std::uint16_t code : run.a) appendCode(image_, code, activationBytes_);
        const auto inputs = static_cast<std::uint32_t>(image_.size());
        program_.layerNames = {"gemm"};
        for (const GemmFold& fold : run.folds) {
            program_.commands.push_back({.operation = streamOf(fold)});
            for (std::size_t k = fold.k; k < fold.k + fold.size.k; ++k) {
                for (std::size_t n = fold.n; n < fold.n + fold.size.n; ++n) {
                    appendCode(image_, run.b[k * kShape.n + n], weightBytes_);
                }
            }
        }
        program_.dramBytes = image_.size();
        program_.activationBytes = inputs;
        program_.weightBytes = static_cast<std::uint32_t>(image_.size()) - inputs;
        program_.accumulatorRows = kShape.m + kShape.n;
    }

    std::vector<arch::OperandSample> samples() {
        machine_.reset(program_);
        std::copy(image_.begin(), image_.end(), machine_.dram().begin());
        machine_.startSampling(program_);
        machine_.execute(arch::TransferCommand{.box = {.runBytes = program_.activationBytes}});
        machine_.execute(arch::TransferCommand{
            .box = {.address = program_.activationBytes, .runBytes = program_.weightBytes},
            .scratchpad = arch::Scratchpad::Weight});
        for (const arch::Command& command : program_.commands) machine_.execute(command.operation);
        return machine_.takeSamples();
    }

private:
    static arch::OperandSampling everything() {
        return {.folds = 1U << 20, .elements = 1U << 20, .steps = 1U << 20};
    }

    arch::Stream streamOf(const GemmFold& fold) const {
        arch::Stream stream;
        stream.window.elementBytes = static_cast<std::uint32_t>(activationBytes_);
        stream.window.height = stream.window.outputHeight = kShape.m;
        stream.window.channels = stream.window.channelCount = kShape.k;
        stream.outputBegin = fold.m;
        stream.outputs = static_cast<std::uint32_t>(fold.size.m);
        stream.kBegin = fold.k;
        stream.reduction = static_cast<std::uint32_t>(fold.size.k);
        stream.channels = static_cast<std::uint32_t>(fold.size.n);
        stream.weights = static_cast<std::uint32_t>(
            image_.size() - kShape.m * kShape.k * static_cast<std::size_t>(activationBytes_));
        return stream;
    }

    int activationBytes_;
    int weightBytes_;
    std::vector<std::uint8_t> image_;
    arch::Program program_;
    arch::MachineState machine_;
};

/// A structural array with a probe at every element.
struct ProbedArray {
    DatapathConfig datapath;
    ArrayConfig config;
    StructuralArrayAdapter array;
    std::vector<std::unique_ptr<Probe>> probes;

    ProbedArray(DatapathConfig datapathConfig, const ArrayConfig& arrayConfig)
        : datapath(std::move(datapathConfig)),
          config(arrayConfig),
          array(sc_core::sc_gen_unique_name("array"), config, datapath) {
        for (std::uint32_t row = 0; row < kRows; ++row) {
            for (std::uint32_t column = 0; column < kColumns; ++column) {
                probes.push_back(std::make_unique<Probe>(sc_core::sc_gen_unique_name("probe"),
                                                         array, row, column));
            }
        }
    }

    void compare() {
        const LockstepProblem problem{.array = config,
                                      .datapath = datapath,
                                      .shape = kShape,
                                      .maxSteps = kMaxSteps,
                                      .stalls = 20};
        SCOPED_TRACE(problem.text());
        std::mt19937_64 random(7);
        LockstepRun run;
        run.a = randomCodes(datapath.activation, kShape.m * kShape.k, random);
        run.b = randomCodes(datapath.weight, kShape.k * kShape.n, random);
        run.folds =
            arch::structural::cutGemm(config, kShape, run.a, run.b, kMaxSteps, chunkOf(datapath));
        for (auto& probe : probes) probe->expect(run.folds);
        CycleArray* model = &array;
        runLockstep(problem, run.folds, {&model, 1});

        const auto samples = FoldsOnAMachine(config, datapath, run).samples();
        ASSERT_EQ(samples.size(), 1U);
        EXPECT_EQ(samples[0].folds, run.folds.size());
        EXPECT_EQ(samples[0].sampledFolds, run.folds.size());
        ASSERT_EQ(samples[0].traces.size(), probes.size());
        std::size_t steps = 0;
        for (std::size_t i = 0; i < probes.size(); ++i) {
            const OperandTrace& seen = probes[i]->trace();
            const OperandTrace& sampled = samples[0].traces[i];
            SCOPED_TRACE(fmt::format("PE({}, {})", seen.row, seen.column));
            EXPECT_EQ(sampled.foldBegins, seen.foldBegins);
            EXPECT_EQ(sampled.activations, seen.activations);
            EXPECT_EQ(sampled.weights, seen.weights);
            EXPECT_EQ(sampled.sums, seen.sums);
            EXPECT_EQ(sampled, seen);
            steps += seen.steps();
        }
        EXPECT_EQ(steps, kShape.m * kShape.k * kShape.n);
    }
};

DatapathConfig datapath(const char* activation, const char* weight, const char* accumulator) {
    return {.activation = numeric::formatNamed(activation).value(),
            .weight = numeric::formatNamed(weight).value(),
            .accumulator = numeric::parseAccumulator(accumulator).value()};
}

DatapathConfig chunked(DatapathConfig base, const char* inner, std::uint32_t length) {
    base.accumulator.chunk = numeric::Chunk{numeric::parseAccumulator(inner)->sum, length};
    return base;
}

class OperandTraces : public testing::TestWithParam<Dataflow> {};

TEST_P(OperandTraces, AreWhatEveryElementOfTheStructuralArraySees) {
    std::vector<std::unique_ptr<ProbedArray>> arrays;
    const ArrayConfig config{.rows = kRows, .columns = kColumns, .dataflow = GetParam()};
    for (DatapathConfig& formats :
         std::vector{datapath("int8", "int8", "int32"), datapath("int8", "int4", "int11"),
                     datapath("uint8", "int8", "int16_saturate"), datapath("bf16", "e5m2", "exact"),
                     datapath("e4m3", "e4m3", "fp16"),
                     chunked(datapath("e5m2", "e4m3", "fp16"), "dlfloat16", 3),
                     chunked(datapath("int8", "int8", "int32"), "int14_saturate", 3)}) {
        arrays.push_back(std::make_unique<ProbedArray>(std::move(formats), config));
    }
    ArrayConfig overlapped = config;
    overlapped.overlapFolds = true;
    arrays.push_back(std::make_unique<ProbedArray>(datapath("e4m3", "e4m3", "fp16"), overlapped));
    for (auto& array : arrays) array->compare();
}

INSTANTIATE_TEST_SUITE_P(Dataflows, OperandTraces,
                         testing::Values(Dataflow::WeightStationary, Dataflow::InputStationary,
                                         Dataflow::OutputStationary),
                         [](const auto& dataflow) {
                             return std::string(
                                 arch::kDataflowNames.at(static_cast<std::size_t>(dataflow.param)));
                         });

}  // namespace
}  // namespace systole::cosim
