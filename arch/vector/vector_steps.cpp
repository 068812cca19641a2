// SPDX-License-Identifier: Apache-2.0
#include "arch/vector/vector_steps.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "models/check.hpp"

namespace systole::arch {
namespace {

using numeric::OperandView;
using numeric::Scope;
using numeric::ValueId;

bool sameView(const OperandView& a, const OperandView& b) {
    return a.origin == b.origin && a.strides == b.strides;
}

using Work = numeric::ByFunctionClass<std::uint32_t>;

/// What a pass uses for an element of it, and for one that is kept.
struct PassCosts {
    Work element{};
    Work kept{};
    std::uint32_t interval = 1;
};

std::vector<PassCosts> costsOf(const VectorUnitConfig& config,
                               const numeric::VectorProgram& program,
                               const numeric::VectorPlan& plan) {
    std::vector<PassCosts> costs;
    for (const numeric::VectorPass& pass : plan.passes) {
        PassCosts each{.element = numeric::workOf(program, plan, pass.element),
                       .kept = numeric::workOf(program, plan, pass.kept)};
        const Work reductions = numeric::workOf(program, plan, pass.reductions);
        for (std::size_t i = 0; i < reductions.size(); ++i) each.element[i] += reductions[i];
        each.interval = intervalOf(config, each.element);
        costs.push_back(each);
    }
    return costs;
}

class Builder {
public:
    Builder(const VectorUnitConfig& config, const ScratchpadPorts& ports,
            const VectorCommand& command, const MemorySizes& sizes)
        : config_(config),
          ports_(ports),
          command_(command),
          sizes_(sizes),
          plan_(numeric::planOf(*command.program)),
          costs_(costsOf(config, *command.program, plan_)),
          last_(command.space.extents.size() - 1),
          index_(command.space.extents.size(), 0) {
        const std::uint64_t along = command.space.extents[last_];
        lanes_ = static_cast<std::uint32_t>(std::min(config.lanes.value_or(along), along));
    }

