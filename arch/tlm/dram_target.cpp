// SPDX-License-Identifier: Apache-2.0
#include "arch/tlm/dram_target.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/check.hpp"

namespace systole::arch {

using sc_core::sc_time;
using sc_core::sc_time_stamp;
using sc_core::SC_ZERO_TIME;
using tlm::tlm_generic_payload;

DramTarget::DramTarget(const sc_core::sc_module_name& name, const DramTargetConfig& config)
    : sc_module(name), config_(config) {
    SYSTOLE_CHECK(config.acceptedTransactions > 0, "{}: accepts no transaction",
                  this->sc_module::name());
    socket.bind(*this);
    SC_HAS_PROCESS(DramTarget);
    SC_METHOD(acceptWaiting);
    sensitive << mayAccept_;
    dont_initialize();
    SC_METHOD(respond);
    sensitive << mayRespond_;
    dont_initialize();
}

void DramTarget::fail(const std::string& message) const {
    SC_REPORT_ERROR(
        kProtocolError,
        fmt::format("{}: {}: {}", name(), sc_time_stamp().to_string(), message).c_str());
}

tlm::tlm_sync_enum DramTarget::nb_transport_fw(tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                               sc_time& delay) {
    if (phase == tlm::BEGIN_REQ) {
        return beginRequest(payload, phase, delay);
    }
    if (phase == tlm::END_RESP) {
        return endResponse(payload, delay);
    }
    fail(fmt::format("phase {} from the initiator", phase.get_name()));
    return tlm::TLM_COMPLETED;
}

tlm::tlm_sync_enum DramTarget::beginRequest(tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                            const sc_time& delay) {
    if (request_ != nullptr) {
        fail("BEGIN_REQ before the END_REQ of the request before it");
    }
    if (!payload.has_mm()) {
        fail("nb_transport with a transaction that has no memory manager");
    }
    payload.set_dmi_allowed(false);
    const tlm::tlm_response_status status = problemOf(payload);
    if (status != tlm::TLM_OK_RESPONSE || payload.get_command() == tlm::TLM_IGNORE_COMMAND) {
        payload.set_response_status(status);
        return tlm::TLM_COMPLETED;
    }
    if (delay == SC_ZERO_TIME && hasRoom()) {
        accept(payload, nullptr);
        phase = tlm::END_REQ;
        return tlm::TLM_UPDATED;
    }
    payload.acquire();
    request_ = &payload;
    requestBegin_ = sc_time_stamp() + delay;
    mayAccept_.notify(delay);
    return tlm::TLM_ACCEPTED;
}

/// Ends the request that waits, when its time has come and there is room.
void DramTarget::acceptWaiting() {
    if (request_ == nullptr || !hasRoom()) {
        return;
    }
    if (sc_time_stamp() < requestBegin_) {
        mayAccept_.notify(requestBegin_ - sc_time_stamp());
        return;
    }
    tlm_generic_payload& payload = *request_;
    request_ = nullptr;
    accept(payload, nullptr);
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_time delay = SC_ZERO_TIME;
    socket->nb_transport_bw(payload, phase, delay);
    payload.release();
}

void DramTarget::accept(tlm_generic_payload& payload, sc_core::sc_event* done) {
    if (payload.has_mm()) {
        payload.acquire();
    }
    transferData(payload);
    const std::uint64_t burst = memory->burstBytes();
    const std::uint64_t first = payload.get_address() / burst;
    const std::uint64_t last = (payload.get_address() + payload.get_data_length() - 1) / burst;
    const std::uint64_t tag = nextTag_++;
    accepted_[tag] = {&payload, last - first + 1, done};
    for (std::uint64_t index = first; index <= last; ++index) {
        memory->request({index * burst, payload.is_write(), tag}, *this);
    }
}

void DramTarget::burstDone(std::uint64_t tag) {
    const auto entry = accepted_.find(tag);
    SYSTOLE_CHECK(entry != accepted_.end(), "{}: answer {} to no request", name(), tag);
    Transaction& transaction = entry->second;
    if (--transaction.burstsLeft > 0) {
        return;
    }
    transaction.payload->set_response_status(tlm::TLM_OK_RESPONSE);
    if (transaction.done != nullptr) {
        transaction.done->notify(SC_ZERO_TIME);
        return;
    }
    finished_.push_back(tag);
    respond();
}

void DramTarget::respond() {
    while (!beginningResponse_ && !response_ && !finished_.empty()) {
        if (sc_time_stamp() < responseFree_) {
            mayRespond_.notify(responseFree_ - sc_time_stamp());
            return;
        }
        response_ = finished_.front();
        finished_.pop_front();
        tlm_generic_payload& payload = *accepted_.at(*response_).payload;
        tlm::tlm_phase phase = tlm::BEGIN_RESP;
        sc_time delay = SC_ZERO_TIME;
        beginningResponse_ = true;
        const tlm::tlm_sync_enum answer = socket->nb_transport_bw(payload, phase, delay);
        beginningResponse_ = false;
        if (answer == tlm::TLM_COMPLETED ||
            (answer == tlm::TLM_UPDATED && phase == tlm::END_RESP)) {
            endTransaction(delay);
        } else if (answer == tlm::TLM_UPDATED) {
            fail(fmt::format("phase {} as the answer to BEGIN_RESP", phase.get_name()));
        }
    }
}

tlm::tlm_sync_enum DramTarget::endResponse(tlm_generic_payload& payload, const sc_time& delay) {
    if (!response_ || accepted_.at(*response_).payload != &payload) {
        fail("END_RESP without a BEGIN_RESP of that transaction");
        return tlm::TLM_COMPLETED;
    }
    endTransaction(delay);
    mayRespond_.notify(delay);  // not from here: this is a call of the initiator's
    return tlm::TLM_COMPLETED;
}

/// The response ends `delay` from now.
void DramTarget::endTransaction(const sc_time& delay) {
    if (!response_) {
        fail("a response that ends twice");
    }
    const auto entry = accepted_.find(response_.value());
    tlm_generic_payload& payload = *entry->second.payload;
    accepted_.erase(entry);
    response_.reset();
    responseFree_ = sc_time_stamp() + delay;
    mayAccept_.notify(SC_ZERO_TIME);
    roomForBlocking_.notify(SC_ZERO_TIME);
    payload.release();
}

void DramTarget::b_transport(tlm_generic_payload& payload, sc_time& delay) {
    payload.set_dmi_allowed(false);
    const tlm::tlm_response_status status = problemOf(payload);
    if (status != tlm::TLM_OK_RESPONSE || payload.get_command() == tlm::TLM_IGNORE_COMMAND) {
        payload.set_response_status(status);
        return;
    }
    wait(delay);
    delay = SC_ZERO_TIME;
    while (!hasRoom()) {
        wait(roomForBlocking_);
    }
    sc_core::sc_event done;
    const std::uint64_t tag = nextTag_;
    accept(payload, &done);
    wait(done);
    accepted_.erase(tag);
    mayAccept_.notify(SC_ZERO_TIME);
    roomForBlocking_.notify(SC_ZERO_TIME);
    if (payload.has_mm()) {
        payload.release();
    }
}

tlm::tlm_response_status DramTarget::problemOf(const tlm_generic_payload& payload) const {
    if (payload.get_command() == tlm::TLM_IGNORE_COMMAND) {
        return tlm::TLM_OK_RESPONSE;  // neither a read nor a write
    }
    if (!payload.is_read() && !payload.is_write()) {
        return tlm::TLM_COMMAND_ERROR_RESPONSE;
    }
    if (payload.get_data_ptr() == nullptr) {
        return tlm::TLM_GENERIC_ERROR_RESPONSE;
    }
    const std::uint64_t length = payload.get_data_length();
    if (length == 0 || payload.get_streaming_width() < length) {
        return tlm::TLM_BURST_ERROR_RESPONSE;
    }
    if (length > config_.capacityBytes || payload.get_address() > config_.capacityBytes - length) {
        return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    }
    const unsigned char* enables = payload.get_byte_enable_ptr();
    if (enables != nullptr) {
        const std::uint64_t used =
            std::min<std::uint64_t>(payload.get_byte_enable_length(), length);
        const bool areKnown = std::all_of(enables, enables + used, [](unsigned char enable) {
            return enable == TLM_BYTE_ENABLED || enable == TLM_BYTE_DISABLED;
        });
        if (used == 0 || !areKnown) {
            return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
        }
    }
    return tlm::TLM_OK_RESPONSE;
}

/// Bytes that are not enabled stay what they are, in the memory or in the initiator's array.
void DramTarget::transferData(tlm_generic_payload& payload) {
    const std::span bytes(payload.get_data_ptr(), payload.get_data_length());
    const unsigned char* enables = payload.get_byte_enable_ptr();
    const std::size_t step = enables == nullptr ? bytes.size() : 1;
    for (std::size_t i = 0; i < bytes.size(); i += step) {
        if (enables != nullptr &&
            enables[i % payload.get_byte_enable_length()] == TLM_BYTE_DISABLED) {
            continue;
        }
        const std::span part = bytes.subspan(i, step);
        if (payload.is_write()) {
            data_.write(payload.get_address() + i, part);
        } else {
            data_.read(payload.get_address() + i, part);
        }
    }
}

unsigned int DramTarget::transport_dbg(tlm_generic_payload& payload) {
    const std::uint64_t address = payload.get_address();
    if (address >= config_.capacityBytes) {
        return 0;
    }
    const std::uint64_t length =
        std::min<std::uint64_t>(payload.get_data_length(), config_.capacityBytes - address);
    const std::span bytes(payload.get_data_ptr(), length);
    if (payload.is_write()) {
        data_.write(address, bytes);
    } else if (payload.is_read()) {
        data_.read(address, bytes);
    } else {
        return 0;
    }
    return static_cast<unsigned int>(length);
}

/// Whoever has a pointer to the data spends no time on it.
bool DramTarget::get_direct_mem_ptr(tlm_generic_payload& /*payload*/, tlm::tlm_dmi& region) {
    region.init();
    region.set_end_address(~sc_dt::uint64{0});
    return false;
}

}  // namespace systole::arch
