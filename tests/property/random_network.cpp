// SPDX-License-Identifier: Apache-2.0
#include "random_network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <utility>

#include "models/numeric/sums/sum.hpp"
#include "random_formats.hpp"
#include "random_source.hpp"
#include "sim/graph/graph_builder.hpp"
#include "sim/graph/program_writer.hpp"
#include "sim/graph/works.hpp"

namespace systole::sim {
namespace {

using graph::Axes;
using graph::AxisMap;
using graph::Copy;
using graph::Extents;
using graph::MatrixWork;
using graph::ProgramWriter;
using graph::Tensor;
using graph::TensorId;
using numeric::ReduceStep;
using numeric::VectorProgram;

constexpr std::uint64_t kLargestLayerMacs = 100'000;
constexpr std::uint64_t kLargestTensor = 4'000;
constexpr std::uint32_t kMostChannels = 40;

class Generator {
public:
    Generator(std::uint64_t seed, Additions additions)
        : random_(seed),
          scheme_(additions == Additions::Ordered ? orderedScheme(random_) : randomScheme(random_)),
          activation_(scheme_.activation),
          weight_(scheme_.weight),
          sums_(scheme_.accumulator, activation_, weight_),
          builder_(fmt::format("random {} {}", seed, scheme_.name)) {}

    RandomNetwork run() {
        addInput();
        const std::uint32_t nodes = random_.between(1, 7);
        while (builder_.graph().nodes.size() < nodes) addLayer();
        if (random_.percent(25)) addFullImageConvolution();
        if (random_.percent(15)) addSoftmax();
        builder_.setOutput(last());
        addQuantizers();
        graph::Graph graph = builder_.take();
        graph.arithmetic = graph::Arithmetic{scheme_.accumulator, scheme_.requantization};
        return {std::move(graph), scheme_};
    }

private:
    const Tensor& tensor(TensorId id) const { return builder_[id]; }
    TensorId last() const { return tensors_.back(); }
    bool isImage(TensorId id) const { return tensor(id).shape.size() == 4; }

    std::uint32_t randomChannels() {
        return random_.percent(30) ? random_.between(1, kMostChannels) : random_.between(1, 12);
    }

    void addInput() {
        Extents shape;
        if (random_.percent(65)) {
            const std::uint32_t batches = random_.percent(80) ? 1 : random_.between(2, 3);
            shape = {batches, randomChannels(), random_.between(1, 12), random_.between(1, 12)};
            if (batches > 1) shape[1] = random_.between(1, 8);
        } else {
            const std::uint32_t rank = random_.between(1, 5);
            for (std::uint32_t i = 0; i < rank; ++i) shape.push_back(random_.between(1, 6));
            shape.back() = random_.between(1, 24);
        }
        tensors_.push_back(builder_.input("x", shape, orderOf(shape)));
    }

    static Axes orderOf(const Extents& shape) {
        return shape.size() == 4 ? graph::channelsLast(4) : graph::naturalOrder(shape.size());
    }

    TensorId randomTensor() {
        if (random_.percent(70)) return last();
        return tensors_[random_.between(0, static_cast<std::uint32_t>(tensors_.size()) - 1)];
    }

    /// The output of a node; its own order unless one is given.
    TensorId newTensor(const Extents& shape, Axes order = {}) {
        if (order.empty()) order = orderOf(shape);
        tensors_.push_back(
            builder_.tensor(fmt::format("t{}", builder_.graph().tensors.size()), shape, order));
        return last();
    }

    void addNode(const char* kind, graph::Work work, std::vector<TensorId> inputs,
                 TensorId output) {
        builder_.add({.name = fmt::format("{}{}", kind, builder_.graph().nodes.size()),
                      .kind = kind,
                      .work = std::move(work),
                      .inputs = std::move(inputs),
                      .output = output});
    }

