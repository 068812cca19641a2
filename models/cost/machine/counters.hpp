// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "models/counter_info.hpp"
#include "models/numeric/functions/functions.hpp"

namespace systole::cost {

/// What the accelerator did, apart from DRAM commands (memory::DramCounters). A scratchpad word is
/// as wide as the scratchpad; an accumulator word is one partial sum.
struct Counters {
    std::uint64_t macs = 0;
    std::uint64_t idlePeCycles = 0;
    std::uint64_t arrayStepCycles = 0;
    std::uint64_t arrayFillCycles = 0;
    std::uint64_t arrayDrainCycles = 0;
    std::uint64_t datapathSwitches = 0;
    std::uint64_t activationOperands = 0;
    std::uint64_t weightOperands = 0;
    std::uint64_t operandRegisterWrites = 0;
    std::uint64_t operandRegisterToggles = 0;
    std::uint64_t stationaryRegisterWrites = 0;
    std::uint64_t stationaryRegisterToggles = 0;
    std::uint64_t sumRegisterWrites = 0;
    std::uint64_t activationScratchpadReads = 0;
    std::uint64_t activationScratchpadWrites = 0;
    std::uint64_t weightScratchpadReads = 0;
    std::uint64_t weightScratchpadWrites = 0;
    std::uint64_t portWaitCycles = 0;
    std::uint64_t bankConflictCycles = 0;
    std::uint64_t accumulatorReads = 0;
    std::uint64_t accumulatorWrites = 0;
    std::uint64_t accumulatorOverflows = 0;
    std::uint64_t accumulatorSaturations = 0;
    std::uint64_t vectorOperations = 0;
    std::uint64_t vectorBiasAdditions = 0;
    std::uint64_t vectorAdditions = 0;
    std::uint64_t vectorMultiplications = 0;
    std::uint64_t vectorCodeMultiplications = 0;
    std::uint64_t vectorDivisions = 0;
    std::uint64_t vectorComparisons = 0;
    std::uint64_t vectorTranscendentals = 0;
    std::uint64_t vectorConversions = 0;
    std::uint64_t commands = 0;
    std::uint64_t bytesLoaded = 0;
    std::uint64_t bytesStored = 0;
    std::uint64_t haloBytes = 0;
};

/// Those of the functions of vector lanes, by class.
inline constexpr numeric::ByFunctionClass<std::uint64_t Counters::*> kFunctionCounters{
    &Counters::vectorAdditions,           &Counters::vectorMultiplications,
    &Counters::vectorCodeMultiplications, &Counters::vectorDivisions,
    &Counters::vectorComparisons,         &Counters::vectorTranscendentals,
    &Counters::vectorConversions};

inline constexpr std::array kCounters{
    CounterInfo<Counters>{"macs", "1", "multiply-accumulates of the network", &Counters::macs},
    CounterInfo<Counters>{"idle_pe_cycles", "cycle",
                          "PE cycles without a MAC while the array executes a fold",
                          &Counters::idlePeCycles},
    CounterInfo<Counters>{"array_step_cycles", "cycle", "array cycles in which steps begin",
                          &Counters::arrayStepCycles},
    CounterInfo<Counters>{"array_fill_cycles", "cycle",
                          "array cycles without steps while stationary operands are loaded",
                          &Counters::arrayFillCycles},
    CounterInfo<Counters>{"array_drain_cycles", "cycle",
                          "array cycles without steps while sums are on their way out",
                          &Counters::arrayDrainCycles},
    CounterInfo<Counters>{"datapath_switches", "1",
                          "times that the array changed its datapath, "
                          "each of which takes datapath_switch_cycles",
                          &Counters::datapathSwitches},
    CounterInfo<Counters>{"activation_operands", "1",
                          "elements the array read from the activation scratchpad, repetitions "
                          "counted, padding not",
                          &Counters::activationOperands},
    CounterInfo<Counters>{"weight_operands", "1",
                          "elements the array read from the weight scratchpad, repetitions counted",
                          &Counters::weightOperands},
    CounterInfo<Counters>{"operand_register_writes", "1",
                          "operands that PEs took from the row's or the column's PE before",
                          &Counters::operandRegisterWrites},
    CounterInfo<Counters>{"operand_register_toggles", "bit",
                          "bits of operand registers that changed; 0 where values are not computed",
                          &Counters::operandRegisterToggles},
    CounterInfo<Counters>{"stationary_register_writes", "1",
                          "stationary operands that PEs shifted down, or switched to",
                          &Counters::stationaryRegisterWrites},
    CounterInfo<Counters>{
        "stationary_register_toggles", "bit",
        "bits of stationary registers that changed; 0 where values are not computed",
        &Counters::stationaryRegisterToggles},
    CounterInfo<Counters>{"sum_register_writes", "1",
                          "sums that PEs added to or passed on, and those shifted down to drain",
                          &Counters::sumRegisterWrites},
    CounterInfo<Counters>{"activation_scratchpad_reads", "word",
                          "words read from the activation scratchpad",
                          &Counters::activationScratchpadReads},
    CounterInfo<Counters>{"activation_scratchpad_writes", "word",
                          "words written to the activation scratchpad",
                          &Counters::activationScratchpadWrites},
    CounterInfo<Counters>{"weight_scratchpad_reads", "word",
                          "words read from the weight scratchpad",
                          &Counters::weightScratchpadReads},
    CounterInfo<Counters>{"weight_scratchpad_writes", "word",
                          "words written to the weight scratchpad",
                          &Counters::weightScratchpadWrites},
    CounterInfo<Counters>{"port_wait_cycles", "cycle",
                          "cycles that units lost while others held the ports that they wanted",
                          &Counters::portWaitCycles},
    CounterInfo<Counters>{"bank_conflict_cycles", "cycle",
                          "cycles that units lost because they wanted several words of a bank",
                          &Counters::bankConflictCycles},
    CounterInfo<Counters>{"accumulator_reads", "word",
                          "partial sums read from the accumulator buffer",
                          &Counters::accumulatorReads},
    CounterInfo<Counters>{"accumulator_writes", "word",
                          "partial sums written to the accumulator buffer",
                          &Counters::accumulatorWrites},
    CounterInfo<Counters>{
        "accumulator_overflows", "1",
        "additions of products or of a bias that wrapped, or left a float's range; "
        "0 where values are not computed",
        &Counters::accumulatorOverflows},
    CounterInfo<Counters>{
        "accumulator_saturations", "1",
        "additions of products or of a bias that stopped at the end of the range; "
        "0 where values are not computed",
        &Counters::accumulatorSaturations},
    CounterInfo<Counters>{"vector_operations", "1", "elements that passed a vector lane",
                          &Counters::vectorOperations},
    CounterInfo<Counters>{"vector_bias_additions", "1", "biases that vector lanes added to sums",
                          &Counters::vectorBiasAdditions},
    CounterInfo<Counters>{
        "vector_additions", "1",
        "additions and subtractions in vector lanes, those of sums over an axis included",
        &Counters::vectorAdditions},
    CounterInfo<Counters>{
        "vector_multiplications", "1",
        "multiplications in vector lanes of two numbers of many bits, those of divisions by a "
        "constant included",
        &Counters::vectorMultiplications},
    CounterInfo<Counters>{"vector_code_multiplications", "1",
                          "multiplications in vector lanes of a code's value by a number",
                          &Counters::vectorCodeMultiplications},
    CounterInfo<Counters>{"vector_divisions", "1",
                          "divisions in vector lanes by what is no constant, and square roots",
                          &Counters::vectorDivisions},
    CounterInfo<Counters>{
        "vector_comparisons", "1",
        "comparisons and choices in vector lanes, those of extremes over an axis and of saturated "
        "integers included",
        &Counters::vectorComparisons},
    CounterInfo<Counters>{"vector_transcendentals", "1",
                          "exponentials and their like in vector lanes",
                          &Counters::vectorTranscendentals},
    CounterInfo<Counters>{"vector_conversions", "1",
                          "conversions between integers, reals and codes in vector lanes",
                          &Counters::vectorConversions},
    CounterInfo<Counters>{"commands", "1", "commands that the sequencer took for the units",
                          &Counters::commands},
    CounterInfo<Counters>{"bytes_loaded", "B", "bytes that load commands asked for",
                          &Counters::bytesLoaded},
    CounterInfo<Counters>{"bytes_stored", "B", "bytes that store commands asked for",
                          &Counters::bytesStored},
    CounterInfo<Counters>{"halo_bytes", "B",
                          "those of bytes_loaded that neighbouring tiles share: input elements "
                          "that a tile loads although an earlier tile of the same pass over the "
                          "image has (a further pass, for other channels, counts for itself)",
                          &Counters::haloBytes},
};

inline Counters& operator+=(Counters& sum, const Counters& more) {
    addCounters(sum, more, kCounters);
    return sum;
}

}  // namespace systole::cost
