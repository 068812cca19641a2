// SPDX-License-Identifier: Apache-2.0
#include "sim/dram/dram_trace.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>

#include "sim/base/config_error.hpp"
#include "sim/base/input_file.hpp"
#include "sim/base/spelling.hpp"
#include "sim/base/text.hpp"

namespace systole::sim {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 18U;
constexpr std::size_t kMostProblems = 10;
/// A week of a DRAM's time, far beyond what can be replayed; keeps sums of cycles from overflowing.
constexpr std::uint64_t kLastCycle = 1'000'000'000'000'000;
constexpr const char* kExpectedLine =
    "expected 'cycle read|write address' or '0xADDRESS READ|WRITE cycle'";

constexpr std::array<std::string_view, 4> kReadNames{"read", "r", "ld", "p_mem_rd"};
constexpr std::array<std::string_view, 4> kWriteNames{"write", "w", "st", "p_mem_wr"};

bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

bool equalsIgnoringCase(std::string_view text, std::string_view lower) {
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == b;
    });
}

template <class Names>
bool isOneOf(std::string_view text, const Names& names) {
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view name) { return equalsIgnoringCase(text, name); });
}

bool isHexadecimal(std::string_view text) {
    return text.starts_with("0x") || text.starts_with("0X");
}

/// As a message can show it.
std::string quoted(std::string_view text) {
    constexpr std::size_t kLongest = 40;
    return fmt::format("'{}{}'", printable(text.substr(0, kLongest)),
                       text.size() > kLongest ? "..." : "");
}

std::string systemReason() { return std::generic_category().message(errno); }

}  // namespace

TraceSource::TraceSource(std::filesystem::path file, std::uint64_t capacityBytes,
                         std::uint64_t most)
    : file_(std::move(file)),
      capacityBytes_(capacityBytes),
      left_(most),
      stream_(nullptr, &std::fclose),
      buffer_(kBufferBytes) {
    if (const std::string problem = inputProblem(file_); !problem.empty()) {
        throw ConfigError(fmt::format("{}: {}, expected a trace", file_.string(), problem));
    }
    stream_.reset(std::fopen(file_.c_str(), "rb"));
    if (!stream_) {
        throw ConfigError(fmt::format("{}: cannot be read: {}", file_.string(), systemReason()));
    }
    std::error_code unknown;
    const std::uintmax_t size = std::filesystem::file_size(file_, unknown);
    fileBytes_ = unknown ? 0 : size;
}

std::size_t TraceSource::fill(std::span<memory::ReplayRequest> block) {
    std::size_t count = 0;
    std::string_view line;
    while (count < block.size() && left_ > 0 && nextLine(line)) {
        if (parse(line, block[count])) {
            ++count;
            ++requests_;
            --left_;
        } else if (problems_.size() == kMostProblems) {
            fail();
        }
        // Beyond a bad line nothing is replayed any more.
        if (!problems_.empty()) count = 0;
    }
    if (!problems_.empty()) fail();
    if (requests_ == 0 && !block.empty()) {
        throw ConfigError(fmt::format(
            "{}: holds no request, expected lines of 'cycle read|write address'", file_.string()));
    }
    return count;
}

/// The next line, without its end; false after the last one. Valid until the next call.
bool TraceSource::nextLine(std::string_view& line) {
    std::size_t end = unread_.find('\n');
    while (end == std::string_view::npos && !atEnd_) {
        if (unread_.size() == buffer_.size()) {
            ++line_;
            note(1, fmt::format("a line of more than {} bytes, {}", buffer_.size(), kExpectedLine));
            fail();
        }
        const std::size_t searched = unread_.size();
        refill();
        end = unread_.find('\n', searched);
    }
    if (unread_.empty()) return false;
    line = unread_.substr(0, end);
    unread_.remove_prefix(std::min(line.size() + 1, unread_.size()));
    ++line_;
    return true;
}

