// SPDX-License-Identifier: Apache-2.0
#include "models/check.hpp"

namespace systole {

void failCheck(const char* file, int line, const char* condition, const std::string& context) {
    throw InvariantError(
        fmt::format("{}:{}: invariant broken: {}: {}", file, line, condition, context));
}

}  // namespace systole