    void addLayer() {
        const TensorId input = randomTensor();
        const std::uint32_t kind = random_.between(0, 99);
        if (isImage(input) && kind < 45) {
            if (kind < 18) {
                addConvolution(input);
            } else if (kind < 32) {
                addResidualBlock(input);
            } else {
                addPooling(input);
            }
        } else if (kind < 60) {
            addProduct(input);
        } else if (kind < 78) {
            addElementwise(input);
        } else if (kind < 85) {
            addReduction(input);
        } else {
            addMove(input);
        }
    }

    // --- Matrix work -----------------------------------------------------------------------------

    std::int32_t randomPad(std::uint32_t largest) {
        return static_cast<std::int32_t>(random_.between(0, largest));
    }

    arch::WindowAxis randomAxis(std::uint32_t largestKernel) {
        arch::WindowAxis axis;
        axis.kernel = random_.between(1, largestKernel);
        axis.stride = random_.between(1, 3);
        axis.dilation = random_.percent(75) ? 1 : 2;
        const std::uint32_t most = (axis.kernel - 1) * axis.dilation;
        axis.padBefore = randomPad(most);
        axis.padAfter = randomPad(most);
        return axis;
    }

    /// Of a transposed convolution: ONNX's attributes, then what the importer makes of them.
    arch::WindowAxis randomTransposedAxis() {
        arch::WindowAxis axis;
        axis.kernel = random_.between(1, 4);
        axis.upsample = random_.between(1, 3);
        axis.dilation = random_.percent(75) ? 1 : 2;
        const auto most = static_cast<std::int32_t>((axis.kernel - 1) * axis.dilation);
        // Crops beyond the kernel leave a negative pad.
        axis.padBefore = most - randomPad(static_cast<std::uint32_t>(most) + 1);
        axis.padAfter =
            most - randomPad(static_cast<std::uint32_t>(most) + 1) + randomPad(axis.upsample - 1);
        return axis;
    }

    arch::WindowAxis fittingAxis(std::uint32_t extent, std::uint32_t largestKernel,
                                 bool transposed) {
        for (;;) {
            const arch::WindowAxis axis =
                transposed ? randomTransposedAxis() : randomAxis(largestKernel);
            if (axis.positions(extent) > 0) return axis;
        }
    }

    std::uint32_t randomGroups(std::uint32_t channels) {
        if (random_.percent(60)) return 1;
        if (random_.percent(50)) return channels;
        std::uint32_t groups = random_.between(1, channels);
        while (channels % groups != 0) --groups;
        return groups;
    }

    VectorProgram randomEpilogue() {
        ProgramWriter writer;
        const auto sum = writer.load();
        if (random_.percent(60)) return writer.stored(sum);
        if (random_.percent(70)) return writer.stored(writer.apply("positive", sum));
        const auto least = writer.apply("maximum", sum, writer.constant(0));
        return writer.stored(writer.apply("minimum", least, writer.constant(6)));
    }

    std::int64_t randomBias() {
        const double largest =
            std::ldexp(activation_.largest() * weight_.largest(), -sums_.rescaleExponent());
        if (!sums_.isWord()) return sums_.termOf(largest * random_.real(-2.0, 2.0));
        const int bits = numeric::accumulatorBits(scheme_.accumulator, activation_, weight_);
        const auto bias = static_cast<std::int64_t>(random_.bits()) >>
                          random_.between(64 - static_cast<std::uint32_t>(bits), 60);
        return numeric::wrapToBits(bias, bits);
    }

    TensorId addWeights(const Extents& shape) {
        const TensorId weights = builder_.constant("w", shape, {});
        Tensor& made = builder_.graph().tensors[weights];
        made.codes = randomCodes(scheme_.weight, made.elements(), random_);
        graph::Quantizer quantizer{.format = scheme_.weight};
        if (random_.percent(50)) {
            quantizer.axis = std::uint8_t{0};
            quantizer.scales.clear();
            for (std::uint32_t n = 0; n < shape[0]; ++n) {
                quantizer.scales.push_back(static_cast<float>(random_.real(0.5, 1.5)));
            }
        }
        made.quantizer = std::move(quantizer);
        return weights;
    }

