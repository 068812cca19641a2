// SPDX-License-Identifier: Apache-2.0
#include "arch/activity/operand_sampler.hpp"

#include <algorithm>
#include <bit>
#include <random>
#include <utility>

#include "arch/datapath.hpp"
#include "models/check.hpp"
#include "models/numeric/sums/register_state.hpp"

namespace systole::arch {
namespace {

/// Where the products of a call begin within a larger one.
numeric::GemmOrigin shifted(const numeric::GemmOrigin& origin, std::size_t m, std::size_t n,
                            std::size_t k) {
    return {origin.m + static_cast<std::uint32_t>(m), origin.n + static_cast<std::uint32_t>(n),
            origin.k + static_cast<std::uint32_t>(k)};
}

/// What is chosen; names the random bits of the choice.
enum class Choice : std::uint32_t { Fold, Element, Step, Operands };

using Bits = std::array<std::uint32_t, 4>;

Bits bitsOf(const OperandSampling& sampling, Choice what, std::uint32_t layer, std::uint32_t index,
            std::uint32_t part = 0) {
    return numeric::philox4x32({index, layer, part, static_cast<std::uint32_t>(what)},
                               sampling.seed);
}

/// One of `count`, which is at most 2^32.
std::size_t pick(std::uint64_t count, const Bits& bits) { return (count * bits[0]) >> 32; }

/// At most `count` of `total` indices, ascending: one out of each of as many equal parts, so that
/// no period of the program is met by all of them.
std::vector<std::size_t> chooseEvenly(std::size_t total, std::size_t count,
                                      const OperandSampling& sampling, Choice what,
                                      std::uint32_t layer) {
    count = std::min(count, total);
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t begin = i * total / count;
        const std::size_t end = (i + 1) * total / count;
        const Bits bits = bitsOf(sampling, what, layer, static_cast<std::uint32_t>(i));
        chosen.push_back(begin + pick(end - begin, bits));
    }
    return chosen;
}

/// Rows and columns of the array that a product of this shape takes.
struct Extent {
    std::size_t rows;
    std::size_t columns;
};
Extent extentOf(Dataflow dataflow, const numeric::GemmShape& shape) {
    return {dataflow == Dataflow::OutputStationary ? shape.m : shape.k,
            dataflow == Dataflow::InputStationary ? shape.m : shape.n};
}

void markUsed(const Stream& stream, const ArrayConfig& array, std::vector<bool>& used) {
    const Extent extent =
        extentOf(array.dataflow, {stream.outputs, stream.reduction, stream.channels});
    for (std::size_t group = 0; group < stream.groupCount; ++group) {
        for (std::size_t row = 0; row < extent.rows; ++row) {
            const std::size_t at = (group * extent.rows + row) * array.columns +
                                   stream.columnBegin + group * extent.columns;
            std::fill_n(used.begin() + static_cast<std::ptrdiff_t>(at), extent.columns, true);
        }
    }
}

numeric::AccumulatorFormat innerAlone(const numeric::AccumulatorFormat& accumulator) {
    return {accumulator.name, numeric::productRegister(accumulator), std::nullopt};
}

}  // namespace

SamplingPlan::SamplingPlan(const Program& program, std::span<const ArrayConfig> arrays,
                           const OperandSampling& sampling)
    : layers_(program.layerNames.size()) {
    std::vector<const Stream*> streams;
    std::vector<std::vector<std::uint32_t>> foldsOfLayer(layers_.size());
    for (const Command& command : program.commands) {
        if (const auto* stream = std::get_if<Stream>(&command.operation)) {
            foldsOfLayer.at(command.layer).push_back(static_cast<std::uint32_t>(streams.size()));
            streams.push_back(stream);
            layers_[command.layer].datapath = stream->datapath;
        }
    }
    sampled_.assign(streams.size(), kNone);
    for (std::uint32_t layer = 0; layer < layers_.size(); ++layer) {
        chooseFolds(foldsOfLayer[layer], layer, sampling);
        const ArrayConfig& array = arrays[layers_[layer].datapath];
        std::vector<bool> used(array.processingElements());
        for (const std::uint32_t fold : foldsOfLayer[layer]) {
            if (sampled_[fold] == layer) markUsed(*streams[fold], array, used);
        }
        chooseElements(used, layer, array, sampling);
    }
}

void SamplingPlan::chooseFolds(const std::vector<std::uint32_t>& folds, std::uint32_t layer,
                               const OperandSampling& sampling) {
    const auto chosen = chooseEvenly(folds.size(), sampling.folds, sampling, Choice::Fold, layer);
    for (const std::size_t fold : chosen) {
        sampled_[folds[fold]] = layer;
    }
    layers_[layer].folds = folds.size();
    layers_[layer].sampledFolds = chosen.size();
}

