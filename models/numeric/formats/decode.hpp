// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/numeric/formats/format.hpp"

namespace systole::numeric {

/// Value of a code of each family, from its definition.
double decodeInteger(const IntFormat& format, Code code);
double decodePosit(int bits, int exponentBits, Code code);
double decodeCodebook(const CodebookFormat& format, Code code);

}  // namespace systole::numeric
