// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <systemc>
#include <tlm>
#include <vector>

#include "../property/random_source.hpp"

namespace systole::arch {

/// A transaction with the arrays it needs; it lives as long as somebody holds it.
struct PeerTransaction final : tlm::tlm_generic_payload {
    PeerTransaction(tlm::tlm_mm_interface* manager, tlm::tlm_command command, std::uint64_t address,
                    std::vector<std::uint8_t> bytes);

    std::vector<std::uint8_t> data;
    std::vector<std::uint8_t> enables;
    std::vector<std::uint8_t> expected;  ///< of a read
};

/// Somebody else's initiator, on tlm_utils' socket: runs `script` in a thread.
class InitiatorPeer final : public sc_core::sc_module, private tlm::tlm_mm_interface {
public:
    tlm_utils::simple_initiator_socket<InitiatorPeer> socket{"socket"};

    /// Delays and the ways in which phases are answered are random, and never, if seed is 0.
    InitiatorPeer(const sc_core::sc_module_name& name, std::uint64_t seed,
                  std::function<void(InitiatorPeer&)> script);
    ~InitiatorPeer() override = default;

    PeerTransaction& make(tlm::tlm_command command, std::uint64_t address,
                          std::vector<std::uint8_t> bytes);
    /// Sends BEGIN_REQ when the request channel is free and fewer than `window` are under way.
    void send(PeerTransaction& transaction, std::size_t window);
    /// Waits until nothing is under way.
    void drain();

    /// Told at the end of every transaction, at the time of its response.
    std::function<void(PeerTransaction&)> onResponse = [](PeerTransaction&) {};
    RandomSource& random() { return random_; }
    std::uint64_t liveTransactions() const { return live_; }

private:
    void free(tlm::tlm_generic_payload* payload) override;
    tlm::tlm_sync_enum nbTransport(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                   sc_core::sc_time& delay);
    tlm::tlm_sync_enum answerResponse(PeerTransaction& transaction, tlm::tlm_phase& phase,
                                      sc_core::sc_time& delay);
    sc_core::sc_time randomDelay();
    void run() { script_(*this); }
    void endResponses();
    void finish(PeerTransaction& transaction);

    bool isPlain_;
    RandomSource random_;
    std::function<void(InitiatorPeer&)> script_;
    bool requesting_ = false;
    std::size_t underWay_ = 0;
    std::uint64_t live_ = 0;
    std::deque<PeerTransaction*> ending_;  ///< END_RESP is still to be sent
    sc_core::sc_event changed_;
    sc_core::sc_event mayEnd_;
};

}  // namespace systole::arch
