// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/cost/machine/area_model.hpp"
#include "models/cost/technology/layout.hpp"

namespace systole::cost {

/// Gives every node of the components its area in silicon, and appends the node `layout`:
/// `buffers`, `clock_tree`, `placement` (room between cells), `macro_overhead`, and `control` where
/// the machine has any. The components' cells and `layout` add up to the silicon.
///
/// The silicon of a component has its share of all these but `control`, which is a block of its
/// own. So the silicon of the components and of `control` adds up to the same total, and a
/// component's share of it can be held against a published floor plan.
///
/// Bands: all corners together. The coefficients are those of one flow on one chip, so they are off
/// in all blocks alike, and errors of that kind do not average out as those of a root of squares
/// do. Only memories are taken at their nominal area: the overhead's band is how far published
/// memories lie from it, the error of the fit included. But none is smaller than its macros are at
/// that end of their band.
void addLayout(std::vector<AreaNode>& components, const LayoutTechnology& layout, bool hasControl);

}  // namespace systole::cost
