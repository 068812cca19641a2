// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <variant>

#include "models/numeric/formats/block_format.hpp"
#include "models/numeric/formats/format.hpp"
#include "models/numeric/products/product_class.hpp"
#include "models/numeric/sums/accumulator.hpp"
#include "sim/reader/config_reader.hpp"

namespace systole::sim {

/// A number format: a name (`int8`, `e4m3`, `posit8es1`, ..) or its parameters:
///   {exponent: 3, mantissa: 2, specials: none}     a float; also bias (IEEE's if left out),
///                                                  signed, subnormals (both true), hidden_one
///   {bits: 5}                                      an integer; also signed (true), narrow, half,
///                                                  fraction
///   {posit: 8, es: 1}
///   {codebook: [-1, -0.25, 0.25, 1]}
/// and a `name`, made from the parameters if left out; or a file with such parameters. Harmless:
/// int8.
numeric::Format readFormat(const Value& value);

/// The same for a multiplier's operand: at most 16 bits wide.
numeric::Format readOperandFormat(const Value& value);

/// An accumulator: a name (`int32`, `int24_saturate`, `exact`, `fp32`, ..) or its parameters:
///   {integer: 24, overflow: saturate}
///   {exact: 12}                                    with so many guard bits
///   {float: fp16, rounding: stochastic, seed: 1, overflow: saturate}
/// to which `chunk: 64` and `inner: fp16` (or such parameters) add a register for every 64
/// products. Harmless: int32.
numeric::AccumulatorFormat readAccumulator(const Value& value);

/// `auto` or the name of a product class, e.g. `bit_serial_weight`; empty if auto.
std::optional<numeric::ProductClass> readMultiplier(const Value& value);

/// A block format: a name (`mxfp4`, `nvfp4`, `bfp8b16`, ..) or its parameters:
///   {element: e2m1, block: 32}
/// with an E8M0 scale by the rule of OCP MX, or
///   {element: e2m1, block: 16, scale: e4m3, tensor_scale: true}
/// with another scale, which is the ratio of the largest values. Harmless: mxfp4.
numeric::BlockFormat readBlockFormat(const Value& value);

/// Why a machine or a network cannot have a block format, and what is expected.
std::string blockFormatProblem(const std::string& name);

/// The format or block format that a text stands for, as in YAML; `source` names the text in
/// messages. Throws ConfigError.
std::variant<numeric::Format, numeric::BlockFormat> parseFormat(const std::string& text,
                                                                const std::string& source);

}  // namespace systole::sim
