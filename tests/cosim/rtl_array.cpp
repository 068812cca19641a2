// SPDX-License-Identifier: Apache-2.0
#include "tests/cosim/rtl_array.hpp"

#include <Vrtl_arrays.h>
#include <fmt/format.h>
#include <verilated.h>

#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "models/check.hpp"

namespace systole::cosim {
namespace {

using arch::Dataflow;
using arch::Drain;
using numeric::ProductClass;

constexpr std::size_t kLanes = 8;       // columns or rows of the largest array
constexpr std::size_t kWordsOfSum = 3;  // 32-bit words of a lane of sums
constexpr int kCodeLane = 8;
constexpr int kTagLane = 2;
constexpr int kWordBits = 64;

struct Arithmetic {
    const char* name;
    const char* operand;  ///< format of activations and weights
    const char* weight;   ///< of weights, if that is another one
    const char* accumulator;
    ProductClass productClass;
    const char* inner = nullptr;  ///< register of chunks, if there are any
    std::uint32_t chunk = 0;
};

constexpr Arithmetic kInt4{"int4", "int4", nullptr, "int16", ProductClass::ParallelInteger};
constexpr Arithmetic kInt8{"int8", "int8", nullptr, "int32", ProductClass::ParallelInteger};
constexpr Arithmetic kInt8Saturated{"int8_saturated", "int8", nullptr, "int16_saturate",
                                    ProductClass::ParallelInteger};
constexpr Arithmetic kE2m1{"e2m1_exact", "e2m1", nullptr, "exact", ProductClass::Minifloat};
constexpr Arithmetic kE4m3{"e4m3_exact", "e4m3", nullptr, "exact", ProductClass::Minifloat};
constexpr Arithmetic kE5m2{"e5m2_exact", "e5m2", nullptr, "exact", ProductClass::Minifloat};
constexpr Arithmetic kE4m3Fp32{"e4m3_fp32", "e4m3", nullptr, "fp32", ProductClass::Minifloat};
constexpr Arithmetic kE5m2Fp16{"e5m2_fp16", "e5m2", nullptr, "fp16", ProductClass::Minifloat};
constexpr Arithmetic kE4m3Bf16{"e4m3_bf16", "e4m3", nullptr, "bf16", ProductClass::Minifloat};
constexpr Arithmetic kE5m2Chunked{"e5m2_chunked",          "e5m2", nullptr, "fp16",
                                  ProductClass::Minifloat, "bf16", 3};
constexpr Arithmetic kE4m3Chunked{"e4m3_chunked",          "e4m3", nullptr, "fp16",
                                  ProductClass::Minifloat, "fp16", 2};
constexpr Arithmetic kInt8Chunked{
    "int8_chunked",   "int8", nullptr, "int18_saturate", ProductClass::ParallelInteger,
    "int17_saturate", 2};
constexpr Arithmetic kBitSerial{"bit_serial", "int4", nullptr, "int16",
                                ProductClass::BitSerialWeight};
constexpr Arithmetic kBitSerialChunked{"bit_serial_chunked",          "int4",  nullptr, "int16",
                                       ProductClass::BitSerialWeight, "int12", 2};
constexpr Arithmetic kShift{"shift", "int8", "pow2_4", "int32", ProductClass::Shift};

struct Instance {
    const Arithmetic* arithmetic;
    Dataflow dataflow;
    bool overlaps;
    Drain drain;
    std::uint32_t rows;
    std::uint32_t columns;
    std::uint32_t depth;
};

constexpr auto kWeight = Dataflow::WeightStationary;
constexpr auto kInput = Dataflow::InputStationary;
constexpr auto kOutput = Dataflow::OutputStationary;
constexpr auto kSerial = Drain::Serial;
constexpr auto kShadow = Drain::Shadow;

// rtl_arrays.sv, in its order.
constexpr std::array kInstances{
    Instance{&kInt4, kWeight, false, kSerial, 3, 4, 1},
    Instance{&kInt4, kWeight, true, kSerial, 3, 4, 2},
    Instance{&kInt4, kInput, true, kSerial, 2, 5, 1},
    Instance{&kInt4, kWeight, false, kSerial, 1, 1, 1},
    Instance{&kInt4, kOutput, false, kSerial, 3, 4, 1},
    Instance{&kInt4, kOutput, true, kSerial, 3, 4, 3},
    Instance{&kInt4, kOutput, false, kShadow, 5, 2, 2},
    Instance{&kInt4, kOutput, true, kShadow, 4, 3, 1},
    Instance{&kInt4, kOutput, false, kShadow, 1, 1, 1},
    Instance{&kInt8, kWeight, true, kSerial, 8, 8, 1},
    Instance{&kInt8, kOutput, true, kShadow, 5, 2, 4},
    Instance{&kInt8Saturated, kWeight, false, kSerial, 7, 2, 3},
    Instance{&kE2m1, kWeight, false, kSerial, 5, 2, 3},
    Instance{&kE2m1, kOutput, true, kSerial, 2, 7, 2},
    Instance{&kE4m3, kInput, true, kSerial, 4, 4, 2},
    Instance{&kE4m3, kOutput, true, kShadow, 4, 4, 1},
    Instance{&kE5m2, kWeight, true, kSerial, 2, 3, 1},
    Instance{&kE5m2, kOutput, false, kSerial, 3, 2, 1},
    Instance{&kE4m3Fp32, kWeight, true, kSerial, 3, 3, 4},
    Instance{&kE4m3Fp32, kOutput, true, kShadow, 4, 2, 3},
    Instance{&kE5m2Fp16, kInput, false, kSerial, 2, 7, 2},
    Instance{&kE5m2Fp16, kOutput, true, kSerial, 3, 3, 4},
    Instance{&kE4m3Bf16, kWeight, true, kSerial, 1, 3, 1},
    Instance{&kE4m3Bf16, kWeight, true, kSerial, 6, 2, 3},
    Instance{&kE4m3Bf16, kOutput, false, kSerial, 5, 2, 2},
    Instance{&kBitSerial, kWeight, false, kSerial, 3, 4, 1},
    Instance{&kBitSerial, kWeight, true, kSerial, 3, 4, 3},
    Instance{&kBitSerial, kInput, true, kSerial, 7, 2, 2},
    Instance{&kBitSerial, kOutput, false, kSerial, 4, 3, 1},
    Instance{&kBitSerial, kOutput, true, kSerial, 2, 3, 2},
    Instance{&kBitSerial, kOutput, false, kShadow, 1, 3, 4},
    Instance{&kBitSerial, kOutput, true, kShadow, 7, 2, 1},
    Instance{&kShift, kWeight, true, kSerial, 3, 4, 2},
    Instance{&kShift, kInput, false, kSerial, 2, 2, 1},
    Instance{&kShift, kOutput, true, kShadow, 4, 4, 1},
    Instance{&kShift, kOutput, true, kSerial, 1, 8, 3},
    Instance{&kInt8, kInput, false, kSerial, 3, 2, 2},
    Instance{&kE2m1, kInput, true, kSerial, 3, 2, 1},
    Instance{&kE4m3, kWeight, false, kSerial, 2, 3, 1},
    Instance{&kE4m3Fp32, kInput, false, kSerial, 2, 2, 2},
    Instance{&kE5m2Fp16, kWeight, true, kSerial, 2, 2, 1},
    Instance{&kE4m3Bf16, kInput, true, kSerial, 3, 2, 2},
    Instance{&kE5m2Chunked, kWeight, false, kSerial, 4, 2, 1},
    Instance{&kE5m2Chunked, kInput, true, kSerial, 3, 2, 2},
    Instance{&kE5m2Chunked, kOutput, true, kShadow, 2, 3, 1},
    Instance{&kE4m3Chunked, kWeight, true, kSerial, 5, 2, 1},
    Instance{&kE4m3Chunked, kInput, false, kSerial, 4, 2, 3},
    Instance{&kE4m3Chunked, kOutput, false, kSerial, 3, 2, 2},
    Instance{&kInt8Chunked, kWeight, true, kSerial, 5, 3, 2},
    Instance{&kInt8Chunked, kInput, false, kSerial, 2, 2, 1},
    Instance{&kInt8Chunked, kOutput, true, kSerial, 3, 3, 1},
    Instance{&kBitSerialChunked, kWeight, true, kSerial, 5, 2, 3},
    Instance{&kBitSerialChunked, kOutput, true, kShadow, 3, 2, 1},
    Instance{&kBitSerialChunked, kOutput, false, kShadow, 2, 3, 2},
};

std::string nameOf(const Instance& instance) {
    const bool output = instance.dataflow == kOutput;
    const char* drain = !output ? "" : instance.drain == kShadow ? "_shadow" : "_serial";
    return fmt::format("{}_{}{}_{}_{}x{}_d{}", instance.arithmetic->name,
                       output                         ? "output"
                       : instance.dataflow == kWeight ? "weight"
                                                      : "input",
                       drain, instance.overlaps ? "overlapped" : "isolated", instance.rows,
                       instance.columns, instance.depth);
}

RtlConfiguration configurationOf(const Instance& instance) {
    const Arithmetic& arithmetic = *instance.arithmetic;
    const numeric::Format activation = *numeric::formatNamed(arithmetic.operand);
    const numeric::Format weight = *numeric::formatNamed(
        arithmetic.weight == nullptr ? arithmetic.operand : arithmetic.weight);
    numeric::AccumulatorFormat accumulator = *numeric::parseAccumulator(arithmetic.accumulator);
    if (arithmetic.inner != nullptr) {
        accumulator.chunk =
            numeric::Chunk{numeric::parseAccumulator(arithmetic.inner)->sum, arithmetic.chunk};
    }
    const int cycles = numeric::cyclesOf(arithmetic.productClass, activation, weight);
    return {.name = nameOf(instance),
            .array = {.rows = instance.rows,
                      .columns = instance.columns,
                      .dataflow = instance.dataflow,
                      .overlapFolds = instance.overlaps,
                      .drain = instance.drain,
                      .pipelineDepth = instance.depth,
                      .cyclesPerStep = static_cast<std::uint32_t>(cycles)},
            .datapath = {activation, weight, accumulator},
            .productClass = arithmetic.productClass};
}

/// A code a lane.
template <typename T>
std::uint64_t lanesOf(const std::vector<T>& values, int bits) {
    SYSTOLE_CHECK(values.size() <= kLanes, "{} lanes", values.size());
    std::uint64_t lanes = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        lanes |= std::uint64_t{values[i]} << (i * static_cast<std::size_t>(bits));
    }
    return lanes;
}

}  // namespace

