// SPDX-License-Identifier: Apache-2.0
#include "arch/operand_reads.hpp"

#include <algorithm>
#include <limits>

namespace systole::arch {
namespace {

constexpr std::uint64_t kNoWord = std::numeric_limits<std::uint64_t>::max();

/// Words of operands [lane][index]: what lanes that read one operand a step need.
class LaneWords {
public:
    LaneWords(std::uint32_t lanes, std::uint32_t indices)
        : indices_(indices), words_(std::size_t{lanes} * indices, kNoWord), held_(lanes, kNoWord) {}

    void set(std::uint32_t lane, std::uint32_t index, std::uint64_t word) {
        words_[std::size_t{lane} * indices_ + index] = word;
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
    Reader(const MachineConfig& machine, const Stream& stream, std::uint32_t weightBytes)
        : machine_(machine), stream_(stream), weightBytes_(weightBytes) {}

    FoldReads read() {
        switch (machine_.array.dataflow) {
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
    /// Words of `elements` consecutive elements.
    static void addRun(const ScratchpadConfig& config, std::uint64_t address, std::uint64_t bytes,
                       WordSteps& steps) {
        const std::uint64_t last = (address + bytes - 1) / config.wordBytes;
        for (std::uint64_t word = address / config.wordBytes; word <= last; ++word) {
            steps.add(word);
        }
    }

    void activationRows() {
        for (std::uint32_t m = 0; m < stream_.outputs; ++m) {
            forEachRun(stream_.window, stream_.outputBegin + m, stream_.kBegin, stream_.reduction,
                       [&](std::uint32_t, std::uint32_t address, std::uint32_t elements) {
                           addRun(machine_.activationScratchpad, address,
                                  std::uint64_t{elements} * stream_.window.elementBytes,
                                  reads_.activationSteps);
                           reads_.activationOperands += elements;
                       });
            reads_.activationSteps.endStep();
        }
    }

    void activationColumns(WordSteps& steps, bool lastFirst) {
        LaneWords lanes(stream_.outputs, stream_.reduction);
        const std::uint32_t elementBytes = stream_.window.elementBytes;
        const std::uint32_t wordBytes = machine_.activationScratchpad.wordBytes;
        for (std::uint32_t m = 0; m < stream_.outputs; ++m) {
            forEachRun(stream_.window, stream_.outputBegin + m, stream_.kBegin, stream_.reduction,
                       [&](std::uint32_t k, std::uint32_t address, std::uint32_t elements) {
                           for (std::uint32_t i = 0; i < elements; ++i) {
                               lanes.set(m, k + i, (address + i * elementBytes) / wordBytes);
                           }
                           reads_.activationOperands += elements;
                       });
        }
        readAll(lanes, stream_.reduction, lastFirst, steps);
    }

    void weightRows(WordSteps& steps, bool lastFirst) {
        const std::uint32_t rowBytes = stream_.channels * weightBytes_;
        for (std::uint32_t i = 0; i < stream_.reduction; ++i) {
            const std::uint32_t k = lastFirst ? stream_.reduction - 1 - i : i;
            addRun(machine_.weightScratchpad, stream_.weights + std::uint64_t{k} * rowBytes,
                   rowBytes, steps);
            steps.endStep();
        }
        reads_.weightOperands += std::uint64_t{stream_.reduction} * stream_.channels;
    }

    void weightColumns() {
        LaneWords lanes(stream_.reduction, stream_.channels);
        for (std::uint32_t k = 0; k < stream_.reduction; ++k) {
            for (std::uint32_t n = 0; n < stream_.channels; ++n) {
                const std::uint64_t element = std::uint64_t{k} * stream_.channels + n;
                lanes.set(k, n,
                          (stream_.weights + element * weightBytes_) /
                              machine_.weightScratchpad.wordBytes);
            }
        }
        readAll(lanes, stream_.channels, false, reads_.weightSteps);
        reads_.weightOperands += std::uint64_t{stream_.reduction} * stream_.channels;
    }

    static void readAll(LaneWords& lanes, std::uint32_t indices, bool lastFirst, WordSteps& steps) {
        for (std::uint32_t i = 0; i < indices; ++i) {
            lanes.read(lastFirst ? indices - 1 - i : i, steps);
        }
    }

    const MachineConfig& machine_;
    const Stream& stream_;
    std::uint32_t weightBytes_;
    FoldReads reads_;
};

}  // namespace

void WordSteps::add(std::uint64_t word) {
    const std::size_t begin = ends_.empty() ? 0 : ends_.back();
    // Words of one step mostly ascend: the last few catch nearly every repetition cheaply.
    if (std::find(words_.rbegin(), words_.rend() - static_cast<std::ptrdiff_t>(begin), word) ==
        words_.rend() - static_cast<std::ptrdiff_t>(begin)) {
        words_.push_back(word);
    }
}

Cycle conflictCycles(const ScratchpadConfig& config, const WordSteps& steps) {
    if (!config.banks) {
        return 0;
    }
    std::vector<std::uint32_t> bankWords(*config.banks, 0);
    Cycle cycles = 0;
    for (std::size_t step = 0; step < steps.steps(); ++step) {
        std::uint32_t busiest = 1;
        for (const std::uint64_t word : steps.of(step)) {
            busiest = std::max(busiest, ++bankWords[word % *config.banks]);
        }
        for (const std::uint64_t word : steps.of(step)) {
            bankWords[word % *config.banks] = 0;
        }
        cycles += busiest - 1;
    }
    return cycles;
}

FoldReads foldReads(const MachineConfig& machine, const Stream& stream, std::uint32_t weightBytes) {
    return Reader(machine, stream, weightBytes).read();
}

}  // namespace systole::arch