    void addBiases(MatrixWork& work, std::uint32_t outputs) {
        if (random_.percent(20)) return;
        for (std::uint32_t n = 0; n < outputs; ++n) work.terms.push_back(randomBias());
    }

    TensorId addMatrixWork(MatrixWork work, TensorId input, TensorId weights,
                           const Extents& output) {
        work.epilogue = randomEpilogue();
        const TensorId result = newTensor(output);
        arrayTensors_.insert({input, result});
        addNode("conv", std::move(work), {input, weights}, result);
        return result;
    }

    void addConvolution(TensorId input) {
        const Extents shape = tensor(input).shape;
        for (;;) {
            MatrixWork work;
            work.transposed = random_.percent(25);
            work.window = {fittingAxis(shape[2], 5, work.transposed),
                           fittingAxis(shape[3], 5, work.transposed)};
            if (random_.percent(3)) {
                work.window.y.padBefore += 5;  // positions that see nothing but padding
            }
            work.groups = randomGroups(shape[1]);
            const std::uint32_t most = std::max(1U, kMostChannels / work.groups);
            const std::uint32_t outputs = work.groups * random_.between(1, std::min(most, 20U));
            const Extents output{shape[0], outputs,
                                 static_cast<std::uint32_t>(work.window.y.positions(shape[2])),
                                 static_cast<std::uint32_t>(work.window.x.positions(shape[3]))};
            const std::uint64_t reduction =
                std::uint64_t{work.window.taps()} * shape[1] / work.groups;
            if (graph::elementsOf(output) * reduction > kLargestLayerMacs) continue;
            finishConvolution(std::move(work), input, output);
            return;
        }
    }

    TensorId finishConvolution(MatrixWork work, TensorId input, const Extents& output) {
        work.image = work.result = graph::imageAxes(4);
        const TensorId weights = addWeights({output[1], work.window.y.kernel, work.window.x.kernel,
                                             tensor(input).shape[1] / work.groups});
        addBiases(work, output[1]);
        return addMatrixWork(std::move(work), input, weights, output);
    }

    /// A convolution that keeps the shape, and an addition of its output to an earlier tensor.
    void addResidualBlock(TensorId input) {
        const Extents shape = tensor(input).shape;
        MatrixWork work;
        const auto kernel = random_.pick<std::uint32_t>({1, 3, 5});
        const auto pad = static_cast<std::int32_t>(kernel / 2);
        work.window.y = work.window.x = {.kernel = kernel, .padBefore = pad, .padAfter = pad};
        work.groups = random_.percent(80) ? 1 : shape[1];
        const std::uint64_t reduction = std::uint64_t{kernel} * kernel * shape[1] / work.groups;
        if (graph::elementsOf(shape) * reduction > 4 * kLargestLayerMacs) return;
        const TensorId inner = finishConvolution(std::move(work), input, shape);
        const bool innerFirst = random_.percent(50);
        arrayTensors_.insert(addBinary(innerFirst ? inner : input, innerFirst ? input : inner));
        if (random_.percent(15)) {  // a second reader: the addition must not swallow the tensor
            addUnary(inner);
        }
    }

    /// Rows of a matrix, in batches, times a constant or another tensor.
    void addProduct(TensorId input) {
        const Extents shape = tensor(input).shape;
        if (isImage(input) || shape.size() < 2) {
            addElementwise(input);
            return;
        }
        const bool areTensors =
            numeric::spelledName(scheme_.activation) == numeric::spelledName(scheme_.weight) &&
            random_.percent(60);
        const TensorId rows = inNaturalOrder(input);
        areTensors ? addProductOfTensors(rows) : addProductWithConstant(rows);
    }

    TensorId inNaturalOrder(TensorId input) {
        const TensorId moved =
            builder_.inOrder(input, graph::naturalOrder(tensor(input).shape.size()));
        if (moved != input) {
            moved_.emplace_back(input, moved);
            tensors_.push_back(moved);
        }
        return moved;
    }

