// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

namespace CLI {
class App;
}

/// The commands of the program. Each adds itself to the command line; what it returned when called
/// is the exit code: 0 success, 1 a check found a difference.
namespace systole::sim {

/// The action of the command that the user chose.
using Action = std::function<int()>;

void addRun(CLI::App& app, Action& action);
void addGemm(CLI::App& app, Action& action);
void addDram(CLI::App& app, Action& action);
void addGolden(CLI::App& app, Action& action);
void addCompare(CLI::App& app, Action& action);
void addSweep(CLI::App& app, Action& action);
void addQuantize(CLI::App& app, Action& action);
void addFormats(CLI::App& app, Action& action);
void addArea(CLI::App& app, Action& action);
void addPe(CLI::App& app, Action& action);
void addMemory(CLI::App& app, Action& action);
void addList(CLI::App& app, Action& action);

/// Runs the program; the exit code of main. ConfigError is printed and gives 2, a broken
/// invariant 3.
int runCommandLine(int argc, const char* const* argv);

}  // namespace systole::sim
