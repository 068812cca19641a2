// SPDX-License-Identifier: Apache-2.0
#include "models/cost/netlist/resubstitution.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "models/cost/netlist/resubstitution_search.hpp"

namespace systole::cost {
namespace {

/// All that a result follows from.
using Key = std::vector<std::uint32_t>;

Key keyOf(const Netlist& netlist, const Word& outputs) {
    Key key{static_cast<std::uint32_t>(netlist.cells().size())};
    const auto append = [&](Signal signal) {
        key.push_back(2 * signal.cell() + (signal.isComplemented() ? 1 : 0));
    };
    for (const Cell& cell : netlist.cells()) {
        key.push_back(static_cast<std::uint32_t>(cell.kind));
        key.push_back(static_cast<std::uint32_t>(cell.part));
        std::for_each(cell.inputs.begin(), cell.inputs.end(), append);
    }
    std::for_each(outputs.begin(), outputs.end(), append);
    return key;
}

/// Results are kept: the costs of a machine ask for the same circuit again and again.
class KnownResults {
public:
    struct Result {
        Netlist netlist;
        Word outputs;
    };

    std::optional<Result> find(const Key& key) const {
        const std::lock_guard lock(mutex_);
        const auto found = results_.find(key);
        return found == results_.end() ? std::nullopt : std::optional(found->second);
    }

    void add(const Key& key, const Result& result) {
        const std::lock_guard lock(mutex_);
        results_.emplace(key, result);
    }

private:
    mutable std::mutex mutex_;
    std::map<Key, Result> results_;
};

}  // namespace

Netlist resubstitute(const Netlist& netlist, Word& outputs) {
    const std::vector<bool> live = netlist.liveCells(outputs);
    std::size_t gates = 0;
    for (std::size_t i = 0; i < live.size(); ++i) {
        gates += live[i] && inputCount(netlist.cells()[i].kind) != 0 ? 1 : 0;
    }
    if (netlist.inputCount() > kMostResubstitutionInputs || gates > kMostResubstitutionGates) {
        return netlist;
    }
    static KnownResults known;
    const Key key = keyOf(netlist, outputs);
    if (const auto result = known.find(key)) {
        outputs = result->outputs;
        return result->netlist;
    }
    Netlist smaller = searchSmaller(netlist, outputs);
    known.add(key, {smaller, outputs});
    return smaller;
}

}  // namespace systole::cost