    static Axes axesFrom(std::uint8_t begin, std::uint8_t end) {
        Axes axes;
        for (std::uint8_t axis = begin; axis < end; ++axis) axes.push_back(axis);
        return axes;
    }

    void addProductWithConstant(TensorId input) {
        const Extents shape = tensor(input).shape;
        const auto rank = static_cast<std::uint8_t>(shape.size());
        const std::uint32_t outputs = random_.between(1, 20);
        if (tensor(input).elements() * outputs > kLargestLayerMacs) return;
        MatrixWork work;
        // Rows are all axes but the last, or some of them are batches.
        const auto split = static_cast<std::uint8_t>(random_.between(0, rank - 1U));
        work.image = work.result = {.batch = axesFrom(0, split),
                                    .y = axesFrom(split, static_cast<std::uint8_t>(rank - 1)),
                                    .x = {},
                                    .channel = {static_cast<std::uint8_t>(rank - 1)}};
        Extents output = shape;
        output.back() = outputs;
        const TensorId weights = addWeights({outputs, 1, 1, shape.back()});
        addBiases(work, outputs);
        addMatrixWork(std::move(work), input, weights, output);
    }

    /// The other operand is made of the input by a product with a constant: [.., K, N] or
    /// [.., N, K].
    void addProductOfTensors(TensorId input) {
        const Extents shape = tensor(input).shape;
        const auto rank = static_cast<std::uint8_t>(shape.size());
        if (rank > 4 || isImage(input) || tensor(input).elements() > 1000) return;
        const auto rows = static_cast<std::uint8_t>(rank - 2);
        const auto columns = static_cast<std::uint8_t>(rank - 1);
        MatrixWork work;
        work.image =
            work.result = {.batch = axesFrom(0, rows), .y = {rows}, .x = {}, .channel = {columns}};
        Extents output = shape;
        if (random_.percent(50)) {
            // x times its own transpose.
            work.weights = graph::WeightAxes{
                .batch = axesFrom(0, rows), .channel = {columns}, .output = {rows}};
            output.back() = shape[rows];
            if (graph::elementsOf(output) * shape.back() > kLargestLayerMacs) return;
            addMatrixWork(std::move(work), input, input, output);
            return;
        }
        const TensorId square = addSquare(input);
        work.weights =
            graph::WeightAxes{.batch = axesFrom(0, rows), .channel = {rows}, .output = {columns}};
        arrayTensors_.insert(input);
        addMatrixWork(std::move(work), square, input, output);
    }

    /// [.., M, M] of [.., M, K]: products of rows.
    TensorId addSquare(TensorId input) {
        const Extents shape = tensor(input).shape;
        const auto rows = static_cast<std::uint8_t>(shape.size() - 2);
        const auto columns = static_cast<std::uint8_t>(shape.size() - 1);
        MatrixWork work;
        work.image =
            work.result = {.batch = axesFrom(0, rows), .y = {rows}, .x = {}, .channel = {columns}};
        work.weights =
            graph::WeightAxes{.batch = axesFrom(0, rows), .channel = {columns}, .output = {rows}};
        Extents output = shape;
        output.back() = shape[rows];
        return addMatrixWork(std::move(work), input, input, output);
    }

    void addFullImageConvolution() {
        const TensorId input = last();
        const Extents shape = tensor(input).shape;
        if (!isImage(input) || tensor(input).elements() > kLargestTensor) return;
        MatrixWork work;
        work.window.y.kernel = shape[2];
        work.window.x.kernel = shape[3];
        finishConvolution(std::move(work), input, {shape[0], random_.between(1, 24), 1, 1});
    }

    // --- Vector work -----------------------------------------------------------------------------

    void addUnary(TensorId input) {
        ProgramWriter writer;
        const auto x = writer.load();
        VectorProgram program;
        switch (random_.between(0, 4)) {
            case 0:
            case 1:
                program = writer.stored(writer.apply("positive", x));
                break;
            case 2:
                program = writer.stored(writer.apply("multiply", x, writer.apply("sigmoid", x)));
                break;
            case 3:
                program = writer.stored(writer.apply("hyperbolic_tangent", x));
                break;
            default: {
                const auto low = writer.apply("maximum", x, writer.constant(-1.5));
                program = writer.stored(writer.apply("minimum", low, writer.constant(2)));
            }
        }
        addElements({input}, std::move(program));
    }