void SamplingPlan::chooseElements(const std::vector<bool>& used, std::uint32_t layer,
                                  const ArrayConfig& array, const OperandSampling& sampling) {
    std::vector<Element> elements;
    for (std::uint32_t i = 0; i < used.size(); ++i) {
        if (used[i]) elements.push_back({i / array.columns, i % array.columns});
    }
    for (const std::size_t element :
         chooseEvenly(elements.size(), sampling.elements, sampling, Choice::Element, layer)) {
        layers_[layer].elements.push_back(elements[element]);
    }
}

std::optional<std::uint32_t> SamplingPlan::layerOf(std::size_t fold) const {
    const std::uint32_t layer = sampled_.at(fold);
    return layer == kNone ? std::nullopt : std::optional(layer);
}

OperandSampler::Path::Path(const DatapathConfig& datapath)
    : gemm(numeric::Codec(datapath.activation), numeric::Codec(datapath.weight),
           innerAlone(datapath.accumulator)),
      chunk(datapath.accumulator.chunk ? datapath.accumulator.chunk->length
                                       : std::numeric_limits<std::size_t>::max()) {}

OperandSampler::OperandSampler(const MachineConfig& machine, const OperandSampling& sampling)
    : dataflow_(machine.array.dataflow), sampling_(sampling) {
    for (DatapathId i = 0; i < datapathsOf(machine); ++i) {
        const MachineConfig seen = seenBy(machine, i);
        arrays_.push_back(seen.array);
        Path& path = paths_.emplace_back(seen.datapath);
        if (!sampling.randomOperands) continue;
        path.activationCodes = numeric::finiteCodes(path.gemm.activation());
        path.weightCodes = numeric::finiteCodes(path.gemm.weight());
    }
}

void OperandSampler::begin(const Program& program) {
    plan_.emplace(program, arrays_, sampling_);
    fold_ = 0;
    traces_.clear();
    for (const SamplingPlan::Layer& layer : plan_->layers()) {
        std::vector<cost::OperandTrace>& traces = traces_.emplace_back();
        for (const SamplingPlan::Element& element : layer.elements) {
            cost::OperandTrace& trace = traces.emplace_back();
            trace.sumWords = static_cast<std::uint32_t>(paths_.at(layer.datapath).gemm.words());
            trace.row = element.row;
            trace.column = element.column;
        }
    }
}

std::size_t OperandSampler::stepsOfBlock(const numeric::GemmShape& shape) const {
    switch (dataflow_) {
        case Dataflow::WeightStationary:
            return shape.m;
        case Dataflow::InputStationary:
            return shape.n;
        case Dataflow::OutputStationary:
            return shape.k;
    }
    return 0;
}

void OperandSampler::add(const OperandActivity::Block& seen, const numeric::GemmOrigin& origin,
                         DatapathId datapath) {
    SYSTOLE_CHECK(fold_ > 0, "a block of no fold");
    const auto layer = plan_->layerOf(fold_ - 1);
    if (!layer) return;
    path_ = &paths_.at(datapath);
    const OperandActivity::Block block = sampling_.randomOperands ? randomized(seen, *layer) : seen;
    const Extent extent = extentOf(dataflow_, block.shape);
    const std::size_t all = stepsOfBlock(block.shape);
    const std::size_t kept = std::min<std::size_t>(all, sampling_.steps);
    const Bits bits = bitsOf(sampling_, Choice::Step, *layer, static_cast<std::uint32_t>(fold_));
    const std::size_t begin = pick(all - kept + 1, bits);
    for (cost::OperandTrace& trace : traces_[*layer]) {
        const std::size_t row = std::size_t{trace.row} - block.row;  // wraps where it is above
        const std::size_t column = std::size_t{trace.column} - block.column;
        if (row < extent.rows && column < extent.columns) {
            append(block, origin, {row, column, begin, kept}, trace);
        }
    }
}

/// The same block of other operands: uniform over all finite codes.
OperandActivity::Block OperandSampler::randomized(const OperandActivity::Block& block,
                                                  std::uint32_t layer) {
    const Bits bits =
        bitsOf(sampling_, Choice::Operands, layer, static_cast<std::uint32_t>(fold_), block.row);
    // The engine's sequence is fixed by the C++ standard; that of a distribution is not.
    std::mt19937_64 random(std::uint64_t{bits[1]} << 32 | bits[0]);
    const auto draw = [&](const std::vector<numeric::Code>& codes, std::size_t count,
                          std::vector<std::uint16_t>& drawn) {
        drawn.resize(count);
        std::generate(drawn.begin(), drawn.end(),
                      [&] { return static_cast<std::uint16_t>(codes[random() % codes.size()]); });
    };
    draw(path_->activationCodes, block.activations.size(), activations_);
    draw(path_->weightCodes, block.weights.size(), weights_);
    return {.shape = block.shape,
            .activations = activations_,
            .weights = weights_,
            .row = block.row,
            .column = block.column};
}

