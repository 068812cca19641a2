// SPDX-License-Identifier: Apache-2.0
#include "models/cost/element/element_waveforms.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "models/check.hpp"
#include "models/numeric/products/product_class_circuits.hpp"

namespace systole::cost {
namespace {

using numeric::Codec;

constexpr std::size_t kWordBits = 64;

void appendBits(std::vector<bool>& bits, std::uint64_t value, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) bits.push_back(((value >> i) & 1) != 0);
}

bool isZero(const Codec& codec, std::uint16_t code) { return codec.decode(code) == 0; }

/// Turns the steps of a trace into the values of a circuit's inputs.
class Player {
public:
    Player(const ElementDescription& element, const ElementCircuit& circuit,
           const OperandTrace& trace)
        : element_(element),
          circuit_(circuit),
          trace_(trace),
          activation_(element.activation),
          weight_(element.weight),
          state_(circuit.state.size() + circuit.held.size(), false),
          nextState_(circuit.nextState) {
        nextState_.insert(nextState_.end(), circuit.nextHeld.begin(), circuit.nextHeld.end());
        if (const auto* sum = std::get_if<numeric::FloatRegister>(&element.sum)) {
            sumCodec_.emplace(sum->format);
        }
    }

    ElementWaveforms play(ZeroGating gating) {
        waveforms_.inputs.resize(circuit_.netlist.inputCount());
        std::vector<bool> held;
        std::vector<bool> registers;
        for (std::size_t step = 0; step < trace_.steps(); ++step) {
            const bool gated = gating == ZeroGating::On && step > 0 &&
                               (isZero(activation_, trace_.activations[step]) ||
                                isZero(weight_, trace_.weights[step]));
            if (!gated) held = operandBits(step);
            const std::vector<bool> now = registerBits(step, held);
            if (step > 0) countRegisters(registers, now, gated);
            registers = now;
            for (std::size_t cycle = 0; cycle < circuit_.schedule.size(); ++cycle) {
                playCycle(held, circuit_.schedule[gated ? 0 : cycle], gated);
            }
        }
        waveforms_.products = products(trace_.steps());
        return std::move(waveforms_);
    }

private:
    /// The numbers of the steps that follow, as many as there are products in a cycle.
    void appendComposable(std::vector<bool>& bits, const std::vector<std::uint16_t>& codes,
                          std::size_t step, bool isWeight) const {
        const auto products = static_cast<std::size_t>(
            numeric::composedProducts(element_.activation, element_.weight));
        std::vector<std::uint16_t> numbers(products);
        for (std::size_t i = 0; i < products; ++i) {
            numbers[i] = codes[(step + i) % codes.size()];
        }
        const numeric::Format& other = isWeight ? element_.activation : element_.weight;
        const auto slices = static_cast<std::size_t>(
            std::min(numeric::bricksOf(*numeric::integerPortOf(other)), 4));
        const numeric::Format& own = isWeight ? element_.weight : element_.activation;
        const std::vector<bool> port = composablePort(own, isWeight, slices, numbers);
        bits.insert(bits.end(), port.begin(), port.end());
    }

    /// A two's complement code as sign and magnitude; the most negative one as the one next to it.
    static void appendSignMagnitude(std::vector<bool>& bits, std::uint16_t code,
                                    std::size_t width) {
        const std::uint64_t top = std::uint64_t{1} << (width - 1);
        const bool negative = (code & top) != 0;
        const std::uint64_t magnitude = negative ? 2 * top - code : code;
        appendBits(bits, std::min(magnitude, top - 1), width - 1);
        bits.push_back(negative);
    }

    std::vector<bool> operandBits(std::size_t step) const {
        std::vector<bool> bits;
        if (element_.signMagnitude) {
            appendSignMagnitude(bits, trace_.activations[step], circuit_.activation.size());
            appendSignMagnitude(bits, trace_.weights[step], circuit_.weight.size());
            return bits;
        }
        if (element_.productClass == numeric::ProductClass::Composable) {
            appendComposable(bits, trace_.activations, step, false);
            appendComposable(bits, trace_.weights, step, true);
            return bits;
        }
        appendBits(bits, trace_.activations[step], circuit_.activation.size());
        appendBits(bits, trace_.weights[step], circuit_.weight.size());
        return bits;
    }

