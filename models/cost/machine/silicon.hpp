// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "models/cost/machine/area_model.hpp"
#include "models/cost/technology/layout.hpp"

namespace systole::cost {

/// Gives every node of the components its area in silicon, and appends the node `layout`:
/// `buffers`, `clock_tree`, `placement` (room between cells), `macro_overhead`, and `control`, a
/// share of the logic of the components named in `dataPaths`; none: no control. The components'
/// cells and `layout` add up to the silicon.
///
/// Memories of flip-flops are placed as logic is; macros have `macro_overhead`.
///
/// The silicon of a component has its share of all these but `control`, which is a block of its
/// own. So the silicon of the components and of `control` adds up to the same total, and a
/// component's share of it can be held against a published floor plan.
///
/// Bands: all corners together. The coefficients are those of one flow on one chip, so they are off
/// in all blocks alike, and errors of that kind do not average out as those of a root of squares
/// do. Only what is doubted of one memory for two reasons that have nothing to do with each other,
/// the model of its macros and what it has on top, is joined by squares (`joinedDoubt`).
void addLayout(std::vector<AreaNode>& components, const LayoutTechnology& layout,
               const std::vector<std::string>& dataPaths);

}  // namespace systole::cost
