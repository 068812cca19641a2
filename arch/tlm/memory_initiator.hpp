// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <stdexcept>
#include <systemc>
#include <tlm>
#include <vector>

#include "arch/memory/burst_data.hpp"
#include "arch/memory/memory_port.hpp"

namespace systole::arch {

/// The memory outside did not do what was asked of it. SystemC hands on what a process throws as a
/// report with the same text.
class ExternalMemoryError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct MemoryInitiatorConfig {
    std::uint32_t burstBytes = 64;
    bool checkReads = true;  ///< compare what comes with what the machine has; needs `carry`
};

/// The memory of a machine, outside of it: every burst is one transaction of TLM-2.0's base
/// protocol (IEEE 1666-2011, clause 16), to whatever the socket is bound to; docs/tlm.md. The next
/// BEGIN_REQ is sent after the END_REQ of the one before it; a response is taken at once. Targets
/// may end any phase early.
class MemoryInitiator final : public sc_core::sc_module,
                              public MemoryPort,
                              private tlm::tlm_bw_transport_if<>,
                              private tlm::tlm_mm_interface {
public:
    tlm::tlm_initiator_socket<> socket{"socket"};

    MemoryInitiator(const sc_core::sc_module_name& name, const MemoryInitiatorConfig& config);

    /// From now on writes carry these bytes, and reads are compared with them. Without it writes
    /// carry zeros: only time is looked at.
    void carry(const BurstData& data) { data_ = &data; }
    /// Writes the machine's memory to the target, without time (transport_dbg). Before a replay,
    /// whenever weights or inputs have been written into the machine's image.
    void preload();
    /// Compares the whole memory of the target with the machine's, without time.
    void compareAll();

    void request(const Burst& burst, BurstClient& client) override;
    std::uint32_t burstBytes() const override { return config_.burstBytes; }

private:
    struct Transaction : tlm::tlm_generic_payload {
        Transaction(tlm::tlm_mm_interface* manager, std::uint32_t bytes)
            : tlm_generic_payload(manager), data(bytes) {}
        Burst burst;
        BurstClient* client = nullptr;
        std::vector<std::uint8_t> data;
    };
    /// A response that takes effect at `ticks`.
    struct Response {
        std::uint64_t ticks;
        std::uint64_t order;
        Transaction* transaction;
        bool needsEnd;  ///< END_RESP is still to be sent
        bool operator>(const Response& other) const {
            return ticks != other.ticks ? ticks > other.ticks : order > other.order;
        }
    };

    // Calls of the target, and of payloads.
    tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override;
    void invalidate_direct_mem_ptr(sc_dt::uint64 /*begin*/, sc_dt::uint64 /*end*/) override {}
    void free(tlm::tlm_generic_payload* payload) override;

    Transaction& newTransaction();
    void sendWaiting();
    void send(Transaction& transaction);
    void endRequest(const tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay);
    void respondAfter(const sc_core::sc_time& delay, Transaction& transaction, bool needsEnd);
    void takeResponses();
    void finish(Transaction& transaction);
    void debugTransport(tlm::tlm_command command, std::uint64_t address,
                        std::vector<std::uint8_t>& bytes);
    [[noreturn]] void fail(std::uint64_t address, const std::string& what) const;

    MemoryInitiatorConfig config_;
    const BurstData* data_ = nullptr;
    std::vector<std::unique_ptr<Transaction>> pool_;
    std::vector<Transaction*> unused_;
    std::deque<Transaction*> waiting_;
    const tlm::tlm_generic_payload* request_ = nullptr;  ///< between BEGIN_REQ and END_REQ
    sc_core::sc_time requestFree_;                       ///< no BEGIN_REQ before
    bool inTargetsCall_ = false;
    std::uint64_t responseCount_ = 0;
    std::priority_queue<Response, std::vector<Response>, std::greater<>> responses_;
    sc_core::sc_event maySend_;
    sc_core::sc_event responseDue_;
};

}  // namespace systole::arch