    TensorId addElements(const std::vector<TensorId>& inputs, VectorProgram program) {
        const Tensor& whole = tensor(inputs.front());
        const Extents shape = whole.shape;
        const TensorId output = newTensor(shape, whole.order);
        std::vector<const Tensor*> operands;
        for (const TensorId input : inputs) operands.push_back(&tensor(input));
        graph::VectorWork work = graph::elementwise(operands, tensor(output), std::move(program));
        addNode("elements", std::move(work), inputs, output);
        return output;
    }

    /// Two tensors of one shape, or one with itself.
    TensorId addBinary(TensorId left, TensorId right) {
        if (tensor(left).shape != tensor(right).shape) right = left;
        const auto function = random_.pick<const char*>(
            {"add", "add", "add", "subtract", "multiply", "maximum", "minimum"});
        ProgramWriter writer;
        const auto x = writer.load();
        auto result = writer.apply(function, x, writer.load());
        if (random_.percent(40)) result = writer.apply("positive", result);
        return addElements({left, right}, writer.stored(result));
    }

    void addElementwise(TensorId input) {
        const std::uint32_t kind = random_.between(0, 99);
        if (kind < 35) {
            addBinary(input, randomTensor());
        } else if (kind < 60) {
            addUnary(input);
        } else {
            addBroadcast(input);
        }
    }

    /// With a constant of binary32, some of whose axes have one element or are left out.
    void addBroadcast(TensorId input) {
        const Extents shape = tensor(input).shape;
        Extents constant(
            shape.begin() + random_.between(0, static_cast<std::uint32_t>(shape.size())),
            shape.end());
        for (std::uint32_t& extent : constant) {
            if (random_.percent(40)) extent = 1;
        }
        std::vector<float> values;
        for (std::uint64_t i = 0; i < graph::elementsOf(constant); ++i) {
            values.push_back(static_cast<float>(random_.real(-2, 2)));
        }
        const TensorId other = builder_.constant("c", constant, std::move(values));
        ProgramWriter writer;
        const auto x = writer.load();
        const auto y = writer.load();
        const auto product = writer.apply("multiply", x, y);
        addElements({input, other},
                    writer.stored(random_.percent(50) ? product : writer.apply("add", product, y)));
    }

    void addPooling(TensorId input) {
        const Extents shape = tensor(input).shape;
        arch::Window window;
        do {
            window = {fittingAxis(shape[2], 4, false), fittingAxis(shape[3], 4, false)};
        } while (!arch::everyPositionSeesTheImage(window.y, shape[2]) ||
                 !arch::everyPositionSeesTheImage(window.x, shape[3]));
        const TensorId output =
            newTensor({shape[0], shape[1], static_cast<std::uint32_t>(window.y.positions(shape[2])),
                       static_cast<std::uint32_t>(window.x.positions(shape[3]))});
        ProgramWriter writer;
        const auto x = writer.load();
        VectorProgram program;
        switch (random_.between(0, 2)) {
            case 0:
                program = writer.stored(writer.reduce(ReduceStep::Kind::Maximum, x));
                break;
            case 1: {
                const auto sum = writer.reduce(ReduceStep::Kind::Sum, x);
                program =
                    writer.stored(writer.apply("divide", sum, writer.constant(window.taps())));
                break;
            }
            default: {
                const auto sum = writer.reduce(ReduceStep::Kind::Sum, x);
                const auto count =
                    writer.add(numeric::RoundStep{writer.reduce(ReduceStep::Kind::Count, x)});
                program = writer.stored(writer.apply("divide", sum, count));
            }
        }
        graph::VectorWork work = graph::windowed(window, tensor(output), std::move(program));
        addNode("pool", std::move(work), {input}, output);
    }

