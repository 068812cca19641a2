// SPDX-License-Identifier: Apache-2.0
#include "initiator_peer.hpp"

namespace systole::arch {

using sc_core::sc_time;
using sc_core::SC_ZERO_TIME;

PeerTransaction::PeerTransaction(tlm::tlm_mm_interface* manager, tlm::tlm_command command,
                                 std::uint64_t address, std::vector<std::uint8_t> bytes)
    : tlm_generic_payload(manager), data(std::move(bytes)) {
    set_command(command);
    set_address(address);
    set_data_ptr(data.data());
    set_data_length(static_cast<unsigned int>(data.size()));
    set_streaming_width(static_cast<unsigned int>(data.size()));
}

InitiatorPeer::InitiatorPeer(const sc_core::sc_module_name& name, std::uint64_t seed,
                             std::function<void(InitiatorPeer&)> script)
    : sc_module(name), isPlain_(seed == 0), random_(seed), script_(std::move(script)) {
    socket.register_nb_transport_bw(this, &InitiatorPeer::nbTransport);
    SC_HAS_PROCESS(InitiatorPeer);
    SC_THREAD(run);
    SC_METHOD(endResponses);
    sensitive << mayEnd_;
    dont_initialize();
}

PeerTransaction& InitiatorPeer::make(tlm::tlm_command command, std::uint64_t address,
                                     std::vector<std::uint8_t> bytes) {
    tlm::tlm_mm_interface* const manager = this;
    auto* transaction = new PeerTransaction(manager, command, address, std::move(bytes));
    transaction->acquire();
    ++live_;
    return *transaction;
}

void InitiatorPeer::free(tlm::tlm_generic_payload* payload) {
    --live_;
    delete static_cast<PeerTransaction*>(payload);
}

sc_time InitiatorPeer::randomDelay() {
    return isPlain_ || random_.percent(60) ? SC_ZERO_TIME
                                           : sc_time(random_.between(1, 20), sc_core::SC_NS);
}

void InitiatorPeer::send(PeerTransaction& transaction, std::size_t window) {
    while (requesting_ || underWay_ >= window) {
        wait(changed_);
    }
    ++underWay_;
    requesting_ = true;
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_time delay = randomDelay();
    const tlm::tlm_sync_enum answer = socket->nb_transport_fw(transaction, phase, delay);
    if (answer == tlm::TLM_ACCEPTED) {
        return;
    }
    requesting_ = false;
    if (answer == tlm::TLM_COMPLETED) {
        finish(transaction);
    }
    wait(delay);
}

tlm::tlm_sync_enum InitiatorPeer::nbTransport(tlm::tlm_generic_payload& payload,
                                              tlm::tlm_phase& phase, sc_time& delay) {
    if (phase == tlm::END_REQ) {
        requesting_ = false;
        changed_.notify(delay);
        return tlm::TLM_ACCEPTED;
    }
    return answerResponse(static_cast<PeerTransaction&>(payload), phase, delay);
}

tlm::tlm_sync_enum InitiatorPeer::answerResponse(PeerTransaction& transaction,
                                                 tlm::tlm_phase& phase, sc_time& delay) {
    const std::uint32_t way = isPlain_ ? 0 : random_.between(0, 2);
    if (way == 2) {
        ending_.push_back(&transaction);
        mayEnd_.notify(delay + sc_time(random_.between(0, 15), sc_core::SC_NS));
        return tlm::TLM_ACCEPTED;
    }
    delay += randomDelay();
    finish(transaction);
    if (way == 1) {
        phase = tlm::END_RESP;
        return tlm::TLM_UPDATED;
    }
    return tlm::TLM_COMPLETED;
}

void InitiatorPeer::endResponses() {
    while (!ending_.empty()) {
        PeerTransaction& transaction = *ending_.front();
        ending_.pop_front();
        tlm::tlm_phase phase = tlm::END_RESP;
        sc_time delay = randomDelay();
        socket->nb_transport_fw(transaction, phase, delay);
        finish(transaction);
    }
}

void InitiatorPeer::finish(PeerTransaction& transaction) {
    onResponse(transaction);
    --underWay_;
    transaction.release();
    changed_.notify(SC_ZERO_TIME);
}

void InitiatorPeer::drain() {
    while (underWay_ > 0) {
        wait(changed_);
    }
}

}  // namespace systole::arch
