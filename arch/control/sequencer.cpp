// SPDX-License-Identifier: Apache-2.0
#include "arch/control/sequencer.hpp"

namespace systole::arch {

Sequencer::Sequencer(const sc_core::sc_module_name& name, const SequencerConfig& config,
                     Replay& replay)
    : sc_module(name), config_(config), replay_(replay) {
    SC_HAS_PROCESS(Sequencer);
    SC_THREAD(run);
}

void Sequencer::run() {
    for (;;) {
        while (!started_) {
            wait(start_);
        }
        started_ = false;
        const std::vector<Command>& commands = replay_.program->commands;
        for (std::uint32_t i = 0; i < commands.size(); ++i) {
            if (config_.issueCycles > 0) {
                const Cycle next = replay_.cycle() + config_.issueCycles;
                wait(replay_.start + replay_.clock.edge(next) - sc_core::sc_time_stamp());
            }
            queues[static_cast<std::size_t>(unitOf(commands[i].operation))].write(i);
        }
    }
}

}  // namespace systole::arch
