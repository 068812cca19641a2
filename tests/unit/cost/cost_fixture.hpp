// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <initializer_list>

#include "models/cost/machine/area_model.hpp"
#include "models/cost/machine/energy_model.hpp"
#include "models/numeric/products/product_class.hpp"

namespace systole::cost {

inline SramQuantity growing(double nominal, double low, double high) {
    // A row for each of 256 B to 4 KiB, of 64 and 128 bits; `value` is that of 1 KiB and 64 bits.
    const auto curve = [](double value) {
        SramCurve rows;
        for (const double share : {0.25, 0.5, 1.0, 2.0, 4.0}) {
            rows.insert(rows.end(), {share * value, 2 * share * value});
        }
        return rows;
    };
    return {.nominal = curve(nominal), .low = curve(low), .high = curve(high)};
}

/// Energies and areas that are easy to add up: a macro of 1024 bytes and 64 bits reads 2 pJ, writes
/// 3 pJ, leaks 0.5 mW, takes 0.01 mm2, 0.25 ns a cycle and 2 ns an access; everything doubles with
/// either size.
inline SramModel roundMemories() {
    SramCoefficients coefficients;
    coefficients.source = "memories";
    coefficients.axes = {.capacityBytes = {256, 512, 1024, 2048, 4096}, .wordBits = {64, 128}};
    coefficients.readPicojoules = growing(2, 1, 4);
    coefficients.writePicojoules = growing(3, 3, 3);
    coefficients.leakageMicrowatts = growing(500, 500, 500);
    coefficients.areaSquareMicrons = growing(10'000, 10'000, 30'000);
    coefficients.accessNanoseconds = growing(2, 2, 2);
    coefficients.cycleNanoseconds = growing(0.25, 0.25, 0.25);
    return SramModel(coefficients);
}

/// Gates of 2 um2 and 0.01 ns, register bits of 5 um2, a nanowatt for each um2.
inline LogicTechnology roundLogic() {
    LogicTechnology logic;
    for (auto& row : logic.area.squareMicrons) row.fill(2);
    for (auto& row : logic.area.nanoseconds.gate) row.fill(0.01);
    logic.area.registerNanoseconds = 0.1;
    logic.area.settledFemtojoules.fill(4);
    logic.area.glitchFemtojoules.fill(1);
    logic.flipFlop = {.squareMicrons = 5, .clockFemtojoules = 1, .toggleFemtojoules = 2};
    logic.inputFemtojoules = 3;
    logic.leakageMicrowattsPerSquareMicron = 1e-3;
    logic.errors.fit.elements.area.area = FitError{.rms = 0.05, .largest = 0.1};
    logic.source = "logic";
    return logic;
}

inline Technology roundTechnology() {
    return {.name = "round", .node = "none", .logic = roundLogic(), .sram = roundMemories()};
}

/// Shares that are easy to add up.
inline Technology placedTechnology() {
    Technology technology = roundTechnology();
    technology.layout =
        LayoutTechnology{.placementDensity = {{0.5, 0.4, 0.8}, "rows"},
                         .buffers = {{0.1, 0.05, 0.2}, "buffers"},
                         .clockTreeArea = {{0.2, 0.1, 0.4}, "tree"},
                         .clockTreeEnergy = {{0.5, 0.25, 1}, "tree's energy"},
                         .wireEnergy = {{0.1, 0.05, 0.3}, "wires"},
                         .wirePicojoulesPerBitMillimetre = {{0.1, 0.05, 0.2}, "long wires"},
                         .macroOverhead = {{0.1, 0.05, 0.25}, "halos"},
                         .control = {{0.1, 0, 0.5}, "control"},
                         .source = "layout",
                         .note = ""};
    return technology;
}

inline ElementDescription elementOf(const std::string& format, const std::string& accumulator) {
    const numeric::Format operand = *numeric::formatNamed(format);
    return describeElement(operand, operand, *numeric::parseAccumulator(accumulator),
                           numeric::defaultProductClass(operand, operand));
}

inline MachineDescription roundMachine() {
    return {.array = {.rows = 4, .columns = 8},
            .element = elementOf("int8", "int32"),
            .clockHertz = 500e6,
            .activationScratchpad = {.capacityBytes = 4096, .banks = 4, .wordBits = 64},
            .weightScratchpad = {.capacityBytes = 2048, .banks = 1, .wordBits = 128},
            .accumulatorRows = 256,
            .accumulatorBits = 64,
            .vectorLanes = 2,
            .control = {.commandQueueDepth = 4,
                        .dmaOutstandingBursts = 4,
                        .dmaBytesPerCycle = 8,
                        .dramChannels = 1,
                        .dramQueueEntries = 16,
                        .dramWriteEntries = 16,
                        .dramBanks = 8,
                        .dramBurstBytes = 64},
            .energy = {}};
}

/// The same machine, whose parts are all ideal but the array.
inline MachineDescription withoutLimits() {
    MachineDescription machine = roundMachine();
    machine.activationScratchpad.capacityBytes.reset();
    machine.weightScratchpad.banks.reset();
    machine.accumulatorRows.reset();
    machine.vectorLanes.reset();
    machine.control.commandQueueDepth.reset();
    machine.control.dmaBytesPerCycle.reset();
    machine.control.dramChannels = 0;
    return machine;
}

/// Square microns of the node at the end of a path of names; NaN where there is none.
inline double areaAt(const AreaNode& tree, std::initializer_list<const char*> path) {
    const AreaNode* node = &tree;
    for (const char* name : path) {
        node = node->find(name);
        if (node == nullptr) return std::nan("");
    }
    return node->squareMicrons;
}

}  // namespace systole::cost
