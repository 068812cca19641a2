// SPDX-License-Identifier: Apache-2.0
#include "protocol_checker.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace systole::arch {
namespace {

std::string nameOf(const tlm::tlm_phase& phase) { return phase.get_name(); }

}  // namespace

ProtocolChecker::ProtocolChecker(const sc_core::sc_module_name& name) : sc_module(name) {
    fromInitiator.bind(*this);
    toTarget.bind(*this);
}

void ProtocolChecker::expect(bool holds, const Payload& payload, const std::string& rule) {
    if (!holds) {
        breaches_.push_back(fmt::format("{}: {:#x}: {}", sc_core::sc_time_stamp().to_string(),
                                        payload.get_address(), rule));
    }
}

/// What every phase must keep to, whoever sends it in whatever way.
void ProtocolChecker::see(const Payload& payload, const tlm::tlm_phase& phase,
                          const sc_core::sc_time& delay, const char* way) {
    ++seen_[nameOf(phase) + " " + way];
    if (delay > sc_core::SC_ZERO_TIME) {
        ++seen_[nameOf(phase) + " delayed"];
    }
    const auto entry = transactions_.find(&payload);
    if (entry == transactions_.end()) {
        expect(false, payload, nameOf(phase) + " of a transaction that is not under way");
        return;
    }
    Transaction& transaction = entry->second;
    const sc_core::sc_time time = sc_core::sc_time_stamp() + delay;
    expect(time >= transaction.time, payload, nameOf(phase) + " before the phase before it");
    transaction.time = time;
    expect(payload.get_address() == transaction.address &&
               payload.get_data_length() == transaction.length &&
               payload.get_command() == transaction.command,
           payload, "attributes that change");
}

void ProtocolChecker::beginRequest(const Payload& payload) {
    expect(payload.has_mm(), payload, "no memory manager");
    expect(payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE, payload,
           "BEGIN_REQ with a response status");
    expect(!payload.is_dmi_allowed(), payload, "BEGIN_REQ that allows DMI");
    expect(request_ == nullptr, payload, "BEGIN_REQ before the END_REQ of another");
    expect(!transactions_.contains(&payload), payload, "BEGIN_REQ twice");
    request_ = &payload;
    transactions_[&payload] = {.state = State::Requesting,
                               .time = sc_core::sc_time_stamp(),
                               .address = payload.get_address(),
                               .length = payload.get_data_length(),
                               .command = payload.get_command()};
    mostUnderWay_ = std::max<std::uint64_t>(mostUnderWay_, transactions_.size());
}

void ProtocolChecker::endRequest(const Payload& payload) {
    expect(transactions_[&payload].state == State::Requesting, payload, "END_REQ out of order");
    requestEnd_ = transactions_[&payload].time;
    expect(request_ == &payload, payload, "END_REQ of another request");
    transactions_[&payload].state = State::Waiting;
    request_ = nullptr;
}

void ProtocolChecker::beginResponse(const Payload& payload) {
    expect(transactions_[&payload].state != State::Responding, payload, "BEGIN_RESP twice");
    expect(response_ == nullptr && transactions_[&payload].time >= responseEnd_, payload,
           "BEGIN_RESP before the END_RESP of another");
    expect(payload.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE, payload,
           "BEGIN_RESP without a response status");
    transactions_[&payload].state = State::Responding;
    response_ = &payload;
    request_ = request_ == &payload ? nullptr : request_;
}

void ProtocolChecker::endResponse(const Payload& payload) {
    expect(transactions_[&payload].state == State::Responding && response_ == &payload, payload,
           "END_RESP out of order");
    responseEnd_ = transactions_[&payload].time;
    response_ = nullptr;
    complete(payload);
}

void ProtocolChecker::complete(const Payload& payload) {
    request_ = request_ == &payload ? nullptr : request_;
    transactions_.erase(&payload);
    ++completed_;
}

tlm::tlm_sync_enum ProtocolChecker::nb_transport_fw(Payload& payload, tlm::tlm_phase& phase,
                                                    sc_core::sc_time& delay) {
    const tlm::tlm_phase sent = phase;
    if (sent == tlm::BEGIN_REQ) {
        beginRequest(payload);
        see(payload, sent, delay, "sent");
        expect(transactions_[&payload].time >= requestEnd_, payload,
               "BEGIN_REQ before the time of the END_REQ of another");
    } else {
        see(payload, sent, delay, "sent");
        expect(sent == tlm::END_RESP, payload, nameOf(sent) + " from the initiator");
        endResponse(payload);
    }
    const tlm::tlm_sync_enum answer = toTarget->nb_transport_fw(payload, phase, delay);
    if (sent == tlm::END_RESP) {
        expect(answer != tlm::TLM_UPDATED, payload, "a phase after END_RESP");
        return answer;
    }
    if (answer == tlm::TLM_ACCEPTED) {
        return answer;
    }
    if (answer == tlm::TLM_COMPLETED) {
        ++seen_["completed in BEGIN_REQ"];
        expect(payload.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE, payload,
               "completed without a response status");
        complete(payload);
        return answer;
    }
    see(payload, phase, delay, "returned");
    if (phase == tlm::END_REQ) {
        endRequest(payload);
    } else {
        expect(phase == tlm::BEGIN_RESP, payload, nameOf(phase) + " from the target");
        beginResponse(payload);
    }
    return answer;
}

tlm::tlm_sync_enum ProtocolChecker::nb_transport_bw(Payload& payload, tlm::tlm_phase& phase,
                                                    sc_core::sc_time& delay) {
    const tlm::tlm_phase sent = phase;
    see(payload, sent, delay, "sent");
    if (sent == tlm::END_REQ) {
        endRequest(payload);
    } else {
        expect(sent == tlm::BEGIN_RESP, payload, nameOf(sent) + " from the target");
        beginResponse(payload);
    }
    const tlm::tlm_sync_enum answer = fromInitiator->nb_transport_bw(payload, phase, delay);
    if (answer == tlm::TLM_ACCEPTED) {
        return answer;
    }
    expect(sent == tlm::BEGIN_RESP, payload, "more than TLM_ACCEPTED for END_REQ");
    if (answer == tlm::TLM_COMPLETED) {
        ++seen_["completed in BEGIN_RESP"];
        see(payload, tlm::END_RESP, delay, "implied");
    } else {
        see(payload, phase, delay, "returned");
        expect(phase == tlm::END_RESP, payload, nameOf(phase) + " from the initiator");
    }
    endResponse(payload);
    return answer;
}

void ProtocolChecker::b_transport(Payload& payload, sc_core::sc_time& delay) {
    toTarget->b_transport(payload, delay);
}

unsigned int ProtocolChecker::transport_dbg(Payload& payload) {
    return toTarget->transport_dbg(payload);
}

bool ProtocolChecker::get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& region) {
    return toTarget->get_direct_mem_ptr(payload, region);
}

void ProtocolChecker::invalidate_direct_mem_ptr(sc_dt::uint64 begin, sc_dt::uint64 end) {
    fromInitiator->invalidate_direct_mem_ptr(begin, end);
}

}  // namespace systole::arch