const std::vector<RtlConfiguration>& rtlConfigurations() {
    static const std::vector<RtlConfiguration> kConfigurations = [] {
        std::vector<RtlConfiguration> made;
        std::transform(kInstances.begin(), kInstances.end(), std::back_inserter(made),
                       configurationOf);
        return made;
    }();
    return kConfigurations;
}

RtlArray::RtlArray(std::size_t index)
    : index_(index),
      configuration_(rtlConfigurations().at(index)),
      activation_(configuration_.datapath.activation),
      weight_(configuration_.datapath.weight),
      words_(static_cast<std::size_t>(
          numeric::sumWords(configuration_.datapath.accumulator, activation_, weight_))),
      context_(std::make_unique<VerilatedContext>()) {
    const auto& accumulator = configuration_.datapath.accumulator.sum;
    if (const auto* sum = std::get_if<numeric::FloatRegister>(&accumulator)) {
        sum_.emplace(sum->format);
    }
    context_->randReset(2);
    model_ = std::make_unique<Vrtl_arrays>(context_.get());
    model_->reset = 1;
    model_->clock = 0;
    model_->eval();  // an edge is one between two evaluations
    edge();
    model_->reset = 0;
    model_->eval();
}

RtlArray::~RtlArray() { model_->final(); }

void RtlArray::edge() {
    model_->clock = std::uint64_t{1} << index_;
    model_->eval();
    model_->clock = 0;
    model_->eval();
}

