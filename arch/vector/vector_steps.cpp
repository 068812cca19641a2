// SPDX-License-Identifier: Apache-2.0
#include "arch/vector/vector_steps.hpp"

#include <algorithm>
#include <utility>

#include "models/check.hpp"

namespace systole::arch {
namespace {

constexpr std::uint32_t kSoftmaxPasses = 3;  // maximum; exponentials and their sum; quotients

/// Elements that lie `stride` bytes apart from each other.
struct Spaced {
    std::uint32_t address;
    std::uint32_t stride;
    std::uint32_t elements;
};

class Builder {
public:
    Builder(const VectorUnitConfig& config, const ScratchpadPorts& ports,
            std::uint32_t accumulatorRows, std::uint32_t parameterBytes)
        : config_(config),
          ports_(ports),
          accumulatorRows_(accumulatorRows),
          parameterBytes_(parameterBytes) {}

    VectorSteps build(const Operation& operation) {
        std::visit([this](const auto& op) { add(op); }, operation);
        if (config_.lanes) {
            std::vector<memory::AccessStep> steps(reads_.size() + config_.pipelineDepth);
            for (std::size_t i = 0; i < reads_.size(); ++i) {
                append(reads_[i], steps[i]);
                append(writes_[i], steps[i + config_.pipelineDepth]);
            }
            result_.cycles = steps.size();
            result_.stream = memory::streamOf(std::move(steps));
        } else {
            result_.cycles = config_.pipelineDepth;
        }
        return std::move(result_);
    }

private:
    static void append(const memory::AccessStep& from, memory::AccessStep& to) {
        to.accesses.insert(to.accesses.end(), from.accesses.begin(), from.accesses.end());
    }

    /// Cuts `count` elements into groups that pass the lanes together: visit(first, elements).
    template <typename Visit>
    void forEachGroup(std::uint32_t count, Visit&& visit) const {
        const auto lanes = static_cast<std::uint32_t>(
            std::min<std::uint64_t>(config_.lanes.value_or(count), count));
        for (std::uint32_t first = 0; first < count; first += lanes) {
            visit(first, std::min(lanes, count - first));
        }
    }

    void beginStep(std::uint32_t elements) {
        reads_.emplace_back();
        writes_.emplace_back();
        result_.operations += elements;
    }

    /// Calls visit(word) for the words of the elements. Neighbours in one word touch it once.
    template <typename Visit>
    void forEachActivationWord(const Spaced& run, Visit&& visit) const {
        const WordLayout& layout = ports_.activationWords();
        std::uint64_t last = 0;
        for (std::uint32_t i = 0; i < run.elements; ++i) {
            const std::uint64_t word = layout.wordOf(run.address + std::uint64_t{i} * run.stride);
            if (i == 0 || word != last) {
                visit(word);
            }
            last = word;
        }
    }

    void read(const Spaced& run) {
        forEachActivationWord(run, [&](std::uint64_t word) {
            ports_.activations().read(word, reads_.back());
            ++result_.activationReads;
        });
    }

    void write(const Spaced& run) {
        forEachActivationWord(run, [&](std::uint64_t word) {
            ports_.activations().write(word, writes_.back());
            ++result_.activationWrites;
        });
    }

    /// Parameter records are read together with the first row of sums and then kept.
    void readParameters(const Requantize& op, std::uint32_t first, std::uint32_t channels) {
        ports_.weightWords().forEachWord(op.parameters + std::uint64_t{first} * parameterBytes_,
                                         std::uint64_t{channels} * parameterBytes_,
                                         [&](std::uint64_t word) {
                                             ports_.weights().read(word, reads_.back());
                                             ++result_.weightReads;
                                         });
    }

    void readSums(const Requantize& op, std::uint32_t row, std::uint32_t elements) {
        const std::uint64_t half =
            ScratchpadPorts::halfOf(op.accumulatorRow + row, accumulatorRows_);
        ports_.accumulators().read(half, reads_.back());
        result_.accumulatorReads += elements;
    }

