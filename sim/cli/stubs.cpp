// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/commands.hpp"
namespace systole::sim {
void addGolden(CLI::App&, Action&) {}
void addCompare(CLI::App&, Action&) {}
void addSweep(CLI::App&, Action&) {}
void addQuantize(CLI::App&, Action&) {}
void addFormats(CLI::App&, Action&) {}
}  // namespace systole::sim
