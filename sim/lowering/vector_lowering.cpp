// SPDX-License-Identifier: Apache-2.0
// Writes the commands of a layer that only the vector unit works on: pooling, addition, ReLU or
// softmax. lowering.cpp calls it. The layer is cut into pieces of the output that fit the
// activation scratchpad; there is no search. Each piece has a load of every operand, the command
// itself and a store. Every operand and the result have two buffers, which take turns.
//
// An example: a ReLU over 8 rows of 16 codes, with a scratchpad of 128 bytes. Two buffers in and
// two out leave 32 bytes for each, which is two rows. The 4 pieces read at addresses 0, 32, 0, 32
// and write at 64, 96, 64, 96.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "arch/memory/scratchpad_ports.hpp"
#include "models/check.hpp"
#include "models/overloaded.hpp"
#include "sim/base/config_error.hpp"
#include "sim/lowering/layer_context.hpp"
#include "sim/lowering/vector_commands.hpp"
#include "sim/lowering/vector_programs.hpp"

namespace systole::sim {
namespace {

[[noreturn]] void failConvolution() {
    SYSTOLE_CHECK(false, "the vector unit computes no convolutions");
}

/// The window of a pooling. The other layers work element by element, as if with a 1 x 1 window.
Window windowOf(const QuantizedOperation& operation) {
    return std::visit(Overloaded{[](const QuantizedConvolution&) -> Window { failConvolution(); },
                                 [](const QuantizedPooling& pooling) { return pooling.window; },
                                 [](const QuantizedAddition&) { return Window{}; },
                                 [](const QuantizedRelu&) { return Window{}; },
                                 [](const QuantizedSoftmax&) { return Window{}; }},
                      operation);
}

/// Whether an output depends on the whole image, so that the layer cannot be cut into pieces.
bool needsWholeImage(const QuantizedOperation& operation) {
    return std::visit(Overloaded{[](const QuantizedConvolution&) -> bool { failConvolution(); },
                                 [](const QuantizedPooling&) { return false; },
                                 [](const QuantizedAddition&) { return false; },
                                 [](const QuantizedRelu&) { return false; },
                                 [](const QuantizedSoftmax&) { return true; }},
                      operation);
}

/// Chooses the size of the pieces, then writes their commands in the order rows, columns, channels.
class VectorLowering final : public LayerEmitter {
public:
    VectorLowering(LoweringContext& context, const QuantizedNode& node)
        : context_(context),
          node_(node),
          program_(
              programOf(node, nullptr, context.datapath, context.network.scheme.requantization)),
          window_(windowOf(node.operation)),
          input_(context.lowered.tensors.at(node.inputs.at(0)).shape),
          output_(context.lowered.tensors.at(node.output).shape),
          piece_{.height = output_.height, .width = output_.width, .channels = output_.channels} {
        choosePiece();
    }

    void plan() {
        arch::Program& program = context_.builder.program();
        program.activationBytes =
            std::max(program.activationBytes, static_cast<std::uint32_t>(bytesNeeded()));
    }

    bool emitNext() override {
        if (y_ >= output_.height) {
            return false;
        }
        emitPiece({y_, x_, c_, std::min(piece_.height, output_.height - y_),
                   std::min(piece_.width, output_.width - x_),
                   std::min(piece_.channels, output_.channels - c_)});
        c_ += piece_.channels;
        if (c_ >= output_.channels) {
            c_ = 0;
            x_ += piece_.width;
        }
        if (x_ >= output_.width) {
            x_ = 0;
            y_ += piece_.height;
        }
        return true;
    }

private:
    /// Bytes of so many elements, rounded up to whole words of the scratchpad.
    std::uint64_t aligned(std::uint64_t elements) const {
        const std::uint64_t word = arch::activationLayout(context_.machine).wordBytes();
        return ceilDivide(elements * context_.datapath.activationBytes, word) * word;
    }

