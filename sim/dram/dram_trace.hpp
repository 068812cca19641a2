// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/memory/dram/request_source.hpp"

namespace systole::sim {

/// Requests of a text file, a line each:
///
///     cycle read|write address        # a comment
///     0xADDRESS READ|WRITE cycle      DRAMsim3's order: the leading 0x tells
///
/// A cycle is a clock of the memory and never less than the one before. An address is decimal or
/// hexadecimal (0x), within the capacity, of any byte of the burst. read, r, ld and P_MEM_RD mean
/// the same, write, w, st and P_MEM_WR as well, in any case.
///
/// The file is read as it is used, so that its size does not matter. The first bad line ends the
/// replay: `fill` then looks for more of them, up to ten, and throws a ConfigError with the place
/// of each.
class TraceSource final : public memory::RequestSource {
public:
    /// `most`: requests after which the file is left as if it ended there.
    TraceSource(std::filesystem::path file, std::uint64_t capacityBytes,
                std::uint64_t most = std::numeric_limits<std::uint64_t>::max());

    std::size_t fill(std::span<memory::ReplayRequest> block) override;

    std::uint64_t bytesRead() const { return bytesRead_; }
    /// 0 where that is not known (a pipe).
    std::uint64_t fileBytes() const { return fileBytes_; }

private:
    struct Field {
        std::string_view text;
        std::size_t column = 0;
    };

    bool nextLine(std::string_view& line);
    void refill();
    bool parse(std::string_view line, memory::ReplayRequest& request);
    std::optional<std::uint64_t> number(const Field& field, const char* what, std::uint64_t most,
                                        const char* expected);
    std::optional<bool> access(const Field& field);
    void note(std::size_t column, const std::string& problem);
    [[noreturn]] void fail();

    std::filesystem::path file_;
    std::uint64_t capacityBytes_;
    std::uint64_t left_;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream_;
    std::uint64_t fileBytes_ = 0;
    std::uint64_t bytesRead_ = 0;
    std::vector<char> buffer_;
    std::string_view unread_;  ///< of the buffer
    bool atEnd_ = false;
    std::uint64_t line_ = 0;
    std::uint64_t requests_ = 0;
    Cycle lastCycle_ = 0;
    std::vector<std::string> problems_;
};

}  // namespace systole::sim