    Axes randomAxes(std::size_t rank) {
        Axes axes;
        for (std::size_t axis = 0; axis < rank; ++axis) {
            if (random_.percent(40)) axes.push_back(static_cast<std::uint8_t>(axis));
        }
        if (axes.empty()) axes.push_back(static_cast<std::uint8_t>(rank - 1));
        return axes;
    }

    void addReduction(TensorId input) {
        if (random_.percent(50)) {
            addSoftmaxOf(input);
            return;
        }
        const Tensor& whole = tensor(input);
        const Axes axes = randomAxes(whole.shape.size());
        Extents shape = whole.shape;
        std::uint32_t count = 1;
        for (const std::uint8_t axis : axes) count *= std::exchange(shape[axis], 1U);
        const Axes order = whole.order;
        const TensorId output = newTensor(shape, order);
        ProgramWriter writer;
        const auto x = writer.load();
        const auto sum = writer.reduce(ReduceStep::Kind::Sum, x);
        VectorProgram program =
            random_.percent(50) ? writer.stored(writer.apply("divide", sum, writer.constant(count)))
                                : writer.stored(writer.reduce(ReduceStep::Kind::Minimum, x));
        addNode("reduce",
                graph::reducing({&tensor(input)}, tensor(output), axes, std::move(program)),
                {input}, output);
    }

    void addSoftmax() { addSoftmaxOf(last()); }

    void addSoftmaxOf(TensorId input) {
        const Extents shape = tensor(input).shape;
        const Axes order = tensor(input).order;
        const TensorId output = newTensor(shape, order);
        ProgramWriter writer;
        const auto x = writer.load();
        const auto below = writer.apply("subtract", x, writer.reduce(ReduceStep::Kind::Maximum, x));
        const auto e = writer.apply("exponential", below);
        VectorProgram program =
            writer.stored(writer.apply("divide", e, writer.reduce(ReduceStep::Kind::Sum, e)));
        addNode("softmax",
                graph::reducing({&tensor(input)}, tensor(output), randomAxes(shape.size()),
                                std::move(program)),
                {input}, output);
    }

    // --- Moves -----------------------------------------------------------------------------------

    void addMove(TensorId input) {
        switch (random_.between(0, 4)) {
            case 0:
                addSlice(input);
                return;
            case 1:
                addTranspose(input);
                return;
            case 2:
                addConcatenation(input);
                return;
            case 3:
                addTable(input);
                return;
            default:
                addReshape(input);
        }
    }

    static AxisMap along(std::size_t axes, std::size_t axis, std::int64_t step,
                         std::int64_t offset) {
        AxisMap map{std::vector<std::int64_t>(axes, 0), offset, {}};
        map.coefficients[axis] = step;
        return map;
    }

    void finishMove(Copy copy, TensorId input, const Extents& shape, const Axes& order) {
        const TensorId output = newTensor(shape, order);
        for (std::size_t axis = 0; axis < shape.size(); ++axis) {
            copy.target.axes.push_back(along(shape.size(), axis, 1, 0));
        }
        copy.space = shape;
        moved_.emplace_back(input, output);
        addNode("move", graph::MoveWork{{std::move(copy)}}, {input}, output);
    }

    /// Some indices of each axis, in steps, forwards or backwards.
    void addSlice(TensorId input) {
        Extents shape = tensor(input).shape;
        const Axes order = tensor(input).order;
        Copy copy;
        for (std::size_t axis = 0; axis < shape.size(); ++axis) {
            const std::uint32_t step = random_.percent(70) ? 1 : random_.between(1, 3);
            const std::uint32_t count = random_.between(1, (shape[axis] - 1) / step + 1);
            const std::uint32_t begin = random_.between(0, shape[axis] - 1 - (count - 1) * step);
            const bool backwards = random_.percent(20);
            const auto signedStep = backwards ? -std::int64_t{step} : std::int64_t{step};
            const std::int64_t offset = backwards ? begin + (count - 1) * step : begin;
            copy.source.axes.push_back(along(shape.size(), axis, signedStep, offset));
            shape[axis] = count;
        }
        finishMove(std::move(copy), input, shape, order);
    }

