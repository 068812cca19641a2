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

/// Whether the elements have a circuit whose delay is known.
bool hasElementCircuit(const RunConfig& config);

/// `minifloat or look_up`: names of all multipliers that have a circuit for these formats, for
/// messages.
std::string namesOfCircuits(const numeric::Format& activation, const numeric::Format& weight);

/// Of `goals` and `stages`, the least area whose element takes at most `nanoseconds`; of equal
/// areas the fewest stages. Nothing where none is as fast. Goals that the technology has no figures
/// for are left out.
std::optional<cost::ElementMake> smallestElement(const RunConfig& config,
                                                 const std::vector<cost::Goal>& goals,
                                                 const std::vector<std::uint32_t>& stages,
                                                 double nanoseconds);
/// The same with every goal and every number of stages.
std::optional<cost::ElementMake> smallestElement(const RunConfig& config, double nanoseconds);
/// The least delay of an element, with every goal and every number of stages.
double fastestElementNanoseconds(const RunConfig& config);

/// `array.pipeline_depth`; 0 is `auto`.
std::uint32_t readPipelineDepth(const Section& array, ElementDefault otherwise);
/// `datapath.synthesis`; nothing is `auto`.
std::optional<cost::Goal> readSynthesis(const Section& datapath, ElementDefault otherwise,
                                        const cost::Technology& technology);

/// What a configuration leaves open about its elements and the clock.
struct OpenChoices {
    bool synthesis = false;  ///< `auto`
    bool stages = false;     ///< `auto`
    bool clock = false;      ///< `max`
};
/// Decides what is open, the clock excepted: the smallest element that reaches the clock (`max`:
/// that of the memories), and the fastest one where none does, so that `max` becomes the highest
/// clock that what is open allows. Without figures: for area, one stage.
void chooseElement(RunConfig& config, const OpenChoices& open);
/// What `clock: max` stands for; notes a problem at `clock` where nothing limits it.
void setFastestClock(const Value& clock, RunConfig& config);

}  // namespace systole::sim
