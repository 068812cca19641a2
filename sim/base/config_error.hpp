// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace systole::sim {

/// The user's input is wrong: YAML, model, data or command line. what() is one line a problem, each
/// `place: what is wrong, what was expected`. The program prints it and ends with exit code 2.
class ConfigError : public std::runtime_error {
public:
    /// One problem, in one line whatever it quotes: a line break or a control character in a user's
    /// name becomes an escape (`printable`).
    explicit ConfigError(const std::string& problem);
    /// Several problems, a line each.
    static ConfigError ofLines(const std::vector<std::string>& problems);

private:
    struct Lines {
        std::string text;
    };
    explicit ConfigError(const Lines& lines) : std::runtime_error(lines.text) {}
};

}  // namespace systole::sim