    void addTranspose(TensorId input) {
        const Extents shape = tensor(input).shape;
        Axes from = graph::naturalOrder(shape.size());
        for (std::size_t i = from.size(); i > 1; --i) {
            std::swap(from[i - 1], from[random_.between(0, static_cast<std::uint32_t>(i) - 1)]);
        }
        Copy copy;
        copy.source.axes.resize(shape.size());
        Extents output;
        for (std::size_t axis = 0; axis < from.size(); ++axis) {
            output.push_back(shape[from[axis]]);
            copy.source.axes[from[axis]] = along(shape.size(), axis, 1, 0);
        }
        finishMove(std::move(copy), input, output, orderOf(output));
    }

    /// A tensor behind itself or another one of its shape, along one axis.
    void addConcatenation(TensorId input) {
        TensorId other = randomTensor();
        if (tensor(other).shape != tensor(input).shape) other = input;
        Extents shape = tensor(input).shape;
        if (2 * graph::elementsOf(shape) > kLargestTensor) return;
        const std::size_t axis = random_.between(0, static_cast<std::uint32_t>(shape.size()) - 1);
        Extents begin(shape.size(), 0);
        begin[axis] = shape[axis];
        shape[axis] *= 2;
        const Axes order = tensor(input).order;
        const TensorId output = newTensor(shape, order);
        graph::MoveWork work;
        work.copies.push_back(graph::boxCopy(0, tensor(input), Extents(shape.size(), 0)));
        work.copies.push_back(graph::boxCopy(1, tensor(other), begin));
        moved_.emplace_back(input, output);
        moved_.emplace_back(other, output);
        addNode("concat", std::move(work), {input, other}, output);
    }

    /// Indices of an axis in any order, and more often than once.
    void addTable(TensorId input) {
        Extents shape = tensor(input).shape;
        const Axes order = tensor(input).order;
        const std::size_t chosen = random_.between(0, static_cast<std::uint32_t>(shape.size()) - 1);
        Copy copy;
        for (std::size_t axis = 0; axis < shape.size(); ++axis) {
            copy.source.axes.push_back(along(shape.size(), axis, 1, 0));
            if (axis != chosen) continue;
            std::vector<std::uint32_t>& table = copy.source.axes.back().table;
            const std::uint32_t count = random_.between(1, 2 * shape[axis]);
            const bool stretches = random_.percent(60);
            for (std::uint32_t i = 0; i < count; ++i) {
                table.push_back(stretches ? i * shape[axis] / count
                                          : random_.between(0, shape[axis] - 1));
            }
        }
        shape[chosen] = static_cast<std::uint32_t>(copy.source.axes[chosen].table.size());
        finishMove(std::move(copy), input, shape, order);
    }

    void addReshape(TensorId input) {
        const std::uint64_t elements = tensor(input).elements();
        Extents shape{1};
        std::uint64_t rest = elements;
        for (std::uint32_t i = random_.between(0, 3); i > 0; --i) {
            auto extent = random_.between(1, static_cast<std::uint32_t>(rest));
            while (rest % extent != 0) --extent;
            shape.push_back(extent);
            rest /= extent;
        }
        shape.push_back(static_cast<std::uint32_t>(rest));
        if (shape.size() == 4) shape.push_back(1);  // ranks of 4 are images here
        const std::size_t nodes = builder_.graph().nodes.size();
        const TensorId view = builder_.reshaped(input, "view", shape);
        if (builder_.graph().nodes.size() > nodes) {
            moved_.emplace_back(input, builder_.graph().rootOf(view));
        }
        tensors_.push_back(view);
    }

    // --- Scales ----------------------------------------------------------------------------------

