// SPDX-License-Identifier: Apache-2.0
#include "arch/tlm/memory_initiator.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/check.hpp"

namespace systole::arch {

using sc_core::sc_time;
using sc_core::sc_time_stamp;
using sc_core::SC_ZERO_TIME;
using tlm::tlm_generic_payload;

MemoryInitiator::MemoryInitiator(const sc_core::sc_module_name& name,
                                 const MemoryInitiatorConfig& config)
    : sc_module(name), config_(config) {
    socket.bind(*this);
    SC_HAS_PROCESS(MemoryInitiator);
    SC_METHOD(sendWaiting);
    sensitive << maySend_;
    dont_initialize();
    SC_METHOD(takeResponses);
    sensitive << responseDue_;
    dont_initialize();
}

void MemoryInitiator::fail(std::uint64_t address, const std::string& what) const {
    throw ExternalMemoryError(fmt::format("{}: {}: burst at {:#x}: {}", name(),
                                          sc_time_stamp().to_string(), address, what));
}

MemoryInitiator::Transaction& MemoryInitiator::newTransaction() {
    if (unused_.empty()) {
        tlm::tlm_mm_interface* const manager = this;
        pool_.push_back(std::make_unique<Transaction>(manager, config_.burstBytes));
        unused_.push_back(pool_.back().get());
    }
    Transaction& transaction = *unused_.back();
    unused_.pop_back();
    transaction.acquire();
    return transaction;
}

void MemoryInitiator::free(tlm_generic_payload* payload) {
    payload->reset();
    unused_.push_back(static_cast<Transaction*>(payload));
}

void MemoryInitiator::request(const Burst& burst, BurstClient& client) {
    Transaction& transaction = newTransaction();
    transaction.burst = burst;
    transaction.client = &client;
    transaction.set_command(burst.isWrite ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    transaction.set_address(burst.address);
    transaction.set_data_ptr(transaction.data.data());
    transaction.set_data_length(config_.burstBytes);
    transaction.set_streaming_width(config_.burstBytes);
    transaction.set_byte_enable_ptr(nullptr);
    transaction.set_dmi_allowed(false);
    transaction.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    std::fill(transaction.data.begin(), transaction.data.end(), std::uint8_t{0});
    if (burst.isWrite && data_ != nullptr) {
        data_->fetch(burst.address, transaction.data);
    }
    waiting_.push_back(&transaction);
    sendWaiting();
}

/// Sends what the request channel takes now. Within a call of the target's nothing may be sent:
/// nb_transport is not re-entrant.
void MemoryInitiator::sendWaiting() {
    if (inTargetsCall_) {
        maySend_.notify(SC_ZERO_TIME);
        return;
    }
    while (request_ == nullptr && !waiting_.empty()) {
        if (sc_time_stamp() < requestFree_) {
            maySend_.notify(requestFree_ - sc_time_stamp());
            return;
        }
        Transaction& next = *waiting_.front();
        waiting_.pop_front();
        send(next);
    }
}

void MemoryInitiator::send(Transaction& transaction) {
    request_ = &transaction;
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_time delay = SC_ZERO_TIME;
    switch (socket->nb_transport_fw(transaction, phase, delay)) {
        case tlm::TLM_ACCEPTED:
            break;
        case tlm::TLM_UPDATED:
            if (phase != tlm::END_REQ && phase != tlm::BEGIN_RESP) {
                fail(transaction.burst.address,
                     fmt::format("phase {} as the answer to BEGIN_REQ", phase.get_name()));
            }
            endRequest(transaction, delay);
            if (phase == tlm::BEGIN_RESP) {
                respondAfter(delay, transaction, true);
            }
            break;
        case tlm::TLM_COMPLETED:
            // Nothing is said about when the request ended: such a target bounds no rate.
            endRequest(transaction, SC_ZERO_TIME);
            respondAfter(delay, transaction, false);
            break;
    }
}

void MemoryInitiator::endRequest(const tlm_generic_payload& payload, const sc_time& delay) {
    if (request_ == &payload) {
        request_ = nullptr;
        requestFree_ = sc_time_stamp() + delay;
    }
}

tlm::tlm_sync_enum MemoryInitiator::nb_transport_bw(tlm_generic_payload& payload,
                                                    tlm::tlm_phase& phase, sc_time& delay) {
    auto& transaction = static_cast<Transaction&>(payload);
    if (phase != tlm::END_REQ && phase != tlm::BEGIN_RESP) {
        fail(transaction.burst.address, fmt::format("phase {} from the target", phase.get_name()));
    }
    if (phase == tlm::END_REQ && request_ != &payload) {
        fail(transaction.burst.address, "END_REQ of a request that is not under way");
    }
    endRequest(payload, delay);  // which BEGIN_RESP implies
    if (!waiting_.empty()) {
        maySend_.notify(delay);
    }
    if (phase == tlm::END_REQ) {
        return tlm::TLM_ACCEPTED;
    }
    if (delay == SC_ZERO_TIME) {
        inTargetsCall_ = true;
        finish(transaction);
        inTargetsCall_ = false;
    } else {
        respondAfter(delay, transaction, false);
    }
    return tlm::TLM_COMPLETED;
}

void MemoryInitiator::respondAfter(const sc_time& delay, Transaction& transaction, bool needsEnd) {
    const sc_time time = sc_time_stamp() + delay;
    responses_.push({time.value(), responseCount_++, &transaction, needsEnd});
    responseDue_.notify(sc_time::from_value(responses_.top().ticks) - sc_time_stamp());
}

void MemoryInitiator::takeResponses() {
    while (!responses_.empty() && responses_.top().ticks <= sc_time_stamp().value()) {
        const Response response = responses_.top();
        responses_.pop();
        if (response.needsEnd) {
            tlm::tlm_phase phase = tlm::END_RESP;
            sc_time delay = SC_ZERO_TIME;
            socket->nb_transport_fw(*response.transaction, phase, delay);
        }
        finish(*response.transaction);
    }
    if (!responses_.empty()) {
        responseDue_.notify(sc_time::from_value(responses_.top().ticks) - sc_time_stamp());
    }
}

void MemoryInitiator::finish(Transaction& transaction) {
    const Burst burst = transaction.burst;
    if (transaction.get_response_status() != tlm::TLM_OK_RESPONSE) {
        fail(burst.address,
             fmt::format("the target answered a {} with {}", burst.isWrite ? "write" : "read",
                         transaction.get_response_string()));
    }
    if (!burst.isWrite && data_ != nullptr && config_.checkReads) {
        const std::string mismatch = data_->mismatch(burst.address, transaction.data);
        if (!mismatch.empty()) {
            fail(burst.address, mismatch);
        }
    }
    BurstClient& client = *transaction.client;
    transaction.release();
    client.burstDone(burst.tag);
}

void MemoryInitiator::debugTransport(tlm::tlm_command command, std::uint64_t address,
                                     std::vector<std::uint8_t>& bytes) {
    tlm_generic_payload payload;
    payload.set_command(command);
    payload.set_address(address);
    payload.set_data_ptr(bytes.data());
    payload.set_data_length(static_cast<unsigned int>(bytes.size()));
    payload.set_streaming_width(static_cast<unsigned int>(bytes.size()));
    const unsigned int moved = socket->transport_dbg(payload);
    if (moved != bytes.size()) {
        fail(address, fmt::format("transport_dbg moved {} of {} bytes", moved, bytes.size()));
    }
}

void MemoryInitiator::preload() {
    SYSTOLE_CHECK(data_ != nullptr, "{}: nothing to preload: `carry` first", name());
    std::vector<std::uint8_t> bytes(config_.burstBytes);
    for (std::uint64_t address = 0; address < data_->memoryBytes(); address += bytes.size()) {
        data_->read(address, bytes);
        debugTransport(tlm::TLM_WRITE_COMMAND, address, bytes);
    }
}

void MemoryInitiator::compareAll() {
    SYSTOLE_CHECK(data_ != nullptr, "{}: nothing to compare with: `carry` first", name());
    std::vector<std::uint8_t> expected(config_.burstBytes);
    std::vector<std::uint8_t> actual(config_.burstBytes);
    for (std::uint64_t address = 0; address < data_->memoryBytes(); address += expected.size()) {
        data_->read(address, expected);
        debugTransport(tlm::TLM_READ_COMMAND, address, actual);
        const auto [differs, machines] =
            std::mismatch(actual.begin(), actual.end(), expected.begin());
        if (differs != actual.end()) {
            fail(address, fmt::format("byte {} is {:#04x}, the machine has {:#04x} there",
                                      differs - actual.begin(), *differs, *machines));
        }
    }
}

}  // namespace systole::arch
