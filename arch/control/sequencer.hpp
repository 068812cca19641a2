// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <systemc>
#include <vector>

#include "arch/control/command_unit.hpp"

namespace systole::arch {

/// Replays a program: it hands the commands, in order, to the queues of their units, and waits
/// when a queue is full (docs/machine.md).
class Sequencer final : public sc_core::sc_module {
public:
    sc_core::sc_vector<sc_core::sc_fifo_out<const Command*>> queues;  ///< by number of the unit

    Sequencer(const sc_core::sc_module_name& name, const SequencerConfig& config, Replay& replay);

    /// Starts the replay of Replay::program at the present time.
    void start() {
        started_ = true;  // an event is lost before the first evaluation of the kernel
        start_.notify(sc_core::SC_ZERO_TIME);
    }

    /// Appends what the sequencer's further time depends on, as CommandUnit does.
    void appendState(std::vector<std::uint64_t>& state) const;

private:
    void run();

    SequencerConfig config_;
    Replay& replay_;
    bool started_ = false;
    std::optional<Cycle> issueAt_;  ///< of the command that it holds
    sc_core::sc_event start_;
};

}  // namespace systole::arch
