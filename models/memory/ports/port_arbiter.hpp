// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/memory/ports/access_stream.hpp"
#include "models/memory/ports/port_simulation.hpp"
#include "models/units.hpp"

namespace systole::memory {

/// Who uses which port of a memory, and when: clients (the array, the vector unit, load, store)
/// meet at resources. Exact, cycle by cycle; the cost is that of the steps, not of the cycles.
///
/// - A resource serves one access a cycle: with fixed priority that of the first client in `order`
///   that wants it; in rotation that of the next client that wants it after the one it served
///   last, and at first it begins with order[0]. Every resource rotates on its own, and only when
///   it serves.
/// - A client works through the steps of its streams, one step at a time, and streams posted to a
///   busy client queue. All resources of a step are wanted at once: a client is served by any
///   number of resources in a cycle and keeps what it has got while it waits for the rest.
/// - A stream posted at cycle t begins at t, or when its predecessor is complete if that is later.
///   A step begins when the one before it is over, and not before its `earliest`. The first access
///   can be served in the cycle in which the step begins.
/// - A step is over in the first cycle after its last access was served, and not before it has
///   taken its `cycles`. The next step begins in that cycle: steps never overlap.
/// - A stream is complete in the cycle in which its last step is over; without steps, in the cycle
///   in which it would begin.
/// - Posts of one cycle to different clients are equal, in whichever order they are made.
///
/// now() is t: the cycles before t are decided, t is not. Time never goes back.
///
///     const PortMap activations(0, 8, PortKind::OneReadWrite);
///     PortArbiter ports(activations.end(), {Arbitration::Fixed, {kArray, kLoad}});
///     AccessStep burst;
///     for (std::uint64_t word = first; word <= last; ++word) activations.write(word, burst);
///     const Ticket ticket = ports.post(kLoad, streamOf({burst}), cycle());
///     for (Cycle next; (next = ports.completesNoSoonerThan(ticket)) > cycle();) {
///         waitUntil(next);        // other clients post meanwhile
///         ports.advance(cycle());
///     }
class PortArbiter {
public:
    PortArbiter(std::uint32_t resources, PortArbitration arbitration);

    Cycle now() const { return base_.now(); }

    /// Advances to `cycle`, not before now(), and gives the client a further stream.
    Ticket post(ClientId client, AccessStream stream, Cycle cycle);

    /// Ends what the client was given with the step that has begun before now(): a pause (a step
    /// without accesses) under way ends at once. Its first unfinished stream is complete then, and
    /// tickets of later ones are void. Returns the `cycles` of the steps of that stream that stay,
    /// a pause as far as it went; 0 if the client has nothing to do.
    Cycle cut(ClientId client);

    /// Decides the cycles before `cycle`, which is not before now().
    void advance(Cycle cycle);

    bool isComplete(const Ticket& ticket) const { return base_.isComplete(ticket); }
    /// Whether the client has nothing to do.
    bool isIdle(ClientId client) const { return base_.isIdle(client); }
    /// At which place of the order each resource goes on: all that further time depends on where
    /// every client is idle. Empty with fixed priority.
    std::vector<std::size_t> turns() const { return base_.turns(); }

    /// The first cycle, from now() on, in which the stream is complete if nothing else is posted.
    /// A later post of another client can move it either way: one that delays a rival helps. Runs
    /// ahead on a copy, which lives until the next post: costs the steps up to the answer.
    Cycle completion(const Ticket& ticket) const;

    /// A lower bound of completion() whatever is posted; now() if the stream is complete, else
    /// later. It costs nothing, and who sleeps until it and asks again never wakes too late, so
    /// that posts need wake nobody. With good `leastCycles` the bound is the undisturbed
    /// completion.
    Cycle completesNoSoonerThan(const Ticket& ticket) const { return base_.bound(ticket); }

    /// Of the client's steps that are over.
    const PortCounters& counters(ClientId client) const { return base_.counters(client); }

private:
    PortSimulation base_;
    /// What follows if nothing is posted any more, as far as somebody has asked.
    mutable std::optional<PortSimulation> ahead_;
};

}  // namespace systole::memory
