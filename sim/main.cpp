// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/commands.hpp"

int main(int argc, char** argv) { return systole::sim::runCommandLine(argc, argv); }
