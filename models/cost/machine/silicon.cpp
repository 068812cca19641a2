// SPDX-License-Identifier: Apache-2.0
#include "models/cost/machine/silicon.hpp"

#include <algorithm>
#include <array>

#include "models/check.hpp"

namespace systole::cost {
namespace {

constexpr std::array kCorners{Corner::Nominal, Corner::Low, Corner::High};

double& cornerOf(Estimate& estimate, Corner corner) {
    switch (corner) {
        case Corner::Low:
            return estimate.low;
        case Corner::High:
            return estimate.high;
        case Corner::Nominal:
            return estimate.nominal;
    }
    SYSTOLE_CHECK(false, "corner {}", static_cast<int>(corner));
}

/// The coefficients at a corner of the area: cells that fill less of the rows take more room.
struct Shares {
    double buffers;
    double clockTree;
    double density;
    double macroOverhead;
    double control;

    Shares(const LayoutTechnology& layout, Corner corner)
        : buffers(atCorner(layout.buffers.value, corner)),
          clockTree(atCorner(layout.clockTreeArea.value, corner)),
          density(atCorner(layout.placementDensity.value, opposite(corner))),
          macroOverhead(atCorner(layout.macroOverhead.value, corner)),
          control(atCorner(layout.control.value, corner)) {}

private:
    static Corner opposite(Corner corner) {
        if (corner == Corner::Nominal) return corner;
        return corner == Corner::Low ? Corner::High : Corner::Low;
    }
};

/// Square microns of what is placed.
struct Placed {
    double logic = 0;
    double registers = 0;  ///< of the logic
    double memories = 0;
    double overhead = 0;  ///< of the memories

    Placed& operator+=(const Placed& more) {
        logic += more.logic;
        registers += more.registers;
        memories += more.memories;
        overhead += more.overhead;
        return *this;
    }
    double silicon(const Shares& shares) const {
        return (logic * (1 + shares.buffers) + registers * shares.clockTree) / shares.density +
               memories + overhead;
    }
};

Placed leafAt(const AreaNode& leaf, const Shares& shares, Corner corner) {
    const double area =
        atCorner({leaf.squareMicrons, leaf.lowSquareMicrons, leaf.highSquareMicrons}, corner);
    if (leaf.basis == AreaBasis::Memory) {
        // The overhead's band is that of published memories around the nominal area: it holds the
        // fit's own. No memory is smaller than its macros.
        const double whole = leaf.squareMicrons * (1 + shares.macroOverhead);
        return {.memories = area, .overhead = std::max(0.0, whole - area)};
    }
    if (leaf.basis != AreaBasis::Logic || leaf.squareMicrons == 0) return {};
    return {.logic = area, .registers = leaf.registerSquareMicrons * area / leaf.squareMicrons};
}

/// Of the node, whose silicon is written down on the way.
Placed place(AreaNode& node, const Shares& shares, Corner corner) {
    Placed placed = node.parts.empty() ? leafAt(node, shares, corner) : Placed{};
    for (AreaNode& part : node.parts) placed += place(part, shares, corner);
    cornerOf(node.siliconSquareMicrons, corner) = placed.silicon(shares);
    return placed;
}

struct LayoutAreas {
    Estimate buffers;
    Estimate clockTree;
    Estimate placement;
    Estimate macroOverhead;
    Estimate control;
    Estimate controlSilicon;
};

void addAt(LayoutAreas& areas, const Placed& placed, const Shares& shares, Corner corner,
           bool hasControl) {
    const double control = hasControl ? placed.logic * shares.control : 0;
    const double buffers = (placed.logic + control) * shares.buffers;
    const double clockTree = placed.registers * shares.clockTree;
    cornerOf(areas.control, corner) = control;
    cornerOf(areas.controlSilicon, corner) = Placed{.logic = control}.silicon(shares);
    cornerOf(areas.buffers, corner) = buffers;
    cornerOf(areas.clockTree, corner) = clockTree;
    cornerOf(areas.placement, corner) =
        (placed.logic + control + buffers + clockTree) * (1 / shares.density - 1);
    cornerOf(areas.macroOverhead, corner) = placed.overhead;
}

AreaNode layoutNode(const char* name, AreaBasis basis, const Estimate& area,
                    const LayoutCoefficient& coefficient) {
    return {.name = name,
            .basis = basis,
            .squareMicrons = area.nominal,
            .lowSquareMicrons = area.low,
            .highSquareMicrons = area.high,
            .source = coefficient.source};
}

}  // namespace

void addLayout(std::vector<AreaNode>& components, const LayoutTechnology& layout, bool hasControl) {
    LayoutAreas areas;
    for (const Corner corner : kCorners) {
        const Shares shares(layout, corner);
        Placed all;
        for (AreaNode& component : components) all += place(component, shares, corner);
        addAt(areas, all, shares, corner, hasControl);
    }
    std::vector<AreaNode> parts{
        layoutNode("buffers", AreaBasis::Logic, areas.buffers, layout.buffers),
        layoutNode("clock_tree", AreaBasis::Logic, areas.clockTree, layout.clockTreeArea),
        layoutNode("placement", AreaBasis::Room, areas.placement, layout.placementDensity),
        layoutNode("macro_overhead", AreaBasis::Room, areas.macroOverhead, layout.macroOverhead)};
    if (hasControl) {
        parts.push_back(layoutNode("control", AreaBasis::Logic, areas.control, layout.control));
        parts.back().siliconSquareMicrons = areas.controlSilicon;
    }
    components.push_back(sumOf("layout", std::move(parts)));
    if (!layout.note.empty()) components.back().notes.push_back(layout.note);
}

}  // namespace systole::cost
