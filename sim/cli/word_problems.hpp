// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace systole::sim {

/// What is wrong with the words of the command line, after a failed parse: a line for every option,
/// command and word that is none, with what was meant, or for what is missing.
std::string wordProblems(const CLI::App& app, const CLI::ParseError& error);

}  // namespace systole::sim
