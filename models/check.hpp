// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace systole {

/// A broken invariant: a defect of Systole, never the user's fault. The program ends with exit
/// code 3.
class InvariantError : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

[[noreturn]] void failCheck(const char* file, int line, const char* condition,
                            const std::string& context);

}  // namespace systole

/// Stops when `condition` does not hold, in every build type. The further arguments, a fmt format
/// and its values, say what was seen; modules add the cycle and their path there.
#define SYSTOLE_CHECK(condition, ...)                                                       \
    do {                                                                                    \
        if (!(condition)) [[unlikely]] {                                                    \
            ::systole::failCheck(__FILE__, __LINE__, #condition, fmt::format(__VA_ARGS__)); \
        }                                                                                   \
    } while (false)
