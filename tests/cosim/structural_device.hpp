// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "tests/cosim/structural_array_adapter.hpp"

/// What the tests of the structural array are made from.
namespace systole::cosim {

using arch::ArrayConfig;
using arch::Dataflow;
using arch::DatapathConfig;
using arch::Drain;

inline DatapathConfig datapath(const char* activation, const char* weight,
                               const char* accumulator) {
    return {.activation = numeric::formatNamed(activation).value(),
            .weight = numeric::formatNamed(weight).value(),
            .accumulator = numeric::parseAccumulator(accumulator).value()};
}

inline DatapathConfig chunked(DatapathConfig base, const char* inner, std::uint32_t length) {
    base.accumulator.chunk = numeric::Chunk{numeric::parseAccumulator(inner)->sum, length};
    base.accumulator.name += fmt::format(" of {} x {}", length, inner);
    return base;
}

/// All dataflows, folds and drains.
inline std::vector<ArrayConfig> behaviours() {
    std::vector<ArrayConfig> all;
    for (const bool overlap : {false, true}) {
        for (const Dataflow dataflow : {Dataflow::WeightStationary, Dataflow::InputStationary}) {
            all.push_back({.dataflow = dataflow, .overlapFolds = overlap});
        }
        for (const Drain drain : {Drain::Serial, Drain::Shadow, Drain::Direct}) {
            all.push_back(
                {.dataflow = Dataflow::OutputStationary, .overlapFolds = overlap, .drain = drain});
        }
    }
    return all;
}

/// An array and what it is made from: all of a process are built before the first one runs.
struct Device {
    ArrayConfig config;
    DatapathConfig datapath;
    std::unique_ptr<StructuralArrayAdapter> array;

    Device(ArrayConfig arrayConfig, DatapathConfig datapathConfig)
        : config(arrayConfig),
          datapath(std::move(datapathConfig)),
          array(std::make_unique<StructuralArrayAdapter>(sc_core::sc_gen_unique_name("array"),
                                                         config, datapath)) {}

    LockstepRun run(LockstepProblem problem) const {
        problem.array = config;
        problem.datapath = datapath;
        SCOPED_TRACE(problem.text());
        CycleArray* model = array.get();
        return runLockstep(problem, {&model, 1});
    }
};

}  // namespace systole::cosim
