// SPDX-License-Identifier: Apache-2.0
#include "sim/run/gemm_waveform.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "arch/structural/waveform.hpp"
#include "models/check.hpp"
#include "models/numeric/sums/requantize.hpp"
#include "models/numeric/sums/sum.hpp"
#include "sim/base/atomic_file.hpp"
#include "sim/base/config_error.hpp"
#include "sim/graph/code_program.hpp"

namespace systole::sim {
namespace {

using arch::Dataflow;
using arch::structural::ClockedArray;
using arch::structural::GemmFold;

std::vector<std::uint16_t> narrowed(std::span<const numeric::Code> codes) {
    return {codes.begin(), codes.end()};
}

/// Of the product, which is the graph's only node: [n][1][1][k].
const graph::Tensor& weightsOf(const graph::Graph& graph) {
    return graph.tensors.at(graph.nodes.front().inputs.at(1));
}

/// [n][k] to [k][n].
std::vector<std::uint16_t> transposed(const graph::Tensor& tensor) {
    const std::size_t outputs = tensor.shape.front();
    const std::size_t depth = tensor.shape.back();
    std::vector<std::uint16_t> weights(tensor.codes.size());
    for (std::size_t n = 0; n < outputs; ++n) {
        for (std::size_t k = 0; k < depth; ++k) {
            weights[k * outputs + n] = static_cast<std::uint16_t>(tensor.codes[n * depth + k]);
        }
    }
    return weights;
}

/// From above: no fold is alone in the array longer than this.
std::uint64_t mostCycles(const arch::ArrayConfig& array, const std::vector<GemmFold>& folds) {
    std::uint64_t cycles = 0;
    for (const GemmFold& fold : folds) {
        cycles += std::uint64_t{array.cyclesPerStep} * fold.steps + std::uint64_t{3} * array.rows +
                  array.columns + array.pipelineDepth;
    }
    return cycles;
}

/// Before the folds are made, which may be many: every PE has a product a cycle at most.
void checkProducts(const numeric::GemmShape& shape) {
    const std::uint64_t products = shape.m * shape.k * shape.n;
    if (products > GemmWaveform::kLargest) {
        throw ConfigError(
            fmt::format("--vcd: {} multiply-accumulates take as many PE cycles or "
                        "more, expected at most {}: a smaller product",
                        products, GemmWaveform::kLargest));
    }
}

void checkCycles(const arch::ArrayConfig& array, const std::vector<GemmFold>& folds) {
    const std::uint64_t size = mostCycles(array, folds) * array.rows * array.columns;
    if (size > GemmWaveform::kLargest) {
        throw ConfigError(fmt::format(
            "--vcd: {} x {} PEs for up to {} cycles are {} PE cycles, expected at most {}: a "
            "smaller product, or a smaller array",
            array.rows, array.columns, mostCycles(array, folds), size, GemmWaveform::kLargest));
    }
}

void checkAccumulator(const numeric::AccumulatorFormat& accumulator) {
    if (numeric::isStochastic(accumulator)) {
        throw ConfigError(
            fmt::format("--vcd: accumulator {} rounds stochastically, which the "
                        "array's elements cannot, expected another rounding",
                        accumulator.name));
    }
}

/// A name for what SystemC writes, which appends `.vcd`; gone at the end.
class Scratch {
public:
    Scratch()
        : stem_((std::filesystem::temp_directory_path() /
                 fmt::format("systole-waveform-{}", ::getpid()))
                    .string()) {}
    ~Scratch() { std::remove(path().c_str()); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    const std::string& stem() const { return stem_; }
    std::string path() const { return stem_ + ".vcd"; }

    std::string content() const {
        std::ifstream file(path(), std::ios::binary);
        std::string text{std::istreambuf_iterator<char>(file), {}};
        // The same run writes the same bytes: they begin behind the date.
        SYSTOLE_CHECK(text.starts_with("$date") && text.find("$version") != std::string::npos,
                      "no waveform in {}", path());
        return text.substr(text.find("$version"));
    }

private:
    std::string stem_;
};

}  // namespace

GemmWaveform::GemmWaveform(const arch::MachineConfig& machine, const graph::Graph& graph,
                           std::span<const numeric::Code> input)
    : graph_(graph),
      datapath_(machine.datapath),
      array_(machine.array),
      shape_{input.size() / weightsOf(graph).shape.back(), weightsOf(graph).shape.back(),
             weightsOf(graph).shape.front()},
      adder_(machine.datapath.accumulator, numeric::Codec(machine.datapath.activation),
             numeric::Codec(machine.datapath.weight)) {
    checkAccumulator(machine.datapath.accumulator);
    checkProducts(shape_);
    const std::size_t whole = std::max({shape_.m, shape_.k, shape_.n});
    const auto& chunks = machine.datapath.accumulator.chunk;
    const auto chunk = chunks ? std::optional(chunks->length) : std::nullopt;
    folds_ =
        arch::structural::cutGemm(array_, shape_, narrowed(input), transposed(weightsOf(graph)),
                                  static_cast<std::uint32_t>(whole), chunk);
    checkCycles(array_, folds_);
    clocked_ = std::make_unique<ClockedArray>("waveform", array_, machine.datapath,
                                              arch::structural::waveformPeriod(machine.clockHertz));
    sums_.resize(shape_.m * shape_.n * adder_.words());
    collected_.resize(clocked_->array().results());
}

void GemmWaveform::write(const std::filesystem::path& file) { writeFileAtomically(file, record()); }

std::string GemmWaveform::record() {
    const Scratch scratch;
    {
        const arch::structural::Waveform waveform(clocked_->array(), scratch.stem());
        cycles_ = run();
    }
    return scratch.content();
}

/// Array time: the first cycle takes the first descriptor.
Cycle GemmWaveform::run() {
    const std::size_t rowsOfResult =
        array_.drain == arch::Drain::Direct && array_.dataflow == Dataflow::OutputStationary
            ? 1
            : array_.rows;
    std::size_t expected = 0;
    for (const GemmFold& fold : folds_) {
        expected += array_.dataflow == Dataflow::OutputStationary ? rowsOfResult : fold.steps;
    }
    Cycle last = 0;
    const std::uint64_t limit = 2 * mostCycles(array_, folds_);
    for (Cycle cycle = 0; collected_.back() < expected || collected_.front() < expected; ++cycle) {
        SYSTOLE_CHECK(cycle < limit, "the array is not done after {} cycles", cycle);
        for (std::size_t result = 0; result < collected_.size(); ++result) {
            if (clocked_->array().resultValid(result)) collect(result);
        }
        last = cycle;
        answer();
        clocked_->clock();
    }
    // Cycle 1 is array time 0; docs/array.md, "When a sequence of folds is over".
    const bool inLastCycle = array_.dataflow != Dataflow::OutputStationary || rowsOfResult == 1;
    return inLastCycle ? last - 1 : last;
}

void GemmWaveform::answer() {
    const bool steps = array_.dataflow == Dataflow::OutputStationary;
    const bool fold = taken_ < folds_.size();
    clocked_->offerFold(fold, fold ? folds_[taken_].steps : 0);
    if (clocked_->takesFold() && fold) ++taken_;
    clocked_->takeResults(true);
    clocked_->offerStationary(false, {}, {});
    clocked_->offerStep(false, {}, {});
    if (clocked_->wantsStationary()) {
        const GemmFold& loading = folds_[vectors_ / array_.rows];
        const std::size_t at =
            (array_.rows - 1 - vectors_++ % array_.rows) * std::size_t{array_.columns};
        clocked_->offerStationary(true, std::span(loading.stationary).subspan(at, array_.columns),
                                  std::span(loading.used).subspan(at, array_.columns));
    }
    if (clocked_->wantsStep()) {
        const GemmFold& current = folds_[streaming_];
        const auto part = [&](const std::vector<std::uint16_t>& codes, std::size_t lanes) {
            return std::span(codes).subspan(step_ * lanes, lanes);
        };
        clocked_->offerStep(true, part(current.rows, array_.rows),
                            part(current.columns, steps ? array_.columns : 0));
        if (++step_ == current.steps) {
            step_ = 0;
            ++streaming_;
        }
    }
}

/// Adds a fold's sum to the output's, as the accumulator buffer does.
void GemmWaveform::collect(std::size_t result) {
    const bool outputs = array_.dataflow == Dataflow::OutputStationary;
    std::size_t fold = 0;
    std::size_t index = collected_[result]++;
    const bool direct = clocked_->array().results() != array_.columns;
    const auto length = [&](const GemmFold& of) {
        return !outputs ? of.steps : direct ? 1U : array_.rows;
    };
    for (; index >= length(folds_[fold]); ++fold) index -= length(folds_[fold]);
    if (outputs) index = direct ? result / array_.columns : array_.rows - 1 - index;
    arch::structural::OutputPlace place{};
    if (!placeOf(folds_[fold], array_.dataflow, index, result % array_.columns, place)) return;

    std::vector<std::int64_t> words(adder_.openWords(), 0);
    const std::size_t sumWords = adder_.words();
    for (std::size_t i = 0; i < sumWords; ++i) words[i] = clocked_->array().resultWord(result, i);
    const std::span<std::int64_t> held = std::span(sums_).subspan(
        ((folds_[fold].m + place.m) * shape_.n + folds_[fold].n + place.n) * sumWords, sumWords);
    numeric::AccumulatorEvents events;
    adder_.clear();
    adder_.loadOpen(words);
    adder_.close(0, events);
    adder_.addTo(held, 0, events);
}

std::vector<numeric::Code> GemmWaveform::product() const {
    const numeric::Codec activation(datapath_.activation);
    const numeric::SumArithmetic arithmetic(datapath_.accumulator, activation,
                                            numeric::Codec(datapath_.weight));
    const std::vector<numeric::Rescale> rescales = graph::rescalesOf(graph_, graph_.nodes.front());
    const numeric::ScaleArithmetic requantization = graph_.arithmetic.value().requantization;
    std::vector<numeric::Code> codes;
    for (std::size_t i = 0; i < shape_.m * shape_.n; ++i) {
        const auto sum = std::span(sums_).subspan(i * adder_.words(), adder_.words());
        const numeric::Rescale& rescale = rescales[i % shape_.n];
        codes.push_back(
            arithmetic.isWord()
                ? numeric::requantize(sum.front(), rescale, requantization, false, activation)
                : numeric::requantize(arithmetic.toFloat(sum), rescale, false, activation));
    }
    return codes;
}

bool onlyArrayCostsTime(const arch::MachineConfig& machine) {
    const auto free = [](const arch::ScratchpadConfig& scratchpad) {
        return !scratchpad.capacityBytes && !scratchpad.banks;
    };
    return machine.array.convention == arch::CycleConvention::Hardware &&
           free(machine.activationScratchpad) && free(machine.weightScratchpad) &&
           !machine.accumulatorBuffer.rows && !machine.vectorUnit.lanes &&
           machine.vectorUnit.pipelineDepth == 0 && !machine.dma.bytesPerCycle &&
           machine.sequencer.issueCycles == 0 && machine.dram.ideal &&
           machine.dram.ideal->latencyCycles == 0 && !machine.dram.ideal->bytesPerCycle;
}

}  // namespace systole::sim