    /// The register that the sum comes from, as its code.
    void appendSum(std::vector<bool>& bits, std::size_t step) const {
        const std::size_t size = circuit_.sum.size();
        if (sumCodec_) {
            const auto overflow = element_.floatAdder == FloatAdder::Flush
                                      ? numeric::Overflow::Saturate
                                      : std::get<numeric::FloatRegister>(element_.sum).overflow;
            const auto value = std::bit_cast<double>(trace_.sums[step]);
            appendBits(bits, sumCodec_->encode(value, numeric::Rounding::NearestEven, overflow),
                       size);
            return;
        }
        for (std::size_t bit = 0; bit < size; ++bit) {
            const std::size_t word = std::min<std::size_t>(bit / kWordBits, trace_.sumWords - 1);
            const std::size_t place = std::min(bit - word * kWordBits, kWordBits - 1);
            bits.push_back(((trace_.sums[step * trace_.sumWords + word] >> place) & 1) != 0);
        }
    }

    /// What the operand registers and the sum's hold.
    std::vector<bool> registerBits(std::size_t step, const std::vector<bool>& held) const {
        std::vector<bool> bits(held);
        appendSum(bits, step);
        return bits;
    }

    void countRegisters(const std::vector<bool>& before, const std::vector<bool>& now, bool gated) {
        for (std::size_t i = 0; i < now.size(); ++i) {
            waveforms_.registerToggles += before[i] != now[i] ? 1 : 0;
        }
        const std::size_t bits = gated ? circuit_.sum.size() : circuit_.flipFlops();
        waveforms_.clockedBits += bits * (gated ? 1 : circuit_.schedule.size());
    }

    void playCycle(const std::vector<bool>& operands, const std::vector<bool>& control,
                   bool gated) {
        if (!gated || inputs_.empty()) {
            const std::size_t step = waveforms_.cycles / circuit_.schedule.size();
            inputs_ = operands;
            inputs_.insert(inputs_.end(), control.begin(), control.end());
            inputs_.insert(inputs_.end(), state_.begin(), state_.end());
            appendSum(inputs_, step - std::min(step, stepsToSum()));
            inputs_.resize(circuit_.netlist.inputCount(), false);  // of chunks, at rest
        }
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            if (waveforms_.cycles % kWordBits == 0) waveforms_.inputs[i].push_back(0);
            if (inputs_[i]) {
                waveforms_.inputs[i].back() |= std::uint64_t{1} << (waveforms_.cycles % kWordBits);
            }
        }
        ++waveforms_.cycles;
        if (!state_.empty() && !gated) advanceState();
    }

    /// The adder is so many steps behind the operands of a pipelined multiplier.
    std::size_t stepsToSum() const {
        const std::size_t cycles = circuit_.schedule.size();
        return (circuit_.ranks + cycles - 1) / cycles;
    }

    void advanceState() {
        const std::vector<bool> cells = settledCells(circuit_.netlist, inputs_);
        for (std::size_t i = 0; i < state_.size(); ++i) {
            const Signal next = nextState_[i];
            const bool value = cells[next.cell()] != next.isComplemented();
            waveforms_.registerToggles += value != state_[i] ? 1 : 0;
            state_[i] = value;
        }
    }

    std::uint64_t products(std::size_t steps) const {
        const auto each = element_.productClass == numeric::ProductClass::Composable
                              ? numeric::composedProducts(element_.activation, element_.weight)
                              : 1;
        return steps < 2 ? 0 : (steps - 1) * static_cast<std::uint64_t>(each);
    }

    const ElementDescription& element_;
    const ElementCircuit& circuit_;
    const OperandTrace& trace_;
    Codec activation_;
    Codec weight_;
    std::optional<Codec> sumCodec_;
    std::vector<bool> state_;  ///< of the multiplier, then the registers between stages
    Word nextState_;
    std::vector<bool> inputs_;
    ElementWaveforms waveforms_;
};

}  // namespace

ElementWaveforms waveformsOf(const ElementDescription& element, const ElementCircuit& circuit,
                             const OperandTrace& trace, ZeroGating gating) {
    return Player(element, circuit, trace).play(gating);
}

}  // namespace systole::cost
