// SPDX-License-Identifier: Apache-2.0
#include "dram_test_support.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace systole::memory::testing {

DdrConfig ddr4At2400() {
    DdrConfig config;
    config.clockHertz = 1.2e9;
    config.timing = {.CL = 17,
                     .CWL = 12,
                     .tRCD = 17,
                     .tRP = 17,
                     .tRAS = 39,
                     .tRC = 56,
                     .tRFC = 420,
                     .tREFI = 9360,
                     .tCCD_S = 4,
                     .tCCD_L = 6,
                     .tRRD_S = 4,
                     .tRRD_L = 6,
                     .tFAW = 26,
                     .tWTR_S = 3,
                     .tWTR_L = 9,
                     .tWR = 18,
                     .tRTP = 9};
    config.power = {.VDD = 1.2,
                    .VPP = 2.5,
                    .IDD0 = 48,
                    .IDD2N = 34,
                    .IDD3N = 43,
                    .IDD4R = 135,
                    .IDD4W = 123,
                    .IDD5 = 250,
                    .IPP0 = 3};
    return config;
}

std::uint64_t SplitMix64::operator()() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

namespace {

using Commands = std::vector<IssuedCommand>;

class Checker {
public:
    Checker(const DdrConfig& config, Commands commands)
        : t_(config.timing),
          half_(config.organization.burstLength / 2),
          commands_(std::move(commands)) {
        std::stable_sort(commands_.begin(), commands_.end(),
                         [](const auto& a, const auto& b) { return a.clock < b.clock; });
    }

    std::vector<std::string> run(const std::vector<RequestRecord>& requests) {
        for (std::size_t later = 0; later < commands_.size(); ++later) {
            for (std::size_t earlier = later; earlier-- > 0;) {
                if (commands_[later].clock - commands_[earlier].clock > t_.tRFC + t_.tRC) {
                    break;
                }
                checkPair(commands_[earlier], commands_[later]);
            }
        }
        checkFourActivates();
        replay(requests);
        checkRefreshRate();
        return std::move(found_);
    }

private:
    static bool isColumn(const IssuedCommand& c) {
        return c.command == Command::Read || c.command == Command::Write;
    }
    static bool touches(const IssuedCommand& precharge, const IssuedCommand& other) {
        return precharge.command == Command::PrechargeAll ||
               (precharge.command == Command::Precharge && precharge.bank == other.bank);
    }

    void expectGap(const char* rule, const IssuedCommand& a, const IssuedCommand& b,
                   std::int64_t gap) {
        if (static_cast<std::int64_t>(b.clock - a.clock) < gap) {
            found_.push_back(fmt::format("{}: {} at {} and {} at {}, {} apart at least", rule,
                                         static_cast<int>(a.command), a.clock,
                                         static_cast<int>(b.command), b.clock, gap));
        }
    }

    void checkPair(const IssuedCommand& a, const IssuedCommand& b) {
        expectGap("command bus", a, b, 1);
        const bool sameGroup = a.bank.bankGroup == b.bank.bankGroup;
        if (isColumn(a) && isColumn(b)) {
            checkColumns(a, b, sameGroup);
        }
        if (a.command == Command::Activate) {
            if (b.command == Command::Activate) {
                expectGap("tRRD", a, b, sameGroup ? t_.tRRD_L : t_.tRRD_S);
                expectGap("tRC", a, b, a.bank == b.bank ? t_.tRC : 0);
            }
            expectGap("tRCD", a, b, isColumn(b) && a.bank == b.bank ? t_.tRCD : 0);
            expectGap("tRAS", a, b, touches(b, a) ? t_.tRAS : 0);
        }
        if (isColumn(a) && touches(b, a)) {
            const bool read = a.command == Command::Read;
            expectGap(read ? "tRTP" : "tWR", a, b, read ? t_.tRTP : t_.CWL + half_ + t_.tWR);
        }
        const bool opensOrRefreshes =
            b.command == Command::Refresh || (b.command == Command::Activate && touches(a, b));
        const bool closes = a.command == Command::Precharge || a.command == Command::PrechargeAll;
        expectGap("tRP", a, b, closes && opensOrRefreshes ? t_.tRP : 0);
        expectGap("tRFC", a, b, a.command == Command::Refresh ? t_.tRFC : 0);
    }

