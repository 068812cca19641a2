// SPDX-License-Identifier: Apache-2.0
#include "models/memory/ports/port_simulation.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "models/check.hpp"

namespace systole::memory {
PortSimulation::PortSimulation(std::uint32_t resources, PortArbitration arbitration)
    : kind_(arbitration.kind),
      rank_(arbitration.order.size(), arbitration.order.size()),
      clients_(arbitration.order.size()),
      demand_(std::size_t{resources} * arbitration.order.size(), 0),
      firstInTurn_(resources, 0),
      servedUntil_(resources, 0),
      stepCounts_(resources, 0) {
    for (std::size_t rank = 0; rank < arbitration.order.size(); ++rank) {
        const ClientId client = arbitration.order[rank];
        SYSTOLE_CHECK(client < rank_.size() && rank_[client] == rank_.size(),
                      "client {} twice in the order, or not among the {}", client, rank_.size());
        rank_[client] = rank;
    }
}

std::span<std::uint64_t> PortSimulation::demandAt(ResourceId resource) {
    return std::span(demand_).subspan(resource * clients_.size(), clients_.size());
}

std::span<const std::uint64_t> PortSimulation::demandAt(ResourceId resource) const {
    return std::span(demand_).subspan(resource * clients_.size(), clients_.size());
}

const PortSimulation::Client& PortSimulation::clientOf(ClientId client) const {
    SYSTOLE_CHECK(client < rank_.size(), "client {} of {}", client, rank_.size());
    return clients_[rank_[client]];
}

void PortSimulation::checkTicket(const Ticket& ticket) const {
    const Client& client = clientOf(ticket.client);
    SYSTOLE_CHECK(ticket.number < client.completed + client.streams.size(),
                  "stream {} of client {} was not posted", ticket.number, ticket.client);
}

bool PortSimulation::isComplete(const Ticket& ticket) const {
    checkTicket(ticket);
    return ticket.number < clientOf(ticket.client).completed;
}

Cycle PortSimulation::completionOf(const Ticket& ticket) const {
    const Client& client = clientOf(ticket.client);
    SYSTOLE_CHECK(isComplete(ticket) && ticket.number >= client.forgotten,
                  "stream {} of client {} has no known completion", ticket.number, ticket.client);
    return client.completions[ticket.number - client.forgotten];
}

void PortSimulation::forgetCompletions() {
    for (Client& client : clients_) {
        client.forgotten = client.completed;
        client.completions.clear();
    }
}

const PortCounters& PortSimulation::counters(ClientId client) const {
    return clientOf(client).counters;
}

Ticket PortSimulation::post(ClientId client, AccessStream stream) {
    SYSTOLE_CHECK(stream.next != nullptr, "a stream without a source for client {}", client);
    const Ticket ticket{client, clientOf(client).completed + clientOf(client).streams.size()};
    const std::size_t rank = rank_[client];
    std::deque<AccessStream>& streams = clients_[rank].streams;
    streams.push_back(std::move(stream));
    if (streams.size() == 1) {
        nextStep(clients_[rank]);
        beginIfDue(rank);
    }
    return ticket;
}

Cycle PortSimulation::cut(ClientId id) {
    static_cast<void>(clientOf(id));
    Client& client = clients_[rank_[id]];
    if (client.streams.empty()) {
        return 0;
    }
    client.streams.resize(1);
    client.streams.front() = {[](AccessStep& /*step*/) { return false; }, 0};
    if (client.begin >= now_) {
        return dropStep(rank_[id]);
    }
    if (!client.step.accesses.empty()) {
        return std::exchange(client.fetchedCycles, 0);  // a second cut finds it counted
    }
    // A pause under way ends now: its cycles beyond have not been.
    const Cycle rest = client.begin + client.step.cycles - now_;
    client.step.cycles = client.undisturbed = now_ - client.begin;
    const Cycle kept = client.fetchedCycles - rest;
    endStep(client);
    return kept;
}

/// Takes back a step that no cycle has seen; the stream is over with the steps before it.
Cycle PortSimulation::dropStep(std::size_t rank) {
    Client& client = clients_[rank];
    const Cycle kept = client.fetchedCycles - client.step.cycles;
    if (client.begun) {
        for (const Access& access : client.step.accesses) {
            demandAt(access.resource)[rank] = 0;
        }
        client.unserved = 0;
    }
    nextStep(client);
    return kept;
}

/// Sums the counts of each resource; resources of no access fall out.
void PortSimulation::addUp(std::vector<Access>& accesses) {
    for (const Access& access : accesses) {
        SYSTOLE_CHECK(access.resource < stepCounts_.size(), "resource {} of {}", access.resource,
                      stepCounts_.size());
        stepCounts_[access.resource] += access.count;
    }
    std::size_t kept = 0;
    for (const Access& access : accesses) {
        const std::uint64_t count = std::exchange(stepCounts_[access.resource], 0);
        if (count > 0) {
            accesses[kept++] = {access.resource, count};
        }
    }
    accesses.resize(kept);
}

/// Gets the next step of the first stream; false if there is none.
bool PortSimulation::fetchStep(Client& client) {
    AccessStep& step = client.step;
    step.earliest = 0;
    step.cycles = 1;
    step.accesses.clear();
    if (!client.streams.front().next(step)) {
        return false;
    }
    SYSTOLE_CHECK(step.cycles > 0, "cycle {}: a step of no cycles", now_);
    addUp(step.accesses);
    client.fetchedCycles += step.cycles;
    client.begin = std::max(now_, step.earliest);
    client.undisturbed = step.cycles;
    for (const Access& access : step.accesses) {
        client.undisturbed = std::max(client.undisturbed, access.count);
    }
    Cycle& least = client.streams.front().leastCycles;
    least -= std::min(least, client.undisturbed);
    return true;
}

void PortSimulation::nextStep(Client& client) {
    client.begun = false;
    while (!client.streams.empty() && !fetchStep(client)) {
        SYSTOLE_CHECK(client.streams.front().leastCycles == 0,
                      "cycle {}: a stream is over {} cycles before its least", now_,
                      client.streams.front().leastCycles);
        client.streams.pop_front();
        client.fetchedCycles = 0;
        ++client.completed;
        client.completions.push_back(now_);
    }
}

void PortSimulation::beginIfDue(std::size_t rank) {
    Client& client = clients_[rank];
    if (client.streams.empty() || client.begin != now_) {
        return;
    }
    client.begun = true;
    client.unserved = 0;
    for (const Access& access : client.step.accesses) {
        demandAt(access.resource)[rank] = access.count;
        client.unserved += access.count;
    }
}

void PortSimulation::endStep(Client& client) {
    for (const Access& access : client.step.accesses) {
        client.counters.accesses += access.count;
    }
    client.counters.waitCycles += now_ - client.begin - client.undisturbed;
    client.counters.bankConflictCycles += client.undisturbed - client.step.cycles;
    nextStep(client);
}

void PortSimulation::take(std::size_t rank, ResourceId resource, std::uint64_t accesses) {
    demandAt(resource)[rank] -= accesses;
    clients_[rank].unserved -= accesses;
}

void PortSimulation::serve(ResourceId resource, Cycle cycles) {
    const std::span<const std::uint64_t> demand = demandAt(resource);
    for (std::size_t rank = 0; rank < demand.size() && cycles > 0; ++rank) {
        const Cycle served = std::min(demand[rank], cycles);
        take(rank, resource, served);
        cycles -= served;
    }
}

void PortSimulation::serveInTurn(ResourceId resource, Cycle cycles) {
    const std::span<const std::uint64_t> demand = demandAt(resource);
    std::size_t& first = firstInTurn_[resource];
    std::size_t passed = 0;  // clients in a row that want nothing
    for (std::size_t rank = first; cycles > 0 && passed < demand.size();
         rank = (rank + 1) % demand.size()) {
        if (demand[rank] == 0) {
            ++passed;
            continue;
        }
        take(rank, resource, 1);
        --cycles;
        passed = 0;
        first = (rank + 1) % demand.size();
    }
}

/// Cycles until the client's accesses at the resource are served if all demand is the present one.
Cycle PortSimulation::servingTime(std::size_t rank, ResourceId resource) const {
    const std::span<const std::uint64_t> demand = demandAt(resource);
    const std::uint64_t own = demand[rank];
    if (own == 0) {
        return 0;
    }
    Cycle cycles = own;
    if (kind_ == Arbitration::Fixed) {
        for (std::size_t other = 0; other < rank; ++other) {
            cycles += demand[other];
        }
        return cycles;
    }
    // Whoever comes before the client in the rotation is served once more before its last access.
    const std::size_t first = firstInTurn_[resource];
    const auto turn = [&](std::size_t r) { return r < first ? r + demand.size() : r; };
    for (std::size_t other = 0; other < demand.size(); ++other) {
        if (other != rank) {
            cycles += std::min(demand[other], turn(other) < turn(rank) ? own : own - 1);
        }
    }
    return cycles;
}

Cycle PortSimulation::nextEventOf(std::size_t rank) const {
    const Client& client = clients_[rank];
    if (client.streams.empty()) {
        return kNever;
    }
    if (!client.begun) {
        return client.begin;
    }
    Cycle end = client.begin + client.step.cycles;
    if (client.unserved > 0) {
        for (const Access& access : client.step.accesses) {
            end = std::max(end, now_ + servingTime(rank, access.resource));
        }
    }
    return end;
}

Cycle PortSimulation::nextEvent() const {
    Cycle next = kNever;
    for (std::size_t rank = 0; rank < clients_.size(); ++rank) {
        next = std::min(next, nextEventOf(rank));
    }
    return next;
}

/// To a cycle that is not after the next event.
void PortSimulation::moveTo(Cycle cycle) {
    for (const Client& client : clients_) {
        if (!client.begun || client.unserved == 0) {
            continue;
        }
        for (const Access& access : client.step.accesses) {
            if (std::exchange(servedUntil_[access.resource], cycle) == cycle) {
                continue;  // with an earlier client
            }
            if (kind_ == Arbitration::Fixed) {
                serve(access.resource, cycle - now_);
            } else {
                serveInTurn(access.resource, cycle - now_);
            }
        }
    }
    now_ = cycle;
    for (std::size_t rank = 0; rank < clients_.size(); ++rank) {
        const Client& client = clients_[rank];
        if (client.streams.empty()) {
            continue;
        }
        if (!client.begun) {
            beginIfDue(rank);
        } else if (client.unserved == 0 && client.begin + client.step.cycles <= now_) {
            endStep(clients_[rank]);
            beginIfDue(rank);
        }
    }
}

/// The only client with a stream, if its step is still untouched; else clients_.size().
std::size_t PortSimulation::loneClient() const {
    std::size_t lone = clients_.size();
    for (std::size_t rank = 0; rank < clients_.size(); ++rank) {
        if (!clients_[rank].streams.empty()) {
            if (lone != clients_.size()) {
                return clients_.size();
            }
            lone = rank;
        }
    }
    const bool untouched = lone != clients_.size() && clients_[lone].begin >= now_;
    return untouched ? lone : clients_.size();
}

/// The lone client's steps that are over by `limit`, at most to the end of a stream. Nobody can
/// disturb them: the ports need not be looked at.
void PortSimulation::runAlone(std::size_t rank, Cycle limit) {
    Client& client = clients_[rank];
    if (client.begun) {
        for (const Access& access : client.step.accesses) {
            demandAt(access.resource)[rank] = 0;
        }
    }
    const std::uint64_t completed = client.completed;
    while (client.completed == completed && client.begin + client.undisturbed <= limit) {
        now_ = client.begin + client.undisturbed;
        for (const Access& access : client.step.accesses) {
            firstInTurn_[access.resource] = (rank + 1) % clients_.size();
        }
        endStep(client);
    }
    client.begun = false;
    beginIfDue(rank);
}

/// Moves to the next event, or over several of a lone client, if it is not after `limit`.
bool PortSimulation::moveOn(Cycle limit) {
    const std::size_t lone = loneClient();
    const Cycle next = nextEvent();
    if (next > limit) {
        return false;
    }
    if (lone < clients_.size() && clients_[lone].begin + clients_[lone].undisturbed <= limit) {
        runAlone(lone, limit);
    } else {
        moveTo(next);
    }
    return true;
}

void PortSimulation::runUntil(Cycle cycle) {
    while (moveOn(cycle)) {
    }
    if (now_ < cycle) {
        moveTo(cycle);
    }
}

void PortSimulation::runUntilComplete(const Ticket& ticket) {
    while (!isComplete(ticket)) {
        moveOn(kNever);
    }
}

/// The earliest end of the present step.
Cycle PortSimulation::stepBound(std::size_t rank) const {
    const Client& client = clients_[rank];
    if (!client.begun) {
        return client.begin + client.undisturbed;
    }
    Cycle end = client.begin + client.step.cycles;
    for (const Access& access : client.step.accesses) {
        end = std::max(end, now_ + demandAt(access.resource)[rank]);
    }
    return end;
}

Cycle PortSimulation::bound(const Ticket& ticket) const {
    if (isComplete(ticket)) {
        return now_;
    }
    const Client& client = clientOf(ticket.client);
    Cycle bound = stepBound(rank_[ticket.client]);
    for (std::uint64_t i = 0; i <= ticket.number - client.completed; ++i) {
        bound += client.streams[i].leastCycles;
    }
    return bound;
}

}  // namespace systole::memory
