// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sim/study/worker_run.hpp"

namespace systole::sim {

/// What is to be said below a table of such runs, a line for each technology and goal of
/// synthesis: how far its logic may
/// be off, of a scaled node the error of the scaling included. Runs that are no runs (a point that
/// failed) have no technology and say nothing.
std::string technologyErrors(const std::vector<RunFigures>& runs);

}  // namespace systole::sim
