// SPDX-License-Identifier: Apache-2.0
#include "arch/control/sequencer.hpp"

namespace systole::arch {

Sequencer::Sequencer(const sc_core::sc_module_name& name, const SequencerConfig& config,
                     Replay& replay)
    : sc_module(name),
      queues("queues", replay.scoreboard.units().size()),
      config_(config),
      replay_(replay) {
    SC_HAS_PROCESS(Sequencer);
    SC_THREAD(run);
}

void Sequencer::appendState(std::vector<std::uint64_t>& state) const {
    state.push_back(issueAt_ ? *issueAt_ - replay_.cycle() : kNever);
    state.push_back(replay_.feed.isOver() ? 1 : 0);
}

void Sequencer::run() {
    for (;;) {
        while (!started_) {
            wait(start_);
        }
        started_ = false;
        while (const Command* command = replay_.feed.take()) {
            ++replay_.layerCounters.at(command->layer).commands;
            if (replay_.onTake) {
                replay_.onTake(*command);
            }
            if (config_.issueCycles > 0) {
                issueAt_ = replay_.cycle() + config_.issueCycles;
                wait(replay_.start + replay_.clock.edge(*issueAt_) - sc_core::sc_time_stamp());
                issueAt_.reset();
            }
            queues[replay_.scoreboard.units().numberOf(command->unit())].write(command);
        }
    }
}

}  // namespace systole::arch