    VectorSteps build() {
        forEachGroup(false, 0, [&] {
            for (std::size_t i = 0; i < costs_.size(); ++i) addPass(plan_.passes[i], costs_[i]);
        });
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

    /// The indices of the reduced axes, or of the others; along the last axis, groups that pass the
    /// lanes together.
    template <typename Visit>
    void forEachGroup(bool reduced, std::size_t axis, const Visit& visit) {
        const numeric::VectorSpace& space = command_.space;
        while (axis < index_.size() && space.reduced[axis] != reduced) ++axis;
        if (axis == index_.size()) {
            visit();
            return;
        }
        const std::uint32_t step = axis == last_ ? lanes_ : 1;
        for (std::uint32_t at = 0; at < space.extents[axis]; at += step) {
            index_[axis] = at;
            if (axis == last_) elements_ = std::min(step, space.extents[axis] - at);
            forEachGroup(reduced, axis + 1, visit);
        }
        index_[axis] = 0;
    }

    /// Reads stand in the first cycle of a group; what is kept leaves with the last group.
    void addPass(const numeric::VectorPass& pass, const PassCosts& costs) {
        forEachGroup(true, 0, [&] {
            reads_.emplace_back();
            writes_.emplace_back();
            result_.operations += elements_;
            count(costs.element, elements_);
            for (const ValueId step : pass.element) addAccess(step, elements_);
            reads_.resize(reads_.size() + costs.interval - 1);
            writes_.resize(reads_.size());
        });
        const std::uint32_t kept = command_.space.reduced[last_] ? 1 : elements_;
        count(costs.kept, kept);
        for (const ValueId step : pass.kept) addAccess(step, kept);
    }

    void count(const Work& work, std::uint64_t elements) {
        for (std::size_t i = 0; i < work.size(); ++i) result_.functions[i] += work[i] * elements;
    }

    void addAccess(ValueId step, std::uint32_t elements) {
        const numeric::VectorStep& what = command_.program->steps[step];
        if (const auto* load = std::get_if<numeric::LoadStep>(&what)) {
            read(command_.operands.at(load->operand), elements);
        } else if (const auto* store = std::get_if<numeric::StoreStep>(&what)) {
            write(command_.operands.at(store->operand), elements);
        }
    }

    void read(const VectorOperand& operand, std::uint32_t elements) {
        switch (operand.memory) {
            case OperandMemory::Activation:
                if (!operand.view.contains(index_)) return;
                forEachWord(operand, elements, [&](std::uint64_t word) {
                    ports_.activations().read(word, reads_.back());
                    ++result_.activationReads;
                });
                return;
            case OperandMemory::Parameter:
                if (!isBiasToo(operand)) readRecords(operand.view, elements);
                return;
            case OperandMemory::Sum:
                readSums(operand, elements);
                return;
        }
        SYSTOLE_CHECK(false, "memory {}", static_cast<int>(operand.memory));
    }

    void readSums(const VectorOperand& operand, std::uint32_t elements) {
        const auto row = static_cast<std::uint32_t>(operand.view.placeOf(index_) / kSumRowPitch);
        ports_.accumulators().read(ScratchpadPorts::halfOf(row, sizes_.accumulatorRows),
                                   reads_.back());
        result_.accumulatorReads += elements;
        if (!operand.bias) return;
        result_.biases += elements;
        readRecords(*operand.bias, elements);
    }

    /// Whether the record comes with the bias of a sum already.
    bool isBiasToo(const VectorOperand& parameter) const {
        return std::any_of(command_.operands.begin(), command_.operands.end(),
                           [&](const VectorOperand& other) {
                               return other.bias && sameView(*other.bias, parameter.view);
                           });
    }

    /// With the first elements that need them; then they are kept.
    void readRecords(const OperandView& view, std::uint32_t elements) {
        for (std::size_t axis = 0; axis < index_.size(); ++axis) {
            if (view.strideOf(axis) == 0 && index_[axis] > 0) return;
        }
        const std::int64_t stride = view.strideOf(last_);
        const std::uint64_t bytes =
            (stride == 0 ? 1 : elements) * std::uint64_t{sizes_.recordBytes};
        ports_.weightWords().forEachWord(static_cast<std::uint64_t>(view.placeOf(index_)), bytes,
                                         [&](std::uint64_t word) {
                                             ports_.weights().read(word, reads_.back());
                                             ++result_.weightReads;
                                         });
    }

    void write(const VectorOperand& operand, std::uint32_t elements) {
        forEachWord(operand, elements, [&](std::uint64_t word) {
            ports_.activations().write(word, writes_.back());
            ++result_.activationWrites;
        });
    }

    /// Calls visit(word) for the words of the elements. Neighbours in one word touch it once.
    template <typename Visit>
    void forEachWord(const VectorOperand& operand, std::uint32_t elements,
                     const Visit& visit) const {
        const WordLayout& layout = ports_.activationWords();
        const std::uint64_t bytes = bytesOf(operand.type);
        auto address = operand.view.placeOf(index_);
        const std::int64_t stride = operand.view.strideOf(last_);
        std::optional<std::uint64_t> previous;
        for (std::uint32_t i = 0; i < elements; ++i, address += stride) {
            layout.forEachWord(static_cast<std::uint64_t>(address), bytes, [&](std::uint64_t word) {
                if (word != previous) visit(word);
                previous = word;
            });
        }
    }

    /// Of an element in the activation scratchpad.
    std::uint64_t bytesOf(TypeId type) const {
        if (type < kFirstListedType) return ports_.activationWords().elementBytes();
        return sizes_.types[type - kFirstListedType].room.imageBytes;
    }

    const VectorUnitConfig& config_;
    const ScratchpadPorts& ports_;
    const VectorCommand& command_;
    MemorySizes sizes_;
    numeric::VectorPlan plan_;
    std::vector<PassCosts> costs_;  ///< of the plan's passes
    std::size_t last_;              ///< axis, which lies along the lanes
    std::uint32_t lanes_ = 1;       ///< that are in use
    std::vector<std::uint32_t> index_;
    std::uint32_t elements_ = 1;  ///< of the group
    std::vector<memory::AccessStep> reads_;
    std::vector<memory::AccessStep> writes_;
    VectorSteps result_;
};

}  // namespace

std::uint32_t intervalOf(const VectorUnitConfig& config,
                         const numeric::ByFunctionClass<std::uint32_t>& work) {
    std::uint32_t interval = 1;
    for (std::size_t i = 0; i < work.size(); ++i) {
        if (work[i] == 0) continue;
        const auto& [circuits, cycles] = config.operations[i];
        SYSTOLE_CHECK(circuits > 0, "no circuit of class {}", numeric::kFunctionClassNames.at(i));
        const std::uint32_t turns = (work[i] + circuits - 1) / circuits;
        interval = std::max(interval, turns * cycles);
    }
    return interval;
}

std::uint32_t intervalOf(const VectorUnitConfig& config, const numeric::VectorProgram& program) {
    std::uint32_t interval = 0;
    for (const PassCosts& pass : costsOf(config, program, numeric::planOf(program))) {
        interval += pass.interval;
    }
    return interval;
}

Cycle vectorCycles(const VectorUnitConfig& config, const numeric::VectorProgram& program,
                   const numeric::VectorSpace& space) {
    if (!config.lanes) return config.pipelineDepth;
    std::uint64_t groups = ceilDivide(space.extents.back(), *config.lanes);
    for (std::size_t i = 0; i + 1 < space.extents.size(); ++i) groups *= space.extents[i];
    Cycle interval = 0;
    for (const PassCosts& pass : costsOf(config, program, numeric::planOf(program))) {
        interval += pass.interval;
    }
    return groups * interval + config.pipelineDepth;
}

VectorSteps vectorSteps(const VectorUnitConfig& config, const ScratchpadPorts& ports,
                        const VectorCommand& command, const MemorySizes& sizes) {
    return Builder(config, ports, command, sizes).build();
}

}  // namespace systole::arch
