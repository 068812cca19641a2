// SPDX-License-Identifier: Apache-2.0
#include "models/memory/ports/port_arbiter.hpp"

#include <utility>

#include "models/check.hpp"

namespace systole::memory {

PortArbiter::PortArbiter(std::uint32_t resources, PortArbitration arbitration)
    : base_(resources, std::move(arbitration)) {}

void PortArbiter::advance(Cycle cycle) {
    SYSTOLE_CHECK(cycle >= base_.now(), "cycle {} is decided: it is {}", cycle, base_.now());
    if (ahead_ && ahead_->now() <= cycle) {
        base_ = std::move(*ahead_);
        ahead_.reset();
    }
    base_.runUntil(cycle);
    base_.forgetCompletions();
}

Ticket PortArbiter::post(ClientId client, AccessStream stream, Cycle cycle) {
    advance(cycle);
    ahead_.reset();
    return base_.post(client, std::move(stream));
}

Cycle PortArbiter::cut(ClientId client) {
    ahead_.reset();
    return base_.cut(client);
}

Cycle PortArbiter::completion(const Ticket& ticket) const {
    if (base_.isComplete(ticket)) {
        return base_.now();
    }
    if (!ahead_) {
        ahead_ = base_;
    }
    ahead_->runUntilComplete(ticket);
    return ahead_->completionOf(ticket);
}

}  // namespace systole::memory
