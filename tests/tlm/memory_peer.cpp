// SPDX-License-Identifier: Apache-2.0
#include "memory_peer.hpp"

#include <algorithm>

namespace systole::arch {

using sc_core::sc_time;
using sc_core::SC_ZERO_TIME;

MemoryPeer::MemoryPeer(const sc_core::sc_module_name& name, const MemoryPeerConfig& config)
    : sc_module(name),
      config_(config),
      bytes_(config.bytes, 0xa5),
      phases_("phases", this, &MemoryPeer::onPhase) {
    if (config.style == Style::Blocking) {
        socket.register_b_transport(this, &MemoryPeer::blockingTransport);
    } else {
        socket.register_nb_transport_fw(this, &MemoryPeer::nbTransport);
    }
    socket.register_transport_dbg(this, &MemoryPeer::debugTransport);
    if (config.hasClock) {
        clock_ = std::make_unique<sc_core::sc_clock>("clock", 3, sc_core::SC_NS);
    }
}

unsigned int MemoryPeer::copy(Payload& payload) {
    const std::uint64_t address = payload.get_address();
    if (address >= bytes_.size()) {
        return 0;
    }
    const std::uint64_t length =
        std::min<std::uint64_t>(payload.get_data_length(), bytes_.size() - address);
    std::uint8_t* const mine = bytes_.data() + address;
    if (payload.is_write()) {
        std::copy_n(payload.get_data_ptr(), length, mine);
    } else {
        std::copy_n(mine, length, payload.get_data_ptr());
    }
    return static_cast<unsigned int>(length);
}

void MemoryPeer::access(Payload& payload) {
    const bool isRefused = config_.refusedAddress == payload.get_address();
    if (isRefused || copy(payload) != payload.get_data_length()) {
        payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
        return;
    }
    const std::uint64_t flipped = config_.flippedByte.value_or(0) - payload.get_address();
    if (config_.flippedByte && payload.is_read() && flipped < payload.get_data_length()) {
        payload.get_data_ptr()[flipped] ^= 1;
    }
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

unsigned int MemoryPeer::debugTransport(Payload& payload) { return copy(payload); }

void MemoryPeer::blockingTransport(Payload& payload, sc_time& delay) {
    access(payload);
    delay += config_.latency;
}

sc_time MemoryPeer::randomTime() { return config_.latency * (random_.between(1, 40) / 10.0); }

tlm::tlm_sync_enum MemoryPeer::nbTransport(Payload& payload, tlm::tlm_phase& phase,
                                           sc_time& delay) {
    if (phase == tlm::END_RESP) {
        endResponse();
        return tlm::TLM_COMPLETED;
    }
    access(payload);
    switch (config_.style) {
        case Style::CompletesAtOnce:
            delay += config_.latency;
            return tlm::TLM_COMPLETED;
        case Style::FourPhases:
            payload.acquire();
            phases_.notify(payload, tlm::BEGIN_RESP, delay + config_.latency);
            phase = tlm::END_REQ;
            return tlm::TLM_UPDATED;
        default:
            return answerMixed(payload, phase, delay);
    }
}

tlm::tlm_sync_enum MemoryPeer::answerMixed(Payload& payload, tlm::tlm_phase& phase,
                                           sc_time& delay) {
    const std::uint32_t way = random_.between(0, 4);
    if (way == 0) {
        delay += randomTime();
        return tlm::TLM_COMPLETED;
    }
    payload.acquire();
    if (way == 1 && !responding_) {
        responding_ = true;
        delay += randomTime();
        phase = tlm::BEGIN_RESP;
        payload.release();
        return tlm::TLM_UPDATED;
    }
    if (way == 2) {
        delay += randomTime();
        phases_.notify(payload, tlm::BEGIN_RESP, delay + randomTime());
        phase = tlm::END_REQ;
        return tlm::TLM_UPDATED;
    }
    const sc_time request = randomTime();
    if (way == 3) {
        phases_.notify(payload, tlm::END_REQ, request);
    }
    // Otherwise BEGIN_RESP stands for END_REQ as well.
    phases_.notify(payload, tlm::BEGIN_RESP, request + randomTime());
    return tlm::TLM_ACCEPTED;
}

void MemoryPeer::onPhase(Payload& payload, const tlm::tlm_phase& phase) {
    if (phase == tlm::END_REQ) {
        tlm::tlm_phase sent = tlm::END_REQ;
        sc_time delay = random_.percent(50) ? SC_ZERO_TIME : sc_time(1, sc_core::SC_NS);
        socket->nb_transport_bw(payload, sent, delay);
        return;
    }
    if (phase == tlm::END_RESP) {
        payload.release();
        endResponse();
        return;
    }
    finished_.push_back(&payload);
    respond();
}

void MemoryPeer::respond() {
    while (!responding_ && !finished_.empty()) {
        Payload& payload = *finished_.front();
        finished_.pop_front();
        responding_ = true;
        tlm::tlm_phase phase = tlm::BEGIN_RESP;
        const bool isLate = config_.style == Style::Mixed && random_.percent(50);
        sc_time delay = isLate ? sc_time(2, sc_core::SC_NS) : SC_ZERO_TIME;
        const tlm::tlm_sync_enum answer = socket->nb_transport_bw(payload, phase, delay);
        responding_ = answer == tlm::TLM_ACCEPTED;
        if (!responding_ && delay > SC_ZERO_TIME) {  // the response ends then
            responding_ = true;
            phases_.notify(payload, tlm::END_RESP, delay);
        } else {
            payload.release();
        }
    }
}

void MemoryPeer::endResponse() {
    responding_ = false;
    if (!finished_.empty()) {
        Payload& next = *finished_.front();
        finished_.pop_front();
        phases_.notify(next, tlm::BEGIN_RESP, SC_ZERO_TIME);
    }
}

}  // namespace systole::arch
