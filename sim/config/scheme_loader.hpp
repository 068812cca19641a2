// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/quantize/scheme.hpp"
#include "sim/reader/config_reader.hpp"

namespace systole::sim {

/// The scheme that a section in the format of configs/schemes/*.yaml describes; `name` is that of a
/// section without one.
/// A format or an accumulator `datapath` is that of `datapath`, where there is one.
Scheme readScheme(const Section& section, const std::string& name,
                  const Section* datapath = nullptr);

/// The scheme of a file of configs/schemes.
Scheme loadScheme(const std::filesystem::path& file, const Overrides& overrides);

/// Notes a problem where the parts of the scheme in `section` do not fit together.
void checkScheme(const Section& section, const Scheme& scheme);

/// Notes a problem at the accumulator, the key of that name in `section`, where it is wider than
/// the 63 bits in which sums are formed, or cannot hold even one product.
void checkAccumulator(const Section& section, const numeric::AccumulatorFormat& accumulator,
                      const numeric::Format& activation, const numeric::Format& weight);

}  // namespace systole::sim
