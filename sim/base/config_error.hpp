// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

namespace systole::sim {

/// The user's input is wrong: YAML, model, data or command line. what() is one line a problem, each
/// `place: what is wrong, what was expected`. The program prints it and ends with exit code 2.
class ConfigError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace systole::sim
