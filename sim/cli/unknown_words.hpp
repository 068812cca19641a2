// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace systole::sim {

/// A line for every option and command that the words of the command line name and that is none,
/// with what was meant. After a failed parse; empty where something else was wrong.
std::string unknownWords(const CLI::App& app);

}  // namespace systole::sim
