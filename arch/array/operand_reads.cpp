// SPDX-License-Identifier: Apache-2.0
#include "arch/array/operand_reads.hpp"

#include <algorithm>
#include <limits>

namespace systole::arch {
namespace {

constexpr std::uint64_t kNoWord = std::numeric_limits<std::uint64_t>::max();

/// The words of operands [lane][index], for lanes that read one operand a step.
class LaneWords {
public:
    LaneWords(std::uint32_t lanes, std::uint32_t indices)
        : indices_(indices), words_(std::size_t{lanes} * indices, kNoWord), held_(lanes, kNoWord) {}

    /// Says that `count` operands of a lane, from `index` on, lie side by side from `address` on.
    void setRun(std::uint32_t lane, std::uint32_t index, std::uint32_t count,
                const WordLayout& layout, std::uint64_t address) {
        std::uint64_t* words = words_.data() + std::size_t{lane} * indices_ + index;
        std::uint64_t word = layout.wordOf(address);
        std::uint64_t next = (word + 1) * layout.wordBytes();
        for (std::uint32_t i = 0; i < count; ++i, address += layout.elementBytes()) {
            if (address >= next) {
                ++word;
                next += layout.wordBytes();
            }
            words[i] = word;
        }
    }

    void read(std::uint32_t index, WordSteps& steps) {
        for (std::uint32_t lane = 0; lane < held_.size(); ++lane) {
            const std::uint64_t word = words_[std::size_t{lane} * indices_ + index];
            if (word != kNoWord && word != held_[lane]) {
                held_[lane] = word;
                steps.add(word);
            }
        }
        steps.endStep();
    }

private:
    std::uint32_t indices_;
    std::vector<std::uint64_t> words_;
    std::vector<std::uint64_t> held_;
};

class Reader {
public:
    Reader(Dataflow dataflow, const ScratchpadPorts& ports, const Stream& stream)
        : dataflow_(dataflow),
          activations_(ports.activationWords(stream.datapath)),
          weights_(ports.weightWords(stream.datapath)),
          stream_(stream) {}

    FoldReads read() {
        switch (dataflow_) {
            case Dataflow::WeightStationary:
                weightRows(reads_.weightLoads, true);
                activationRows();
                break;
            case Dataflow::OutputStationary:
                activationColumns(reads_.activationSteps, false);
                weightRows(reads_.weightSteps, false);
                break;
            case Dataflow::InputStationary:
                activationColumns(reads_.activationLoads, true);
                weightColumns();
                break;
        }
        return std::move(reads_);
    }

private:
    void activationRows() {
        for (std::uint32_t m = 0; m < stream_.outputs; ++m) {
            TileWindow window = stream_.window;
            for (std::uint32_t group = 0; group < stream_.groupCount; ++group) {
                forEachRun(window, stream_.outputBegin + m, stream_.kBegin, stream_.reduction,
                           [&](std::uint32_t, std::uint32_t address, std::uint32_t elements) {
                               addActivations(address, elements);
                           });
                window.channelBegin += window.channelCount;
            }
            reads_.activationSteps.endStep();
        }
    }

    void addActivations(std::uint32_t address, std::uint32_t elements) {
        activations_.forEachWord(address, std::uint64_t{elements} * activations_.elementBytes(),
                                 [&](std::uint64_t word) { reads_.activationSteps.add(word); });
        reads_.activationOperands += elements;
    }

    void activationColumns(WordSteps& steps, bool lastFirst) {
        LaneWords lanes(stream_.outputs, stream_.reduction);
        for (std::uint32_t m = 0; m < stream_.outputs; ++m) {
            forEachRun(stream_.window, stream_.outputBegin + m, stream_.kBegin, stream_.reduction,
                       [&](std::uint32_t k, std::uint32_t address, std::uint32_t elements) {
                           lanes.setRun(m, k, elements, activations_, address);
                           reads_.activationOperands += elements;
                       });
        }
        readAll(lanes, stream_.reduction, lastFirst, steps);
    }

    void weightRows(WordSteps& steps, bool lastFirst) {
        const std::uint64_t rowBytes = std::uint64_t{stream_.channels} * weights_.elementBytes();
        const std::uint32_t rows = stream_.reduction * stream_.groupCount;
        for (std::uint32_t i = 0; i < rows; ++i) {
            const std::uint32_t k = lastFirst ? rows - 1 - i : i;
            weights_.forEachWord(stream_.weights + k * rowBytes, rowBytes,
                                 [&](std::uint64_t word) { steps.add(word); });
            steps.endStep();
        }
        reads_.weightOperands += std::uint64_t{rows} * stream_.channels;
    }

    void weightColumns() {
        LaneWords lanes(stream_.reduction, stream_.channels);
        const std::uint64_t rowBytes = std::uint64_t{stream_.channels} * weights_.elementBytes();
        for (std::uint32_t k = 0; k < stream_.reduction; ++k) {
            lanes.setRun(k, 0, stream_.channels, weights_, stream_.weights + k * rowBytes);
        }
        readAll(lanes, stream_.channels, false, reads_.weightSteps);
        reads_.weightOperands += std::uint64_t{stream_.reduction} * stream_.channels;
    }

    static void readAll(LaneWords& lanes, std::uint32_t indices, bool lastFirst, WordSteps& steps) {
        for (std::uint32_t i = 0; i < indices; ++i) {
            lanes.read(lastFirst ? indices - 1 - i : i, steps);
        }
    }

    Dataflow dataflow_;
    const WordLayout& activations_;
    const WordLayout& weights_;
    const Stream& stream_;
    FoldReads reads_;
};

}  // namespace

void WordSteps::add(std::uint64_t word) {
    const std::size_t begin = ends_.empty() ? 0 : ends_.back();
    // The words of a step mostly ascend, so a look at the last few finds nearly every repetition.
    if (std::find(words_.rbegin(), words_.rend() - static_cast<std::ptrdiff_t>(begin), word) ==
        words_.rend() - static_cast<std::ptrdiff_t>(begin)) {
        words_.push_back(word);
    }
}

FoldReads foldReads(Dataflow dataflow, const ScratchpadPorts& ports, const Stream& stream) {
    return Reader(dataflow, ports, stream).read();
}

}  // namespace systole::arch