    /// Moves keep scales and formats: the first one of a class of tensors gives its own to all.
    void addQuantizers() {
        graph::Graph& graph = builder_.graph();
        std::vector<TensorId> chief(graph.tensors.size());
        std::iota(chief.begin(), chief.end(), TensorId{0});
        for (const auto& [from, to] : moved_) {
            const TensorId kept = chief[graph.rootOf(from)];
            const TensorId gone = chief[graph.rootOf(to)];
            std::replace(chief.begin(), chief.end(), std::max(kept, gone), std::min(kept, gone));
        }
        std::set<TensorId> ofArray;
        for (const TensorId id : arrayTensors_) ofArray.insert(chief[graph.rootOf(id)]);
        for (TensorId id = 0; id < graph.tensors.size(); ++id) {
            Tensor& tensor = graph.tensors[id];
            if (tensor.viewOf || tensor.origin == graph::Origin::Constant) continue;
            tensor.quantizer = chief[id] == id ? randomQuantizer(ofArray.count(id) > 0)
                                               : graph.tensors[chief[id]].quantizer;
        }
        for (const graph::Node& node : graph.nodes) spread(node);
        for (TensorId id = 0; id < graph.tensors.size(); ++id) {
            if (graph.tensors[id].quantizer && chief[id] != id) {
                graph.tensors[id].quantizer = graph.tensors[chief[id]].quantizer;
            }
        }
    }

    static double mostScale(const numeric::Format& format) {
        return std::min(1e3, 1e18 / numeric::Codec(format).largest());
    }

    graph::Quantizer randomQuantizer(bool ofArray) {
        const double unit = std::min(1.0, mostScale(scheme_.activation));
        graph::Quantizer quantizer{.format = scheme_.activation,
                                   .scales = {static_cast<float>(unit * random_.real(0.01, 1.0))}};
        if (ofArray || random_.percent(70)) return quantizer;
        const bool integers = scheme_.requantization == numeric::ScaleArithmetic::FixedPoint;
        const auto name = integers ? random_.pick<const char*>({"int4", "int8", "int16"})
                                   : random_.pick<const char*>({"int4", "int8", "int16", "e4m3",
                                                                "e2m1", "fp16", "posit8es1"});
        quantizer.format = *numeric::formatNamed(name);
        return quantizer;
    }

    /// Spreads sums of random products over the range of the output.
    void spread(const graph::Node& node) {
        const auto* work = std::get_if<MatrixWork>(&node.work);
        if (work == nullptr) return;
        graph::Graph& graph = builder_.graph();
        graph::Quantizer& output = *graph.tensors[node.output].quantizer;
        const graph::Quantizer& left = *graph.quantizerOf(node.inputs[0]);
        const graph::Quantizer& right = *graph.quantizerOf(node.inputs[1]);
        const Tensor& input = graph.tensors[node.inputs[0]];
        double terms = work->window.taps();
        for (const std::uint8_t axis : work->image.channel) terms *= input.shape[axis];
        const double typical = std::min(weight_.largest(), 1e4) * std::sqrt(terms) / 2;
        const double ratio = random_.real(0.2, 1.5) / typical;
        // No real value leaves binary32: the difference of two infinities is NaN.
        const double scale = static_cast<double>(left.scale()) * static_cast<double>(right.scale());
        output.scales = {static_cast<float>(std::min(scale / ratio, mostScale(output.format)))};
    }

    RandomSource random_;
    Scheme scheme_;
    numeric::Codec activation_;
    numeric::Codec weight_;
    numeric::SumArithmetic sums_;
    graph::GraphBuilder builder_;
    std::vector<TensorId> tensors_;                     ///< that later nodes may read
    std::set<TensorId> arrayTensors_;                   ///< that have the array's format
    std::vector<std::pair<TensorId, TensorId>> moved_;  ///< tensors of one quantizer
};

}  // namespace

RandomNetwork randomNetwork(std::uint64_t seed, Additions additions) {
    return Generator(seed, additions).run();
}

std::vector<numeric::Code> randomInput(const graph::Graph& graph, std::uint64_t seed) {
    RandomSource random(seed);
    return randomCodes(graph.quantizerOf(graph.input).value().format,
                       graph.tensors[graph.input].elements(), random);
}

}  // namespace systole::sim