    void add(const Requantize& op) {
        const std::uint32_t elementBytes = ports_.activationWords().elementBytes();
        const std::uint32_t rows = op.channelsAlongRows ? op.channels : op.outputs;
        const std::uint32_t columns = op.channelsAlongRows ? op.outputs : op.channels;
        const std::uint32_t rowStride = op.channelsAlongRows ? elementBytes : op.pitch;
        const std::uint32_t columnStride = op.channelsAlongRows ? op.pitch : elementBytes;
        for (std::uint32_t row = 0; row < rows; ++row) {
            forEachGroup(columns, [&](std::uint32_t first, std::uint32_t elements) {
                beginStep(elements);
                readSums(op, row, elements);
                if (op.channelsAlongRows && first == 0) {
                    readParameters(op, row, 1);
                } else if (!op.channelsAlongRows && row == 0) {
                    readParameters(op, first, elements);
                }
                const std::uint32_t offset = row * rowStride + first * columnStride;
                if (op.skip) {
                    read({op.skip->source + offset, columnStride, elements});
                }
                write({op.destination + offset, columnStride, elements});
            });
        }
    }

    void add(const Pool& op) {
        const TileWindow& window = op.window;
        const std::uint32_t elementBytes = window.elementBytes;
        const std::uint32_t taps = window.kernelHeight * window.kernelWidth;
        for (std::uint32_t output = 0; output < window.outputs(); ++output) {
            forEachGroup(window.channelCount, [&](std::uint32_t first, std::uint32_t elements) {
                for (std::uint32_t tap = 0; tap < taps; ++tap) {
                    beginStep(elements);
                    forEachRun(window, output, tap * window.channelCount + first, elements,
                               [&](std::uint32_t, std::uint32_t address, std::uint32_t run) {
                                   read({address, elementBytes, run});
                               });
                }
                const std::uint32_t element = output * window.channelCount + first;
                write({op.destination + element * elementBytes, elementBytes, elements});
            });
        }
    }

    void add(const Elementwise& op) {
        const std::uint32_t elementBytes = ports_.activationWords().elementBytes();
        forEachGroup(op.elements, [&](std::uint32_t first, std::uint32_t elements) {
            const std::uint32_t offset = first * elementBytes;
            beginStep(elements);
            read({op.source + offset, elementBytes, elements});
            if (op.addition) {
                read({op.addition->source + offset, elementBytes, elements});
            }
            write({op.destination + offset, elementBytes, elements});
        });
    }

    void add(const Softmax& op) {
        const std::uint32_t elementBytes = ports_.activationWords().elementBytes();
        for (std::uint32_t pass = 0; pass < kSoftmaxPasses; ++pass) {
            forEachGroup(op.elements, [&](std::uint32_t first, std::uint32_t elements) {
                beginStep(elements);
                read({op.source + first * elementBytes, elementBytes, elements});
                if (pass + 1 == kSoftmaxPasses) {
                    write({op.destination + first * elementBytes, elementBytes, elements});
                }
            });
        }
    }

    template <typename Other>
    void add(const Other& /*op*/) {
        SYSTOLE_CHECK(false, "not a command of the vector unit");
    }

    const VectorUnitConfig& config_;
    const ScratchpadPorts& ports_;
    std::uint32_t accumulatorRows_;
    std::uint32_t parameterBytes_;
    std::vector<memory::AccessStep> reads_;
    std::vector<memory::AccessStep> writes_;
    VectorSteps result_;
};

}  // namespace

VectorSteps vectorSteps(const VectorUnitConfig& config, const ScratchpadPorts& ports,
                        const Operation& operation, std::uint32_t accumulatorRows,
                        std::uint32_t parameterBytes) {
    return Builder(config, ports, accumulatorRows, parameterBytes).build(operation);
}

}  // namespace systole::arch