void TraceSource::refill() {
    if (!unread_.empty()) std::memmove(buffer_.data(), unread_.data(), unread_.size());
    const std::size_t read = std::fread(buffer_.data() + unread_.size(), 1,
                                        buffer_.size() - unread_.size(), stream_.get());
    if (read == 0 && std::ferror(stream_.get()) != 0) {
        throw ConfigError(fmt::format("{}: cannot be read: {}", file_.string(), systemReason()));
    }
    atEnd_ = read == 0;
    bytesRead_ += read;
    unread_ = {buffer_.data(), unread_.size() + read};
}

/// False where the line holds no request; a bad one is noted.
bool TraceSource::parse(std::string_view line, memory::ReplayRequest& request) {
    std::array<Field, 3> fields;
    std::size_t count = 0;
    for (std::size_t at = 0; at < line.size() && line[at] != '#';) {
        if (isBlank(line[at])) {
            ++at;
            continue;
        }
        std::size_t end = at;
        while (end < line.size() && !isBlank(line[end]) && line[end] != '#') ++end;
        const Field field{line.substr(at, end - at), at + 1};
        if (count == fields.size()) {
            note(field.column, fmt::format("{} after the request, {}", quoted(field.text),
                                           "expected the end of the line or a # comment"));
            return false;
        }
        fields.at(count++) = field;
        at = end;
    }
    if (count == 0) return false;
    if (count < fields.size()) {
        note(1, fmt::format("{} field{} only, {}", count, count == 1 ? "" : "s", kExpectedLine));
        return false;
    }
    const bool addressFirst = isHexadecimal(fields[0].text);
    const auto cycle = number(fields[addressFirst ? 2 : 0], "cycle", kLastCycle, "decimal digits");
    if (!cycle) return false;
    const auto isWrite = access(fields[1]);
    if (!isWrite) return false;
    const auto address = number(fields[addressFirst ? 0 : 2], "address", capacityBytes_ - 1,
                                "decimal digits, or 0x and hexadecimal ones");
    if (!address) return false;
    if (*cycle < lastCycle_) {
        note(fields[addressFirst ? 2 : 0].column,
             fmt::format("cycle {} after cycle {}, expected cycles that never decrease", *cycle,
                         lastCycle_));
        return false;
    }
    lastCycle_ = *cycle;
    request = {*address, *cycle, *isWrite};
    return true;
}

std::optional<std::uint64_t> TraceSource::number(const Field& field, const char* what,
                                                 std::uint64_t most, const char* expected) {
    const bool hexadecimal = isHexadecimal(field.text) && std::string_view(what) == "address";
    const char* first = field.text.data() + (hexadecimal ? 2 : 0);
    const char* last = field.text.data() + field.text.size();
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(first, last, value, hexadecimal ? 16 : 10);
    if (first == last || end != last || error == std::errc::invalid_argument) {
        note(field.column,
             fmt::format("{} is no {}, expected {}", quoted(field.text), what, expected));
        return std::nullopt;
    }
    if (error == std::errc::result_out_of_range || value > most) {
        note(field.column,
             fmt::format("{} {} is too large, expected at most {}", what, quoted(field.text),
                         hexadecimal ? fmt::format("{:#x}", most) : fmt::format("{}", most)));
        return std::nullopt;
    }
    return value;
}

std::optional<bool> TraceSource::access(const Field& field) {
    if (isOneOf(field.text, kReadNames)) return false;
    if (isOneOf(field.text, kWriteNames)) return true;
    note(field.column,
         fmt::format("{} is no access, expected read or write{}", quoted(field.text),
                     suggestion(std::string(field.text.substr(0, 16)), {"read", "write"})));
    return std::nullopt;
}

void TraceSource::note(std::size_t column, const std::string& problem) {
    if (problems_.size() < kMostProblems) {
        problems_.push_back(fmt::format("{}:{}:{}: {}", file_.string(), line_, column, problem));
    }
}

void TraceSource::fail() { throw ConfigError::ofLines(problems_); }

}  // namespace systole::sim