    void checkColumns(const IssuedCommand& a, const IssuedCommand& b, bool sameGroup) {
        const auto dataBegin = [&](const IssuedCommand& c) {
            return static_cast<std::int64_t>(c.clock) +
                   (c.command == Command::Read ? t_.CL : t_.CWL);
        };
        if (a.command == b.command) {
            expectGap("tCCD", a, b, sameGroup ? t_.tCCD_L : t_.tCCD_S);
        } else if (a.command == Command::Read) {
            if (dataBegin(b) - (dataBegin(a) + half_) < 2) {
                found_.push_back(fmt::format("read to write turnaround at {}", b.clock));
            }
        } else if (static_cast<std::int64_t>(b.clock) <
                   dataBegin(a) + half_ + (sameGroup ? t_.tWTR_L : t_.tWTR_S)) {
            found_.push_back(fmt::format("tWTR at {}", b.clock));
        }
        if (dataBegin(b) < dataBegin(a) + half_) {
            found_.push_back(fmt::format("data of {} and {} overlap", a.clock, b.clock));
        }
    }

    void checkFourActivates() {
        Commands activates;
        std::copy_if(commands_.begin(), commands_.end(), std::back_inserter(activates),
                     [](const auto& c) { return c.command == Command::Activate; });
        for (std::size_t i = 4; i < activates.size(); ++i) {
            expectGap("tFAW", activates[i - 4], activates[i], t_.tFAW);
        }
    }

    /// Every access finds its bank open at its row; every request has its column command.
    void replay(const std::vector<RequestRecord>& requests) {
        std::map<Cycle, const RequestRecord*> byClock;
        for (const auto& request : requests) {
            byClock[request.columnClock] = &request;
        }
        std::map<BankId, std::uint32_t> open;
        std::size_t columns = 0;
        for (const auto& c : commands_) {
            bool legal = true;
            if (c.command == Command::Activate) {
                legal = open.emplace(c.bank, c.row).second;
            } else if (c.command == Command::Precharge) {
                legal = open.erase(c.bank) == 1;
            } else if (c.command == Command::PrechargeAll) {
                open.clear();
            } else if (c.command == Command::Refresh) {
                legal = open.empty();
            } else {
                const auto request = byClock.find(c.clock);
                legal = request != byClock.end() && open.count(c.bank) == 1 &&
                        request->second->address.bank == c.bank &&
                        request->second->address.row == open[c.bank] &&
                        request->second->isWrite == (c.command == Command::Write);
                ++columns;
            }
            if (!legal) {
                found_.push_back(
                    fmt::format("state forbids {} at {}", static_cast<int>(c.command), c.clock));
            }
        }
        if (columns != requests.size()) {
            found_.push_back(fmt::format("{} accesses of {} requests", columns, requests.size()));
        }
    }

    /// The n-th refresh comes when it is due, or as soon after as a burst under way allows.
    void checkRefreshRate() {
        Cycle due = t_.tREFI;
        for (const auto& c : commands_) {
            if (c.command != Command::Refresh) {
                if (c.clock >= due + kRefreshSlack) {
                    found_.push_back(fmt::format("no refresh by {}", c.clock));
                    return;
                }
                continue;
            }
            if (c.clock < due || c.clock >= due + kRefreshSlack) {
                found_.push_back(fmt::format("refresh at {}, due at {}", c.clock, due));
            }
            due += t_.tREFI;
        }
    }

    static constexpr Cycle kRefreshSlack = 300;
    DramTiming t_;
    std::int64_t half_;
    Commands commands_;
    std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> violations(const DdrConfig& config, std::vector<IssuedCommand> commands,
                                    const std::vector<RequestRecord>& requests) {
    return Checker(config, std::move(commands)).run(requests);
}

}  // namespace systole::memory::testing
