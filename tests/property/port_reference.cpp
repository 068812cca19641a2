// SPDX-License-Identifier: Apache-2.0
#include "port_reference.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>

namespace systole::memory {
namespace {

/// A client with all that it was or will be given, and the step it is in.
struct Worker {
    std::deque<std::size_t> streams;  ///< posted and not complete
    std::size_t nextStep = 0;
    std::optional<AccessStep> step;
    std::map<ResourceId, std::uint64_t> wanted;
    Cycle age = 0;  ///< cycles that the step has taken
    std::uint64_t accesses = 0;
    Cycle lost = 0;

    bool over() const { return wantedMost() == 0 && age >= step->cycles; }
    std::uint64_t wantedMost() const {
        std::uint64_t most = 0;
        for (const auto& [resource, count] : wanted) most = std::max(most, count);
        return most;
    }
    /// Cycles that the step would still take if nobody else were there.
    std::uint64_t toGo() const {
        return std::max(wantedMost(), step->cycles > age ? step->cycles - age : 0);
    }
};

class Reference {
public:
    Reference(std::uint32_t resources, const PortArbitration& arbitration,
              const std::vector<PostedStream>& posted)
        : arbitration_(arbitration),
          posted_(posted),
          workers_(arbitration.order.size()),
          lastServed_(resources, arbitration.order.size() - 1) {
        result_.completions.assign(posted.size(), kIncomplete);
        result_.counters.resize(arbitration.order.size());
    }

    PortReferenceResult run(Cycle end) {
        for (Cycle cycle = 0; cycle <= end; ++cycle) {
            for (std::size_t i = 0; i < posted_.size(); ++i) {
                if (posted_[i].cycle == cycle) workers_[posted_[i].client].streams.push_back(i);
            }
            for (std::size_t i = 0; i < workers_.size(); ++i) enter(i, cycle);
            if (cycle < end) serveAll();
        }
        return result_;
    }

private:
    /// What changes between two cycles: a step ends, streams end, a step begins.
    void enter(std::size_t index, Cycle cycle) {
        Worker& worker = workers_[index];
        if (worker.step && worker.over()) {
            PortCounters& counters = result_.counters[index];
            counters.accesses += worker.accesses;
            counters.waitCycles += worker.lost;
            counters.bankConflictCycles += worker.age - worker.lost - worker.step->cycles;
            worker.step.reset();
        }
        while (!worker.step && !worker.streams.empty()) {
            const std::vector<AccessStep>& steps = posted_[worker.streams.front()].steps;
            if (worker.nextStep == steps.size()) {
                result_.completions[worker.streams.front()] = cycle;
                worker.streams.pop_front();
                worker.nextStep = 0;
            } else if (steps[worker.nextStep].earliest > cycle) {
                return;
            } else {
                begin(worker, steps[worker.nextStep++]);
            }
        }
    }

    static void begin(Worker& worker, const AccessStep& step) {
        worker.step = step;
        worker.age = worker.accesses = worker.lost = 0;
        worker.wanted.clear();
        for (const Access& access : step.accesses) {
            worker.wanted[access.resource] += access.count;
            worker.accesses += access.count;
        }
    }

    /// One cycle. It is lost on a step that is after it as far from its end as before.
    void serveAll() {
        std::vector<std::uint64_t> before;
        for (const Worker& worker : workers_) before.push_back(worker.step ? worker.toGo() : 0);
        for (ResourceId resource = 0; resource < lastServed_.size(); ++resource) serve(resource);
        for (std::size_t i = 0; i < workers_.size(); ++i) {
            if (!workers_[i].step) continue;
            ++workers_[i].age;
            if (workers_[i].toGo() == before[i]) ++workers_[i].lost;
        }
    }

    void serve(ResourceId resource) {
        const std::size_t clients = arbitration_.order.size();
        const bool fixed = arbitration_.kind == Arbitration::Fixed;
        for (std::size_t i = 0; i < clients; ++i) {
            const std::size_t place = fixed ? i : (lastServed_[resource] + 1 + i) % clients;
            Worker& worker = workers_[arbitration_.order[place]];
            if (worker.step && worker.wanted[resource] > 0) {
                --worker.wanted[resource];
                lastServed_[resource] = place;
                return;
            }
        }
    }

    const PortArbitration& arbitration_;
    const std::vector<PostedStream>& posted_;
    std::vector<Worker> workers_;          ///< by client
    std::vector<std::size_t> lastServed_;  ///< by resource: place in the order
    PortReferenceResult result_;
};

}  // namespace

PortReferenceResult portReference(std::uint32_t resources, const PortArbitration& arbitration,
                                  const std::vector<PostedStream>& posted, Cycle end) {
    return Reference(resources, arbitration, posted).run(end);
}

}  // namespace systole::memory
