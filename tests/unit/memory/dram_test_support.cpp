// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/memory/dram_test_support.hpp"

#include <algorithm>
#include <filesystem>

#include "sim/config/dram/dram_loader.hpp"

namespace systole::memory::testing {

const std::vector<std::string>& partNames() {
    static const std::vector<std::string> kNames = [] {
        std::vector<std::string> names;
        const auto folder = std::filesystem::path(SYSTOLE_SOURCE_DIR) / "configs/dram";
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            const DramConfig config = sim::loadDram(entry.path(), {});
            if (config.ddr && config.ddr->organization.channels == 1) {
                names.push_back(entry.path().stem().string());
            }
        }
        std::sort(names.begin(), names.end());
        return names;
    }();
    return kNames;
}

DdrConfig part(const std::string& name, const std::vector<std::string>& overrides) {
    const auto folder = std::filesystem::path(SYSTOLE_SOURCE_DIR) / "configs/dram";
    return *sim::loadDram(folder / (name + ".yaml"), overrides).ddr;
}

DdrConfig ddr4At2400(const std::vector<std::string>& overrides) {
    return part("ddr4_2400", overrides);
}

Cycle drive(MemoryController& controller, std::uint64_t count,
            const std::function<TimedRequest(std::uint64_t)>& request, const Done& done) {
    const auto tell = [&](const std::optional<ServedBurst>& burst) {
        if (burst) {
            done(*burst);
        }
        return burst ? burst->columnClock + 1 : Cycle{0};
    };
    Cycle now = 0;
    for (std::uint64_t k = 0; k < count; ++k) {
        TimedRequest next = request(k);
        next.request.tag = k;
        now = std::max(now, next.arrival);
        while (controller.nextClock() < now) {
            tell(controller.step());
        }
        while (!controller.hasRoom(next.request.isWrite)) {
            now = std::max(now, tell(controller.step()));
        }
        while (controller.nextClock() < now) {
            tell(controller.step());
        }
        tell(controller.offer(next.request, now));
        ++now;
    }
    while (controller.waiting() > 0) {
        tell(controller.step());
    }
    return controller.lastDataClock();
}

TimedRequest read(const DramAddress& address, Cycle arrival) {
    return {{0, address, false}, arrival};
}

TimedRequest write(const DramAddress& address, Cycle arrival) {
    return {{0, address, true}, arrival};
}

CommandLog::CommandLog(MemoryController& controller) {
    controller.observe([this](const IssuedCommand& issued) { commands_.push_back(issued); });
}

std::vector<std::string> CommandLog::names() const {
    std::vector<std::string> names;
    for (const IssuedCommand& issued : commands_) {
        names.emplace_back(kCommandNames[indexOf(issued.command)]);
    }
    return names;
}

std::uint64_t CommandLog::count(Command command) const {
    return static_cast<std::uint64_t>(
        std::count_if(commands_.begin(), commands_.end(),
                      [&](const IssuedCommand& issued) { return issued.command == command; }));
}

}  // namespace systole::memory::testing
