// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "tests/oracle/dram_checker.hpp"
#include "tests/oracle/dram_spec.hpp"

namespace oracle {

/// The commands that `systole dram --commands FILE` lists. Throws std::runtime_error with file and
/// line where a line is not one.
class DramListing {
public:
    explicit DramListing(const std::string& path);

    /// Reads the next command; false at the end.
    bool next(std::uint32_t& channel, DramEvent& event);

private:
    [[noreturn]] void fail(const std::string& what) const;
    std::uint32_t number(std::string_view field, bool mayBeEmpty) const;

    std::string path_;
    std::ifstream stream_;
    std::string text_;
    std::uint64_t line_ = 0;
};

/// A part of configs/dram, with the standard and the controller that it names.
struct DramPart {
    bool isDdr = false;  ///< else nothing of the rest is known
    std::uint32_t channels = 1;
    DramSpec spec;
};

/// Reads the YAML itself, not through the project's reader. Throws YAML::Exception.
DramPart readDramPart(const std::string& path);

struct ListingVerdict {
    std::uint64_t commands = 0;
    std::map<DramOp, std::uint64_t> commandsOf;
    std::uint64_t violations = 0;
    std::vector<std::string> texts;  ///< the first of each channel
};

/// Replays a listing, each channel through a checker of its own.
ListingVerdict checkListing(const DramPart& part, const std::string& listing);

}  // namespace oracle
