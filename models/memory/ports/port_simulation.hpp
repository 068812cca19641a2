// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "models/memory/ports/access_stream.hpp"
#include "models/units.hpp"

namespace systole::memory {

/// Numbered from 0.
using ClientId = std::uint32_t;

enum class Arbitration : std::uint8_t { Fixed, RoundRobin };

struct PortArbitration {
    Arbitration kind = Arbitration::Fixed;
    /// Every client once: first the one that goes first, or the order of the rotation.
    std::vector<ClientId> order;
};

/// A step with b accesses to its busiest resource takes at least max(cycles, b) cycles.
struct PortCounters {
    std::uint64_t accesses = 0;
    Cycle waitCycles = 0;          ///< beyond that: others held the ports
    Cycle bankConflictCycles = 0;  ///< max(cycles, b) - cycles

    bool operator==(const PortCounters&) const = default;
};

/// Names a posted stream.
struct Ticket {
    ClientId client = 0;
    std::uint64_t number = 0;  ///< of the client's streams, from 0
};

/// The state that PortArbiter (port_arbiter.hpp: the rules) moves through time; a copy goes its own
/// way. Between two events, the beginning or the end of a step, every resource has a fixed set of
/// accesses to serve, so that the next event follows in closed form.
class PortSimulation {
public:
    PortSimulation(std::uint32_t resources, PortArbitration arbitration);

    Cycle now() const { return now_; }
    Ticket post(ClientId client, AccessStream stream);
    Cycle cut(ClientId client);
    void runUntil(Cycle cycle);
    void runUntilComplete(const Ticket& ticket);

    bool isComplete(const Ticket& ticket) const;
    bool isIdle(ClientId client) const { return clientOf(client).streams.empty(); }
    std::vector<std::size_t> turns() const {
        return kind_ == Arbitration::Fixed ? std::vector<std::size_t>{} : firstInTurn_;
    }
    /// Of a complete stream that has not been forgotten.
    Cycle completionOf(const Ticket& ticket) const;
    void forgetCompletions();

    Cycle bound(const Ticket& ticket) const;
    const PortCounters& counters(ClientId client) const;

private:
    struct Client {
        std::deque<AccessStream> streams;  ///< the first one is at work
        AccessStep step;                   ///< the present one, if there is a stream
        Cycle fetchedCycles = 0;           ///< of the steps that the first stream has yielded
        Cycle begin = 0;
        Cycle undisturbed = 0;  ///< cycles of the step if nobody else were there
        bool begun = false;
        std::uint64_t unserved = 0;  ///< accesses of the step, once it has begun
        std::uint64_t completed = 0;
        std::uint64_t forgotten = 0;
        std::vector<Cycle> completions;  ///< of the streams from number `forgotten` on
        PortCounters counters;
    };

    void checkTicket(const Ticket& ticket) const;
    const Client& clientOf(ClientId client) const;
    /// Unserved accesses at a resource, by rank of the client.
    std::span<std::uint64_t> demandAt(ResourceId resource);
    std::span<const std::uint64_t> demandAt(ResourceId resource) const;

    bool fetchStep(Client& client);
    void addUp(std::vector<Access>& accesses);
    void nextStep(Client& client);
    Cycle dropStep(std::size_t rank);
    void beginIfDue(std::size_t rank);
    void endStep(Client& client);
    bool moveOn(Cycle limit);
    void moveTo(Cycle cycle);
    std::size_t loneClient() const;
    void runAlone(std::size_t rank, Cycle limit);
    void serve(ResourceId resource, Cycle cycles);
    void serveInTurn(ResourceId resource, Cycle cycles);
    void take(std::size_t rank, ResourceId resource, std::uint64_t accesses);
    Cycle nextEvent() const;
    Cycle nextEventOf(std::size_t rank) const;
    Cycle servingTime(std::size_t rank, ResourceId resource) const;
    Cycle stepBound(std::size_t rank) const;

    Arbitration kind_;
    std::vector<std::size_t> rank_;          ///< place in the order, by client
    std::vector<Client> clients_;            ///< by rank
    std::vector<std::uint64_t> demand_;      ///< [resource][rank]
    std::vector<std::size_t> firstInTurn_;   ///< by resource: the rank at which rotation goes on
    std::vector<Cycle> servedUntil_;         ///< by resource
    std::vector<std::uint64_t> stepCounts_;  ///< by resource: 0 but in addUp
    Cycle now_ = 0;
};

}  // namespace systole::memory
