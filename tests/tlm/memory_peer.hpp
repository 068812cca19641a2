// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tlm_utils/peq_with_cb_and_phase.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <systemc>
#include <tlm>
#include <vector>

#include "../property/random_source.hpp"

namespace systole::arch {

/// How somebody else's memory answers.
enum class Style {
    CompletesAtOnce,  ///< TLM_COMPLETED with a delay: loosely timed
    FourPhases,       ///< END_REQ at once, BEGIN_RESP after the latency
    Mixed,            ///< random latencies, every early end of a phase that the protocol has
    Blocking,         ///< b_transport only; tlm_utils makes phases of it
};

struct MemoryPeerConfig {
    Style style = Style::FourPhases;
    sc_core::sc_time latency;
    std::uint64_t bytes = 0;
    bool hasClock = false;  ///< that runs for ever
    /// Faults.
    std::optional<std::uint64_t> flippedByte = std::nullopt;
    std::optional<std::uint64_t> refusedAddress = std::nullopt;
};

/// Somebody else's memory, on tlm_utils' socket.
class MemoryPeer final : public sc_core::sc_module {
public:
    tlm_utils::simple_target_socket<MemoryPeer> socket{"socket"};

    MemoryPeer(const sc_core::sc_module_name& name, const MemoryPeerConfig& config);

    const std::vector<std::uint8_t>& bytes() const { return bytes_; }

private:
    using Payload = tlm::tlm_generic_payload;

    tlm::tlm_sync_enum nbTransport(Payload& payload, tlm::tlm_phase& phase,
                                   sc_core::sc_time& delay);
    tlm::tlm_sync_enum answerMixed(Payload& payload, tlm::tlm_phase& phase,
                                   sc_core::sc_time& delay);
    void blockingTransport(Payload& payload, sc_core::sc_time& delay);
    unsigned int debugTransport(Payload& payload);
    void onPhase(Payload& payload, const tlm::tlm_phase& phase);
    void respond();
    void endResponse();
    void access(Payload& payload);
    unsigned int copy(Payload& payload);
    sc_core::sc_time randomTime();

    MemoryPeerConfig config_;
    RandomSource random_{1};
    std::vector<std::uint8_t> bytes_;
    tlm_utils::peq_with_cb_and_phase<MemoryPeer> phases_;
    std::deque<Payload*> finished_;
    bool responding_ = false;
    std::unique_ptr<sc_core::sc_clock> clock_;
};

}  // namespace systole::arch
