// SPDX-License-Identifier: Apache-2.0
#include "models/memory/ports/port_arbiter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "models/memory/ports/port_map.hpp"
#include "port_reference.hpp"
#include "random_source.hpp"

namespace systole::memory {
namespace {

/// A machine, what it has been given, and the two models of it.
struct Scene {
    std::uint32_t resources;
    PortArbitration arbitration;
    PortArbiter arbiter;
    std::vector<PostedStream> posted;
    std::vector<Ticket> tickets;

    Scene(std::uint32_t resourceCount, const PortArbitration& order)
        : resources(resourceCount), arbitration(order), arbiter(resourceCount, order) {}

    Cycle now() const { return arbiter.now(); }

    Ticket post(const PostedStream& stream, bool boundKnown = true) {
        AccessStream source = streamOf(stream.steps);
        if (!boundKnown) source.leastCycles = 0;
        posted.push_back(stream);
        tickets.push_back(arbiter.post(stream.client, std::move(source), stream.cycle));
        return tickets.back();
    }

    /// A cycle at which everything posted is complete: all accesses one after the other.
    Cycle horizon() const {
        Cycle cycle = now() + 1;
        for (const PostedStream& stream : posted) {
            cycle = std::max(cycle, stream.cycle + 1);
            for (const AccessStep& step : stream.steps) cycle = std::max(cycle, step.earliest);
        }
        for (const PostedStream& stream : posted) {
            for (const AccessStep& step : stream.steps) {
                cycle += step.cycles;
                for (const Access& access : step.accesses) cycle += access.count;
            }
        }
        return cycle;
    }

    /// Predictions if nothing else is posted, in a random order.
    void expectPredictions(RandomSource& random) const {
        const auto expected = portReference(resources, arbitration, posted, horizon());
        std::vector<std::size_t> asked(posted.size());
        for (std::size_t i = 0; i < asked.size(); ++i) {
            asked[i] = i;
            std::swap(asked[i], asked[random.between(0, static_cast<std::uint32_t>(i))]);
        }
        for (const std::size_t i : asked) {
            const Cycle completion = std::max(expected.completions[i], now());
            EXPECT_EQ(arbiter.completion(tickets[i]), completion) << "stream " << i;
            EXPECT_LE(arbiter.completesNoSoonerThan(tickets[i]), completion) << "stream " << i;
            EXPECT_EQ(arbiter.completesNoSoonerThan(tickets[i]) > now(), completion > now());
        }
    }

