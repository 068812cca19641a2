// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/oracle/dram_spec.hpp"
#include "tests/oracle/dram_timings.hpp"

/// What the DRAM checker keeps of the past, apart from its banks.
namespace oracle {

/// What was found wrong. Keeps the texts of the first ones and counts all.
class DramFindings {
public:
    void add(std::string text);

    /// `next` may follow `previous` after `clocks`.
    void require(const char* rule, const std::optional<DramEvent>& previous, const DramEvent& next,
                 std::int64_t clocks) {
        if (previous && next.clock - previous->clock < clocks) {
            addTooEarly(rule, *previous, next, clocks);
        }
    }

    const std::vector<std::string>& texts() const { return texts_; }
    std::uint64_t count() const { return count_; }

private:
    void addTooEarly(const char* rule, const DramEvent& previous, const DramEvent& next,
                     std::int64_t clocks);

    std::vector<std::string> texts_;
    std::uint64_t count_ = 0;
};

/// The clocks in which a command is on its bus.
class CommandBuses {
public:
    explicit CommandBuses(const DramSpec& spec) : slots_(spec.commands) {}
    void place(const DramEvent& event, DramFindings& findings);

private:
    struct Use {
        std::int64_t end = 0;
        DramEvent event;
    };
    std::map<DramOp, DramSlot> slots_;
    std::map<std::string, Use> last_;
};

/// The bursts on a data bus, as intervals.
class DataBus {
public:
    explicit DataBus(const DramTimings& timings);
    void place(const DramEvent& event, DramFindings& findings);

private:
    struct Burst {
        std::int64_t start = 0;
        std::int64_t end = 0;
        DramEvent event;
    };
    void requireOrder(const Burst& first, const Burst& second, const DramEvent& event,
                      DramFindings& findings) const;

    std::int64_t readLatency_;
    std::int64_t writeLatency_;
    std::int64_t burst_;
    std::int64_t rankGap_;
    std::vector<Burst> recent_;  ///< those that a later command might still meet
};

/// Whether a rank is refreshed often enough, and not too often. Counted in sets of banks: a REF
/// refreshes all sets. Self-refresh does its own; what was owed before it is owed after it.
class RefreshLedger {
public:
    RefreshLedger(const DramSpec& spec, const DramTimings& timings, std::uint32_t rank);

    void refresh(const DramEvent& event, DramFindings& findings);
    void enterSelfRefresh(const DramEvent& event, DramFindings& findings);
    void exitSelfRefresh(const DramEvent& event);
    /// Nothing more is issued up to `clock`.
    void finish(std::int64_t clock, DramFindings& findings) const;

private:
    /// In which all sets are refreshed, the way they are now.
    std::int64_t interval() const { return step_ == 1 ? intervalByBank_ : intervalOfAll_; }
    void requireInTime(std::int64_t clock, const std::string& what, DramFindings& findings) const;
    void requireNotEarly(const DramEvent& event, DramFindings& findings) const;
    void markSet(const DramEvent& event, DramFindings& findings);
    void requireWindow(const DramEvent& event, DramFindings& findings);

    bool sameBank_;
    std::int64_t banksPerGroup_;
    std::int64_t sets_;
    std::int64_t intervalOfAll_;  ///< 0: no rate
    std::int64_t intervalByBank_;
    std::int64_t postponed_;
    std::int64_t slack_;
    std::int64_t mostInTwoIntervals_;

    std::int64_t epoch_;     ///< intervals are counted from here
    std::int64_t done_ = 0;  ///< sets refreshed since, and before if ahead (or less if behind)
    std::int64_t ahead_;     ///< sets that may be refreshed before they are due
    std::int64_t step_;      ///< sets of the last refresh
    std::int64_t entry_ = 0;
    std::int64_t sinceExit_ = 0;
    std::optional<DramEvent> exit_;
    std::vector<bool> refreshed_;  ///< in this round
    std::int64_t refreshedCount_ = 0;
    std::vector<std::optional<DramEvent>> window_;  ///< the last REFs, in a ring
    std::size_t windowNext_ = 0;
};

}  // namespace oracle
