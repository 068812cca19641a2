// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <systemc>
#include <tlm>
#include <vector>

namespace systole::arch {

/// Sits between an initiator and a target, hands on every call and holds both to the rules of the
/// base protocol (IEEE 1666-2011, clause 16.2): the order of phases, at most one request and one
/// response under way, times of a transaction that never fall, attributes that nobody changes. Has
/// nothing in common with the adapters.
class ProtocolChecker final : public sc_core::sc_module,
                              private tlm::tlm_fw_transport_if<>,
                              private tlm::tlm_bw_transport_if<> {
public:
    tlm::tlm_target_socket<> fromInitiator{"from_initiator"};
    tlm::tlm_initiator_socket<> toTarget{"to_target"};

    explicit ProtocolChecker(const sc_core::sc_module_name& name);

    /// One line a breach.
    const std::vector<std::string>& breaches() const { return breaches_; }
    /// How often which phase came in which way, as "END_REQ returned"; "BEGIN_REQ delayed".
    const std::map<std::string, std::uint64_t>& seen() const { return seen_; }
    std::uint64_t completed() const { return completed_; }
    std::uint64_t underWay() const { return transactions_.size(); }
    std::uint64_t mostUnderWay() const { return mostUnderWay_; }

private:
    using Payload = tlm::tlm_generic_payload;
    enum class State { Requesting, Waiting, Responding };
    struct Transaction {
        State state = State::Requesting;
        sc_core::sc_time time;
        std::uint64_t address = 0;
        unsigned int length = 0;
        tlm::tlm_command command = tlm::TLM_IGNORE_COMMAND;
    };

    tlm::tlm_sync_enum nb_transport_fw(Payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override;
    tlm::tlm_sync_enum nb_transport_bw(Payload& payload, tlm::tlm_phase& phase,
                                       sc_core::sc_time& delay) override;
    void b_transport(Payload& payload, sc_core::sc_time& delay) override;
    unsigned int transport_dbg(Payload& payload) override;
    bool get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& region) override;
    void invalidate_direct_mem_ptr(sc_dt::uint64 begin, sc_dt::uint64 end) override;

    void expect(bool holds, const Payload& payload, const std::string& rule);
    void see(const Payload& payload, const tlm::tlm_phase& phase, const sc_core::sc_time& delay,
             const char* way);
    void beginRequest(const Payload& payload);
    void endRequest(const Payload& payload);
    void beginResponse(const Payload& payload);
    void endResponse(const Payload& payload);
    void complete(const Payload& payload);

    std::map<const Payload*, Transaction> transactions_;
    const Payload* request_ = nullptr;
    const Payload* response_ = nullptr;
    sc_core::sc_time requestEnd_;   ///< of the last END_REQ
    sc_core::sc_time responseEnd_;  ///< of the last END_RESP
    std::vector<std::string> breaches_;
    std::map<std::string, std::uint64_t> seen_;
    std::uint64_t completed_ = 0;
    std::uint64_t mostUnderWay_ = 0;
};

}  // namespace systole::arch
