// SPDX-License-Identifier: Apache-2.0
#include "sim/base/host_memory.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <exception>
#include <fstream>
#include <limits>
#include <vector>

#include "sim/base/config_error.hpp"

namespace systole::sim {
namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

/// The number at the beginning of a file; `fallback` where there is none, as in "max".
std::uint64_t numberIn(const char* path, std::uint64_t fallback) {
    std::ifstream file(path);
    std::uint64_t number = 0;
    return file >> number ? number : fallback;
}

/// In bytes: a line of a file under /proc that begins with `name`, in KiB there.
std::uint64_t lineIn(const char* path, const std::string& name, std::uint64_t fallback) {
    std::ifstream file(path);
    for (std::string word; file >> word;) {
        std::uint64_t kibibytes = 0;
        if (word == name && file >> kibibytes) {
            return kibibytes * 1024;
        }
    }
    return fallback;
}

std::uint64_t rest(std::uint64_t limit, std::uint64_t used) {
    return limit == kUnlimited ? limit : limit - std::min(limit, used);
}

/// What the process's limit leaves. Its address space counts, whether it is used or not.
std::uint64_t processRest() {
    struct rlimit limit {};
    if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return kUnlimited;
    }
    return rest(limit.rlim_cur, lineIn("/proc/self/status", "VmSize:", 0));
}

std::uint64_t groupRest() {
    const std::uint64_t second = rest(numberIn("/sys/fs/cgroup/memory.max", kUnlimited),
                                      numberIn("/sys/fs/cgroup/memory.current", 0));
    const std::uint64_t first =
        rest(numberIn("/sys/fs/cgroup/memory/memory.limit_in_bytes", kUnlimited),
             numberIn("/sys/fs/cgroup/memory/memory.usage_in_bytes", 0));
    return std::min(first, second);
}

std::vector<std::string>& works() {
    static std::vector<std::string> all;
    return all;
}

/// Of the work that an exception has ended: its destructor runs before the sentence is made.
std::string& interrupted() {
    static std::string what;
    return what;
}

std::string sizeText(std::uint64_t bytes) {
    constexpr double kMebi = 1U << 20;
    constexpr double kGibi = 1U << 30;
    const auto size = static_cast<double>(bytes);
    return size < kGibi ? fmt::format("{:.0f} MiB", size / kMebi)
                        : fmt::format("{:.1f} GiB", size / kGibi);
}

}  // namespace

std::uint64_t availableMemory() {
    return std::min(
        {lineIn("/proc/meminfo", "MemAvailable:", kUnlimited), processRest(), groupRest()});
}

void checkMemory(std::uint64_t bytes, const std::string& what, const std::string& expected) {
    if (const std::uint64_t available = availableMemory(); bytes > available) {
        throw ConfigError(fmt::format("{} takes about {} of memory, {} are available, expected {}",
                                      what, sizeText(bytes), sizeText(available), expected));
    }
}

WorkInHand::WorkInHand(std::string what) {
    works().push_back(std::move(what));
    interrupted().clear();
}

WorkInHand::~WorkInHand() {
    if (std::uncaught_exceptions() > 0 && interrupted().empty()) {
        interrupted().swap(works().back());
    }
    works().pop_back();
}

std::string outOfMemoryText() {
    const std::string& what = !interrupted().empty() ? interrupted()
                              : works().empty()      ? std::string("the command")
                                                     : works().back();
    return fmt::format(
        "out of memory: {} is too large for the memory of this process, expected a smaller one, or "
        "more memory",
        what);
}

}  // namespace systole::sim
