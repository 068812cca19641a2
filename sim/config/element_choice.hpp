// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/cost/element/element_model.hpp"
#include "sim/config/machine_loader.hpp"

/// How processing elements are made so that they reach a clock: synthesis for area or for speed,
/// and pipeline stages.
namespace systole::sim {

/// Names of `datapath.synthesis`, in the order of cost::Goal.
inline constexpr std::array<const char*, 2> kSynthesisNames{"area", "speed"};

inline constexpr std::uint32_t kMostPipelineStages = 4;

/// A datapath whose elements have no circuit with a known delay; null: all have one.
const arch::DatapathConfig* datapathWithoutCircuit(const arch::MachineConfig& machine);

/// `minifloat or look_up`: names of all multipliers that have a circuit for these formats, for
/// messages.
std::string namesOfCircuits(const numeric::Format& activation, const numeric::Format& weight);

/// How the elements of all datapaths are made.
struct ElementChoice {
    std::uint32_t stages = 1;
    std::vector<cost::Goal> goals;  ///< by datapath
};
/// The least area, of every goal and number of stages, whose slowest element takes at most
/// `nanoseconds`; of equal areas the fewest stages. Nothing where none is as fast. Goals that the
/// technology has no figures for are left out.
std::optional<ElementChoice> smallestElement(const RunConfig& config, double nanoseconds);
/// The least delay that the slowest element can have.
double fastestElementNanoseconds(const RunConfig& config);

/// `array.pipeline_depth`; 0 is `auto`.
std::uint32_t readPipelineDepth(const Section& array, ElementDefault otherwise);
/// `datapath.synthesis`: what it leaves to choose from; of `auto` all goals.
std::vector<cost::Goal> readSynthesis(const Section& datapath, ElementDefault otherwise,
                                      const cost::Technology& technology);

/// What a configuration leaves open about its elements and the clock.
struct OpenChoices {
    std::vector<std::vector<cost::Goal>> goals{};  ///< by datapath
    bool synthesis = false;                        ///< of one of them: `auto`
    bool stages = false;                           ///< `auto`
    bool clock = false;                            ///< `max`
};
/// Decides what is open, the clock excepted: the smallest element that reaches the clock (`max`:
/// that of the memories), and the fastest one where none does, so that `max` becomes the highest
/// clock that what is open allows. Without figures: for area, one stage.
void chooseElement(RunConfig& config, const OpenChoices& open);
/// What `clock: max` stands for; notes a problem at `clock` where nothing limits it.
void setFastestClock(const Value& clock, RunConfig& config);

}  // namespace systole::sim