ArrayOutputs RtlArray::outputs() {
    const auto bitOfThis = [&](std::uint64_t bits) { return ((bits >> index_) & 1) != 0; };
    const std::size_t columns = configuration_.array.columns;
    ArrayOutputs shown;
    shown.wantsStationary = bitOfThis(model_->wants_stationary);
    shown.wantsStep = bitOfThis(model_->wants_step);
    shown.takesFold = bitOfThis(model_->takes_fold);
    shown.valid.resize(columns);
    shown.sums.resize(columns * words_);
    const std::size_t firstBit = kLanes * index_;
    for (std::size_t column = 0; column < columns; ++column) {
        const std::size_t bit = firstBit + column;
        shown.valid[column] = (model_->valid[bit / 32] >> (bit % 32)) & 1;
        if (shown.valid[column] == 0) continue;
        shown.anyValid = true;
        readSum(column, std::span(shown.sums).subspan(column * words_, words_));
    }
    return shown;
}

void RtlArray::readSum(std::size_t column, std::span<std::int64_t> words) const {
    const numeric::AccumulatorFormat& accumulator = configuration_.datapath.accumulator;
    const std::size_t first = (kLanes * index_ + column) * kWordsOfSum;
    const std::uint64_t low = model_->sums[first] | (std::uint64_t{model_->sums[first + 1]} << 32);
    if (sum_) {
        words.front() = std::bit_cast<std::int64_t>(sum_->decode(static_cast<numeric::Code>(low)));
        return;
    }
    words.front() = static_cast<std::int64_t>(low);
    if (words.size() > 1) words.back() = model_->sums[first + 2];
    const int bits = numeric::accumulatorBits(accumulator, activation_, weight_);
    const int topBits = bits - kWordBits * (static_cast<int>(words.size()) - 1);
    words.back() = numeric::wrapToBits(words.back(), topBits);
}

void RtlArray::clock(const ArrayInputs& inputs) {
    model_->fold_valid = inputs.foldValid ? 1 : 0;
    model_->fold_steps = inputs.foldSteps;
    model_->stationary_valid = inputs.stationaryValid ? 1 : 0;
    model_->stationary = lanesOf(inputs.stationary, kCodeLane);
    model_->used = static_cast<std::uint16_t>(lanesOf(inputs.used, kTagLane));
    model_->step_valid = inputs.stepValid ? 1 : 0;
    model_->rows = lanesOf(inputs.rows, kCodeLane);
    model_->columns = lanesOf(inputs.columns, kCodeLane);
    model_->output_ready = inputs.outputReady ? 1 : 0;
    edge();
}

}  // namespace systole::cosim
