// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <systemc>
#include <tlm>
#include <unordered_map>

#include "arch/memory/memory_port.hpp"
#include "arch/tlm/sparse_memory.hpp"

namespace systole::arch {

struct DramTargetConfig {
    std::uint64_t capacityBytes = 0;
    /// Transactions that are accepted and not yet over; the next BEGIN_REQ waits for its END_REQ.
    std::uint32_t acceptedTransactions = 64;
};

/// A memory of ours as a target of TLM-2.0's base protocol (IEEE 1666-2011, clause 16), for one
/// initiator; docs/tlm.md. The module holds the data; how long anything takes, `memory` says, which
/// is asked for every burst that a transaction touches, all of them when it is accepted. A
/// transaction of one burst takes exactly as long as the burst, unless it waits to be accepted or
/// for the response before it to end.
///
/// Transactions take effect in order of acceptance and end in that of the memory. Breaches of the
/// protocol by the initiator are SystemC errors (SC_REPORT_ERROR, message type kProtocolError).
class DramTarget final : public sc_core::sc_module,
                         private tlm::tlm_fw_transport_if<>,
                         private BurstClient {
public:
    static constexpr const char* kProtocolError = "/systole/tlm/protocol";

    tlm::tlm_target_socket<> socket{"socket"};
    sc_core::sc_port<MemoryPort> memory{"memory"};

    DramTarget(const sc_core::sc_module_name& name, const DramTargetConfig& config);

private:
    /// A transaction that has been accepted and is not over.
    struct Transaction {
        tlm::tlm_generic_payload* payload = nullptr;
        std::uint64_t burstsLeft = 0;
        sc_core::sc_event* done = nullptr;  ///< of a blocking call; else phases tell
    };

    // Calls of the initiator.
    tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override;
    void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
    unsigned int transport_dbg(tlm::tlm_generic_payload& payload) override;
    bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& region) override;
    void burstDone(std::uint64_t tag) override;

    tlm::tlm_sync_enum beginRequest(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                    const sc_core::sc_time& delay);
    tlm::tlm_sync_enum endResponse(tlm::tlm_generic_payload& payload,
                                   const sc_core::sc_time& delay);
    bool hasRoom() const { return accepted_.size() < config_.acceptedTransactions; }
    tlm::tlm_response_status problemOf(const tlm::tlm_generic_payload& payload) const;
    void accept(tlm::tlm_generic_payload& payload, sc_core::sc_event* done);
    void transferData(tlm::tlm_generic_payload& payload);
    void acceptWaiting();
    void respond();
    void endTransaction(const sc_core::sc_time& delay);
    void fail(const std::string& message) const;

    DramTargetConfig config_;
    SparseMemory data_;
    std::unordered_map<std::uint64_t, Transaction> accepted_;  ///< by tag
    std::uint64_t nextTag_ = 0;
    tlm::tlm_generic_payload* request_ = nullptr;  ///< between BEGIN_REQ and END_REQ
    sc_core::sc_time requestBegin_;
    std::deque<std::uint64_t> finished_;     ///< tags that wait for the response channel
    std::optional<std::uint64_t> response_;  ///< tag between BEGIN_RESP and END_RESP
    sc_core::sc_time responseFree_;          ///< no BEGIN_RESP before
    bool beginningResponse_ = false;         ///< the call is under way
    sc_core::sc_event mayAccept_;
    sc_core::sc_event mayRespond_;
    sc_core::sc_event roomForBlocking_;
};

}  // namespace systole::arch