    std::uint32_t inputBytes() const {
        const std::uint32_t height =
            std::min(arch::inputExtent(piece_.height, window_.strideHeight, window_.kernelHeight,
                                       window_.dilationHeight),
                     input_.height);
        const std::uint32_t width =
            std::min(arch::inputExtent(piece_.width, window_.strideWidth, window_.kernelWidth,
                                       window_.dilationWidth),
                     input_.width);
        return static_cast<std::uint32_t>(aligned(std::uint64_t{height} * width * piece_.channels));
    }

    std::uint32_t outputBytes() const {
        return static_cast<std::uint32_t>(aligned(piece_.elements()));
    }

    /// The bytes of two buffers for each operand and for the result.
    std::uint64_t bytesNeeded() const {
        return 2 * (node_.inputs.size() * std::uint64_t{inputBytes()} + outputBytes());
    }

    /// Halves the piece until it fits, first along the rows, then along the columns, then along the
    /// channels. A softmax needs all its elements at once, so it is not cut. If the smallest piece
    /// does not fit, a ConfigError names the layer and the bytes that it needs.
    void choosePiece() {
        const Limit capacity = arch::activationLayout(context_.machine).capacityBytes();
        const bool wholeImage = needsWholeImage(node_.operation);
        while (capacity && bytesNeeded() > *capacity) {
            std::uint32_t& size = piece_.height > 1  ? piece_.height
                                  : piece_.width > 1 ? piece_.width
                                                     : piece_.channels;
            if (size == 1 || wholeImage) {
                throw ConfigError(fmt::format(
                    "{}: layer '{}' of '{}' does not fit the machine: its smallest piece needs {} "
                    "bytes, the activation scratchpad has {}",
                    context_.machine.name, node_.name, context_.network.name, bytesNeeded(),
                    *capacity));
            }
            size = (size + 1) / 2;
        }
    }

    void emitPiece(const TensorBox& outputs) {
        const std::uint32_t turn = turn_;
        turn_ ^= 1U;
        const std::uint32_t bytes = inputBytes();
        const auto operands = static_cast<std::uint32_t>(node_.inputs.size());
        const std::uint32_t destination = 2 * operands * bytes + turn * outputBytes();
        const InputTile tile =
            inputTile(window_, input_, outputs, outputs.channel, outputs.channels);
        std::vector<Access> accesses;
        std::vector<std::uint32_t> sources;
        for (std::uint32_t i = 0; i < operands; ++i) {
            sources.push_back((2 * i + turn) * bytes);
            emitLoad(context_, {node_.inputs[i], input_}, tile.box, sources.back(), bytes,
                     tile.haloElements);
            accesses.push_back({Memory::Activation, sources.back(), sources.back() + bytes, false});
        }
        accesses.push_back({Memory::Activation, destination, destination + outputBytes(), true});
        context_.builder.emit(command(tile, outputs, sources, destination), accesses);
        emitStore(context_, node_.output, outputs, destination, outputBytes());
    }

    arch::VectorCommand command(const InputTile& tile, const TensorBox& outputs,
                                const std::vector<std::uint32_t>& sources,
                                std::uint32_t destination) const {
        const std::uint32_t bytes = context_.datapath.activationBytes;
        if (std::holds_alternative<QuantizedPooling>(node_.operation)) {
            return windowCommand(program_, tileWindow(window_, tile, outputs, sources[0], bytes),
                                 destination);
        }
        return elementsCommand(program_, sources, destination,
                               {.elements = static_cast<std::uint32_t>(outputs.elements()),
                                .bytes = bytes,
                                .reduced = needsWholeImage(node_.operation)});
    }

    LoweringContext& context_;
    const QuantizedNode& node_;
    SharedProgram program_;
    Window window_;
    Shape input_;
    Shape output_;
    TensorBox piece_;
    // Where the next piece begins.
    std::uint32_t y_ = 0;
    std::uint32_t x_ = 0;
    std::uint32_t c_ = 0;
    std::uint32_t turn_ = 0;
};

}  // namespace

void planVectorLayer(LoweringContext& context, const QuantizedNode& node) {
    VectorLowering(context, node).plan();
}

std::unique_ptr<LayerEmitter> emitVectorLayer(LoweringContext& context, const QuantizedNode& node) {
    return std::make_unique<VectorLowering>(context, node);
}

}  // namespace systole::sim
