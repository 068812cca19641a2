// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Vrtl_arithmetic.h>
#include <verilated.h>

#include <cmath>
#include <cstdint>
#include <memory>

#include "models/numeric/sums/accumulator.hpp"

namespace systole::cosim {

/// The circuits of rtl_arithmetic.sv.
class Circuits {
public:
    Circuits() : model_(std::make_unique<Vrtl_arithmetic>(&context_)) {}
    ~Circuits() { model_->final(); }
    Circuits(const Circuits&) = delete;
    Circuits& operator=(const Circuits&) = delete;

    /// Lane of the product, in the last of its cycles.
    std::uint64_t multiply(std::size_t lane, numeric::Code activation, numeric::Code weight,
                           int cycles) {
        model_->activation = static_cast<std::uint8_t>(activation);
        model_->weight = static_cast<std::uint8_t>(weight);
        for (int cycle = 0; cycle + 1 < cycles; ++cycle) {
            model_->first = cycle == 0;
            model_->clock = 1;
            model_->eval();
            model_->clock = 0;
            model_->eval();
        }
        model_->first = cycles == 1;
        model_->eval();
        return model_->products[2 * lane] | (std::uint64_t{model_->products[2 * lane + 1]} << 32);
    }

    /// Sum of the products of a composable multiplier of 8 or 4 bits.
    std::int32_t compose(int bits, std::uint64_t activation, std::uint64_t weight) {
        model_->composed_activation = activation;
        model_->composed_weight = weight;
        model_->eval();
        const int width = 2 * bits + 1;
        const std::uint32_t code = bits == 8 ? model_->composed_of_eight : model_->composed_of_four;
        return static_cast<std::int32_t>(numeric::wrapToBits(code, width));
    }

    numeric::Code add(std::size_t lane, numeric::Code sum, numeric::Code activation,
                      numeric::Code weight) {
        model_->activation = static_cast<std::uint8_t>(activation);
        model_->weight = static_cast<std::uint8_t>(weight);
        model_->sum = sum;
        model_->eval();
        return model_->results[lane];
    }

private:
    VerilatedContext context_;
    std::unique_ptr<Vrtl_arithmetic> model_;
};

/// What the lane says, in units of 2^unit; exact: significands have less than 24 bits.
inline double valueOfLane(std::uint64_t lane, int unit) {
    const auto significand = static_cast<std::int32_t>(static_cast<std::uint32_t>(lane));
    const int exponent = static_cast<int>((lane >> 32) & 0xffff);
    const bool negate = ((lane >> 48) & 1) != 0;
    const bool infinite = ((lane >> 49) & 1) != 0;
    if (((lane >> 50) & 1) != 0) return std::nan("");
    const double magnitude = infinite ? INFINITY : std::ldexp(significand, exponent + unit);
    return negate ? -magnitude : magnitude;
}

}  // namespace systole::cosim
