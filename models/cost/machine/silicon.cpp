// SPDX-License-Identifier: Apache-2.0
#include "models/cost/machine/silicon.hpp"

#include <algorithm>

#include "models/check.hpp"
#include "models/cost/technology/corner.hpp"

namespace systole::cost {
namespace {

/// The coefficients at a corner of the area: cells that fill less of the rows take more room.
struct Shares {
    double buffers;
    double clockTree;
    double density;
    double control;

    Shares(const LayoutTechnology& layout, Corner corner)
        : buffers(atCorner(layout.buffers.value, corner)),
          clockTree(atCorner(layout.clockTreeArea.value, corner)),
          density(atCorner(layout.placementDensity.value, opposite(corner))),
          control(atCorner(layout.control.value, corner)) {}
};

/// Square microns of what is placed.
struct Placed {
    double logic = 0;
    double registers = 0;  ///< of the logic
    double macros = 0;
    double overhead = 0;  ///< of the macros

    Placed& operator+=(const Placed& more) {
        logic += more.logic;
        registers += more.registers;
        macros += more.macros;
        overhead += more.overhead;
        return *this;
    }
    double silicon(const Shares& shares) const {
        return (logic * (1 + shares.buffers) + registers * shares.clockTree) / shares.density +
               macros + overhead;
    }
};

/// Macros with what they have on top. How far the model is off for these macros, and how far
/// published memories are from its nominal area: doubts that have nothing to do with each other. No
/// memory is smaller than its macros.
Estimate memorySilicon(const Estimate& macros, const Estimate& overhead) {
    if (macros.nominal == 0) return {};
    const double whole = 1 + overhead.nominal;
    Estimate silicon =
        within(macros.nominal * whole,
               joinedDoubt(macros.nominal / macros.low - 1, whole / (1 + overhead.low) - 1),
               joinedDoubt(macros.high / macros.nominal - 1, (1 + overhead.high) / whole - 1));
    silicon.low = std::max(silicon.low, macros.low);
    return silicon;
}

/// What `addLayout` goes by.
class Placement {
public:
    explicit Placement(const LayoutTechnology& layout) : layout_(layout) {}

    /// Of the node, whose silicon is written down on the way.
    Placed place(AreaNode& node, Corner corner) const {
        Placed placed = node.parts.empty() ? leaf(node, corner) : Placed{};
        for (AreaNode& part : node.parts) placed += place(part, corner);
        atCorner(node.siliconSquareMicrons, corner) = placed.silicon(Shares(layout_, corner));
        return placed;
    }

private:
    Placed leaf(const AreaNode& node, Corner corner) const {
        const double area = atCorner(node.cells(), corner);
        switch (node.basis) {
            case AreaBasis::Logic:
            case AreaBasis::RegisterFile:
                if (node.squareMicrons == 0) return {};
                return {.logic = area,
                        .registers = node.registerSquareMicrons * area / node.squareMicrons};
            case AreaBasis::Memory: {
                const Estimate whole = memorySilicon(node.cells(), layout_.macroOverhead.value);
                return {.macros = area, .overhead = atCorner(whole, corner) - area};
            }
            case AreaBasis::Sum:
            case AreaBasis::Room:
            case AreaBasis::Free:
                return {};
        }
        SYSTOLE_CHECK(false, "area of basis {}", static_cast<int>(node.basis));
    }

    const LayoutTechnology& layout_;
};

struct LayoutAreas {
    Estimate buffers;
    Estimate clockTree;
    Estimate placement;
    Estimate macroOverhead;
    Estimate control;
    Estimate controlSilicon;
};

/// `placed`: all components. `dataPaths`: square microns of logic that control is a share of.
void addAt(LayoutAreas& areas, const Placed& placed, double dataPaths, const Shares& shares,
           Corner corner) {
    const double control = dataPaths * shares.control;
    const double buffers = (placed.logic + control) * shares.buffers;
    const double clockTree = placed.registers * shares.clockTree;
    atCorner(areas.control, corner) = control;
    atCorner(areas.controlSilicon, corner) = Placed{.logic = control}.silicon(shares);
    atCorner(areas.buffers, corner) = buffers;
    atCorner(areas.clockTree, corner) = clockTree;
    atCorner(areas.placement, corner) =
        (placed.logic + control + buffers + clockTree) * (1 / shares.density - 1);
    atCorner(areas.macroOverhead, corner) = placed.overhead;
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

void addLayout(std::vector<AreaNode>& components, const LayoutTechnology& layout,
               const std::vector<std::string>& dataPaths) {
    LayoutAreas areas;
    for (const Corner corner : kCorners) {
        Placed all;
        double controlled = 0;
        for (AreaNode& component : components) {
            const Placed placed = Placement(layout).place(component, corner);
            if (std::count(dataPaths.begin(), dataPaths.end(), component.name) > 0)
                controlled += placed.logic;
            all += placed;
        }
        addAt(areas, all, controlled, Shares(layout, corner), corner);
    }
    std::vector<AreaNode> parts{
        layoutNode("buffers", AreaBasis::Logic, areas.buffers, layout.buffers),
        layoutNode("clock_tree", AreaBasis::Logic, areas.clockTree, layout.clockTreeArea),
        layoutNode("placement", AreaBasis::Room, areas.placement, layout.placementDensity),
        layoutNode("macro_overhead", AreaBasis::Room, areas.macroOverhead, layout.macroOverhead)};
    if (!dataPaths.empty()) {
        parts.push_back(layoutNode("control", AreaBasis::Logic, areas.control, layout.control));
        parts.back().siliconSquareMicrons = areas.controlSilicon;
    }
    components.push_back(sumOf("layout", std::move(parts)));
    if (!layout.note.empty()) components.back().notes.push_back(layout.note);
}

}  // namespace systole::cost
