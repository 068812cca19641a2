// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "arch/config.hpp"
#include "sim/quantize/scheme.hpp"
#include "sim/reader/config_reader.hpp"

namespace systole::sim {

/// The scheme that a section in the format of configs/schemes/*.yaml describes; `name` is that of a
/// section without one. Its `layers` are left out (readLayerFormats). Formats that it leaves open
/// are those of `datapath`; without one they are problems.
Scheme readScheme(const Section& section, const std::string& name,
                  const arch::DatapathConfig* datapath);

/// `layers` of a scheme, which is read but for them. Their accumulators are those of the machine's
/// datapaths; without a machine the scheme's. A pair of formats that no datapath has is a problem.
std::vector<LayerFormats> readLayerFormats(const Section& section, const Scheme& scheme,
                                           const arch::MachineConfig* machine);

/// The scheme of a file of configs/schemes that says its formats.
Scheme loadScheme(const std::filesystem::path& file, const Overrides& overrides);

/// The scheme that a text of the command line stands for: a name of configs/schemes, a file, or the
/// section itself. `source` names the text in messages.
Scheme parseScheme(const std::string& text, const std::string& source);

/// Notes a problem where the parts of the scheme in `section` do not fit together.
void checkScheme(const Section& section, const Scheme& scheme);

/// What is wrong with an accumulator of these products, and what is expected: a fixed-point
/// register that cannot hold even one of them.
std::vector<std::string> accumulatorProblems(const numeric::AccumulatorFormat& accumulator,
                                             const numeric::Format& activation,
                                             const numeric::Format& weight);
/// Notes these problems at the accumulator, the key of that name in `section`.
void checkAccumulator(const Section& section, const numeric::AccumulatorFormat& accumulator,
                      const numeric::Format& activation, const numeric::Format& weight);

}  // namespace systole::sim
