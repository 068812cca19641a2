// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/cost/circuit/element_circuit.hpp"

namespace systole::cost {

/// What is said of figures of other kinds.
inline constexpr const char* kNotSynthesised =
    "no circuit of this kind was synthesised: the error is not known";

/// Whether circuits of the element's kind were synthesised and are in docs/accuracy.md: integers,
/// floats and formats of two values, in multipliers of their own, without chunks and blocks. Of the
/// others (posits, look-up tables and so on) no error is known.
bool isSynthesisedKind(const ElementDescription& element);

}  // namespace systole::cost