    /// What has happened before now().
    void expectPast() const {
        const auto expected = portReference(resources, arbitration, posted, now());
        for (std::size_t i = 0; i < posted.size(); ++i) {
            EXPECT_EQ(arbiter.isComplete(tickets[i]), expected.completions[i] != kIncomplete)
                << "stream " << i;
        }
        for (ClientId client = 0; client < arbitration.order.size(); ++client) {
            const PortCounters& counters = arbiter.counters(client);
            EXPECT_EQ(counters.accesses, expected.counters[client].accesses);
            EXPECT_EQ(counters.waitCycles, expected.counters[client].waitCycles);
            EXPECT_EQ(counters.bankConflictCycles, expected.counters[client].bankConflictCycles);
        }
    }
};

PortArbitration randomOrder(RandomSource& random, std::uint32_t clients) {
    PortArbitration arbitration;
    arbitration.kind = random.pick({Arbitration::Fixed, Arbitration::RoundRobin});
    for (ClientId client = 0; client < clients; ++client) {
        arbitration.order.push_back(client);
        std::swap(arbitration.order.back(), arbitration.order[random.between(0, client)]);
    }
    return arbitration;
}

/// What kind of streams a case is about; all at random else.
struct Habits {
    std::uint32_t mostSteps;
    std::uint32_t mostAccesses;
    std::uint32_t mostCount;
    std::uint32_t percentSlow;  ///< of the steps: more cycles, or a later beginning
};

Habits randomHabits(RandomSource& random) {
    return {random.pick<std::uint32_t>({1, 4, 12}), random.between(1, 5), random.between(1, 4),
            random.pick<std::uint32_t>({0, 20, 60})};
}

std::vector<AccessStep> randomSteps(RandomSource& random, const Habits& habits,
                                    std::uint32_t resources, Cycle now) {
    std::vector<AccessStep> steps(random.between(random.percent(90) ? 1 : 0, habits.mostSteps));
    for (AccessStep& step : steps) {
        if (random.percent(habits.percentSlow)) step.cycles = random.between(1, 5);
        if (random.percent(habits.percentSlow)) step.earliest = now + random.between(0, 20);
        const std::uint32_t accesses = random.between(0, habits.mostAccesses);
        for (std::uint32_t i = 0; i < accesses; ++i) {
            step.accesses.push_back({random.between(0, resources - 1),
                                     random.between(random.percent(95) ? 1 : 0, habits.mostCount)});
        }
    }
    return steps;
}

/// Now, soon, or exactly when a stream is complete or may be.
Cycle randomPostTime(RandomSource& random, const Scene& scene) {
    if (scene.tickets.empty() || random.percent(25)) return scene.now();
    if (random.percent(40)) return scene.now() + random.between(0, 15);
    const Ticket& ticket =
        scene.tickets[random.between(0, static_cast<std::uint32_t>(scene.tickets.size()) - 1)];
    return random.percent(70) ? scene.arbiter.completion(ticket)
                              : scene.arbiter.completesNoSoonerThan(ticket);
}

void runRandomScene(std::uint64_t seed) {
    RandomSource random(seed);
    const std::uint32_t clients = random.between(1, 4);
    Scene scene(random.between(1, 6), randomOrder(random, clients));
    const Habits habits = randomHabits(random);
    const std::uint32_t posts = random.between(1, 8);
    for (std::uint32_t i = 0; i < posts; ++i) {
        const Cycle cycle = randomPostTime(random, scene);
        if (random.percent(30)) scene.arbiter.advance(cycle);
        scene.post({random.between(0, clients - 1), cycle,
                    randomSteps(random, habits, scene.resources, cycle)},
                   random.percent(70));
        if (random.percent(50)) scene.expectPredictions(random);
        if (random.percent(30)) scene.arbiter.advance(cycle + random.between(0, 6));
        if (random.percent(50)) scene.expectPast();
    }
    scene.expectPredictions(random);
    scene.arbiter.advance(scene.horizon());
    scene.expectPast();
}

TEST(PortArbiter, CompletionsAndCountersAreThoseOfABruteForceModel) {
    for (std::uint64_t seed = 1; seed <= 4000; ++seed) {
        runRandomScene(seed);
        if (HasFailure()) FAIL() << "seed " << seed;
    }
}

constexpr ClientId kArray = 0;
constexpr ClientId kDma = 1;

/// The array reads some words in every step, DMA writes bursts that arrive at random cycles.
struct SharedScratchpad {
    std::vector<std::vector<std::uint64_t>> reads;
    std::vector<std::pair<Cycle, std::vector<std::uint64_t>>> bursts;
};

SharedScratchpad randomPatterns(RandomSource& random) {
    const std::uint32_t words = random.pick<std::uint32_t>({4, 64, 4096});
    const auto addresses = [&](std::uint32_t count) {
        std::vector<std::uint64_t> list(count);
        for (std::uint64_t& word : list) word = random.between(0, words - 1);
        return list;
    };
    SharedScratchpad patterns;
    for (int i = 0; i < 60; ++i) patterns.reads.push_back(addresses(random.between(0, 4)));
    Cycle arrival = 0;
    for (int i = 0; i < 20; ++i) {
        arrival += random.between(0, 8);
        patterns.bursts.emplace_back(arrival, addresses(random.between(1, 4)));
    }
    return patterns;
}

struct Outcome {
    Cycle arrayCycles = 0;
    Cycle lastBurst = 0;
    PortCounters array;
    PortCounters dma;
};

/// Every burst is posted when it arrives; the array is posted at 0.
Outcome arbitrate(const SharedScratchpad& patterns, const PortMap& map,
                  const PortArbitration& arbitration) {
    PortArbiter ports(map.end(), arbitration);
    std::vector<AccessStep> steps(patterns.reads.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
        for (const std::uint64_t word : patterns.reads[i]) map.read(word, steps[i]);
    }
    const Ticket array = ports.post(kArray, streamOf(steps), 0);
    Outcome outcome;
    // The process that waits for the array: asleep until it may be complete, then asks again.
    const auto sleepUntil = [&](Cycle end) {
        for (Cycle next; (next = ports.completesNoSoonerThan(array)) > ports.now();) {
            if (next > end) return;
            ports.advance(next);
            if (ports.isComplete(array)) outcome.arrayCycles = ports.now();
        }
    };
    Ticket last;
    for (const auto& [arrival, words] : patterns.bursts) {
        sleepUntil(arrival);
        AccessStep burst;
        for (const std::uint64_t word : words) map.write(word, burst);
        last = ports.post(kDma, streamOf({burst}), arrival);
    }
    outcome.lastBurst = ports.completion(last);
    sleepUntil(~Cycle{0});
    ports.advance(std::max(ports.now(), outcome.lastBurst));
    outcome.array = ports.counters(kArray);
    outcome.dma = ports.counters(kDma);
    return outcome;
}

/// The same cycle by cycle. `portOf` names the port of an access: bank, or bank and direction.
template <typename PortOf>
Outcome bruteForce(const SharedScratchpad& patterns, PortOf&& portOf, bool arrayFirst) {
    Outcome outcome;
    std::vector<std::vector<int>> reads;
    std::vector<std::vector<int>> writes;
    for (const auto& step : patterns.reads) {
        reads.emplace_back();
        for (const std::uint64_t word : step) reads.back().push_back(portOf(word, false));
    }
    for (const auto& [arrival, words] : patterns.bursts) {
        writes.emplace_back();
        for (const std::uint64_t word : words) writes.back().push_back(portOf(word, true));
    }
    std::size_t step = 0;
    std::size_t burst = 0;
    for (Cycle cycle = 0; step < reads.size() || burst < writes.size(); ++cycle) {
        std::vector<int> taken;
        const auto serve = [&](std::vector<int>& wanted) {
            std::vector<int> left;
            for (const int port : wanted) {
                const bool isFree = std::find(taken.begin(), taken.end(), port) == taken.end();
                (isFree ? taken : left).push_back(port);
            }
            wanted = left;
            return left.empty();
        };
        const bool reading = step < reads.size();
        const bool writing = burst < writes.size() && patterns.bursts[burst].first <= cycle;
        bool readDone = false;
        if (reading && arrayFirst) readDone = serve(reads[step]);
        const bool writeDone = writing && serve(writes[burst]);
        if (reading && !arrayFirst) readDone = serve(reads[step]);
        if (readDone && ++step == reads.size()) outcome.arrayCycles = cycle + 1;
        if (writeDone && ++burst == writes.size()) outcome.lastBurst = cycle + 1;
    }
    return outcome;
}

void expectSharedScratchpad(PortKind kind) {
    Cycle lost = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        RandomSource random(seed);
        const SharedScratchpad patterns = randomPatterns(random);
        const std::uint32_t banks = random.between(1, 6);
        const bool arrayFirst = random.percent(50);
        const PortMap map(0, banks, kind);
        const Outcome outcome =
            arbitrate(patterns, map,
                      {Arbitration::Fixed, arrayFirst ? std::vector<ClientId>{kArray, kDma}
                                                      : std::vector<ClientId>{kDma, kArray}});
        const auto portOf = [&](std::uint64_t word, bool write) {
            const auto bank = static_cast<int>(word % banks);
            return kind == PortKind::OneReadWrite || !write ? bank : bank + 100;
        };
        const Outcome expected = bruteForce(patterns, portOf, arrayFirst);
        SharedScratchpad arrayOnly = patterns;
        arrayOnly.bursts.clear();
        const Cycle alone = bruteForce(arrayOnly, portOf, true).arrayCycles;
        ASSERT_EQ(outcome.arrayCycles, expected.arrayCycles) << "seed " << seed;
        ASSERT_EQ(outcome.lastBurst, expected.lastBurst) << "seed " << seed;
        ASSERT_EQ(outcome.array.waitCycles, expected.arrayCycles - alone) << "seed " << seed;
        ASSERT_EQ(outcome.array.bankConflictCycles, alone - patterns.reads.size())
            << "seed " << seed;
        lost += outcome.array.waitCycles;
    }
    EXPECT_EQ(lost > 0, kind == PortKind::OneReadWrite);
}

TEST(PortArbiter, ASinglePortedScratchpadLosesToDmaWhatBruteForceLoses) {
    expectSharedScratchpad(PortKind::OneReadWrite);
}

TEST(PortArbiter, AReadAndAWritePortLoseNothingToDmaThatOnlyWrites) {
    expectSharedScratchpad(PortKind::OneReadOneWrite);
}

/// Steps of a client that is interrupted: accesses of one cycle, and pauses.
std::vector<AccessStep> interruptibleSteps(RandomSource& random, std::uint32_t resources) {
    std::vector<AccessStep> steps(random.between(1, 15));
    for (AccessStep& step : steps) {
        if (random.percent(30)) {
            step.cycles = random.between(1, 6);
        } else {
            step.accesses.push_back({random.between(0, resources - 1), random.between(1, 3)});
        }
    }
    return steps;
}

/// What is left behind the first `cycles` of the steps.
std::vector<AccessStep> behind(const std::vector<AccessStep>& steps, Cycle cycles) {
    std::vector<AccessStep> rest;
    for (AccessStep step : steps) {
        const Cycle gone = std::min(cycles, step.cycles);
        cycles -= gone;
        step.cycles -= gone;
        if (step.cycles > 0) rest.push_back(step);
    }
    return rest;
}

void interruptAtRandom(std::uint64_t seed) {
    RandomSource random(seed);
    const std::uint32_t resources = random.between(1, 4);
    const PortArbitration order = randomOrder(random, 2);
    PortArbiter plain(resources, order);
    PortArbiter cut(resources, order);
    const std::vector<AccessStep> rival = interruptibleSteps(random, resources);
    std::vector<AccessStep> steps = interruptibleSteps(random, resources);
    const Ticket whole = plain.post(0, streamOf(steps), 0);
    const Ticket rivalPlain = plain.post(1, streamOf(rival), 0);
    Ticket last = cut.post(0, streamOf(steps), 0);
    const Ticket rivalCut = cut.post(1, streamOf(rival), 0);
    for (Cycle now = random.between(0, 6); !cut.isComplete(last); now += random.between(0, 6)) {
        cut.advance(now);
        if (cut.isComplete(last)) break;
        steps = behind(steps, cut.cut(0));
        last = cut.post(0, streamOf(steps), now);
    }
    EXPECT_LE(plain.completion(whole), cut.now());
    const Cycle end = std::max(plain.completion(rivalPlain), plain.completion(whole)) + 1;
    EXPECT_EQ(cut.completion(rivalCut), std::max(plain.completion(rivalPlain), cut.now()));
    plain.advance(std::max(end, cut.now()));
    cut.advance(std::max(end, cut.now()));
    for (const ClientId client : {0U, 1U}) EXPECT_EQ(cut.counters(client), plain.counters(client));
}

TEST(PortArbiter, GivingBackWhatACutLeavesChangesNothing) {
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        SCOPED_TRACE(testing::Message() << "seed " << seed);
        interruptAtRandom(seed);
        if (testing::Test::HasFailure()) return;
    }
}

}  // namespace
}  // namespace systole::memory