void OperandSampler::append(const OperandActivity::Block& block, const numeric::GemmOrigin& origin,
                            const Place& place, cost::OperandTrace& trace) const {
    const auto& [m, k, n] = block.shape;
    trace.foldBegins.push_back(static_cast<std::uint32_t>(trace.steps()));
    for (std::size_t step = place.begin; step < place.begin + place.steps; ++step) {
        const ProductPlace at = productOf(place, step);
        trace.activations.push_back(block.activations[at.m * k + at.k]);
        trace.weights.push_back(block.weights[at.k * n + at.n]);
    }
    const Sums sums = dataflow_ == Dataflow::OutputStationary ? sumsBefore(block, origin, place)
                                                              : sumsAbove(block, origin, place);
    std::transform(sums.begin(), sums.end(), std::back_inserter(trace.sums),
                   [](std::int64_t word) { return std::bit_cast<std::uint64_t>(word); });
}

/// Which product of the block the element adds in a step.
OperandSampler::ProductPlace OperandSampler::productOf(const Place& place, std::size_t step) const {
    switch (dataflow_) {
        case Dataflow::WeightStationary:
            return {step, place.row, place.column};
        case Dataflow::InputStationary:
            return {place.column, place.row, step};
        case Dataflow::OutputStationary:
            return {place.row, step, place.column};
    }
    return {};
}

/// Stationary operands: what comes from the rows above, one sum a step.
OperandSampler::Sums OperandSampler::sumsAbove(const OperandActivity::Block& block,
                                               const numeric::GemmOrigin& origin,
                                               const Place& place) const {
    const auto& [m, k, n] = block.shape;
    const ProductPlace first = productOf(place, place.begin);
    const std::size_t kBegin = chunkBegin(first.k);
    const bool weights = dataflow_ == Dataflow::WeightStationary;
    const numeric::GemmShape shape{weights ? place.steps : 1, first.k - kBegin,
                                   weights ? 1 : place.steps};
    Sums sums(place.steps * path_->gemm.words());
    if (shape.k == 0) return sums;
    std::vector<std::uint16_t> a;
    for (std::size_t i = first.m; i < first.m + shape.m; ++i) {
        const auto row = block.activations.subspan(i * k + kBegin, shape.k);
        a.insert(a.end(), row.begin(), row.end());
    }
    std::vector<std::uint16_t> b;
    for (std::size_t i = kBegin; i < first.k; ++i) {
        const auto row = block.weights.subspan(i * n + first.n, shape.n);
        b.insert(b.end(), row.begin(), row.end());
    }
    path_->gemm.run(
        {.shape = shape, .a = a, .b = b, .origin = shifted(origin, first.m, first.n, kBegin)},
        false, sums);
    return sums;
}

/// Stationary sums: the element's own, addition by addition.
OperandSampler::Sums OperandSampler::sumsBefore(const OperandActivity::Block& block,
                                                const numeric::GemmOrigin& origin,
                                                const Place& place) const {
    const std::size_t words = path_->gemm.words();
    const numeric::Register& format = path_->gemm.accumulator().sum;
    numeric::RegisterState sum(
        format, numeric::registerBits(format, path_->gemm.activation(), path_->gemm.weight()),
        path_->gemm.activation().gridExponent() + path_->gemm.weight().gridExponent());
    sum.clear();
    Sums sums(place.steps * words);
    numeric::AccumulatorEvents events;
    for (std::size_t k = chunkBegin(place.begin); k < place.begin + place.steps; ++k) {
        if (chunkBegin(k) == k) sum.clear();
        if (k >= place.begin) {
            sum.store(std::span(sums).subspan((k - place.begin) * words, words));
        }
        const ProductPlace at = productOf(place, k);
        const std::uint64_t* seed = sum.seed();
        const numeric::GemmOrigin name = shifted(origin, at.m, at.n, k);
        const std::uint32_t random =
            seed == nullptr
                ? 0
                : numeric::randomBits(*seed, name.m, name.n, name.k, numeric::RandomStage::Product);
        sum.add(numeric::productOf(
                    path_->gemm.activation().decode(block.activations[at.m * block.shape.k + k]),
                    path_->gemm.weight().decode(block.weights[k * block.shape.n + at.n])),
                random, events);
    }
    return sums;
}

std::vector<OperandSample> OperandSampler::take() {
    std::vector<OperandSample> samples;
    for (std::size_t layer = 0; layer < traces_.size(); ++layer) {
        const SamplingPlan::Layer& plan = plan_->layers()[layer];
        OperandSample& sample = samples.emplace_back();
        sample.folds = plan.folds;
        sample.sampledFolds = plan.sampledFolds;
        sample.traces = std::move(traces_[layer]);
        std::erase_if(sample.traces,
                      [](const cost::OperandTrace& trace) { return trace.steps() == 0; });
    }
    traces_.clear();
    plan_.reset();
    return samples;
}

}  // namespace systole::arch
