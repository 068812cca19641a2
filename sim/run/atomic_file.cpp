// SPDX-License-Identifier: Apache-2.0
#include "sim/run/atomic_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>

#include "sim/config_error.hpp"

namespace systole::sim {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

[[noreturn]] void fail(const std::filesystem::path& path) {
    throw ConfigError(fmt::format("{}: cannot be written: {}", path.string(),
                                  std::strerror(errno)));  // NOLINT(concurrency-mt-unsafe)
}

std::filesystem::path temporaryBeside(const std::filesystem::path& path) {
    return fmt::format("{}.{}.tmp", path.string(), ::getpid());
}

/// A terminal, pipe or device: what is written there is gone, and its name must stay what it is.
bool isStream(const std::filesystem::path& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
           !std::filesystem::is_directory(status);
}

/// The file that a link leads to: the link stays.
std::filesystem::path behindLinks(const std::filesystem::path& path) {
    std::error_code error;
    const std::filesystem::path target = std::filesystem::canonical(path, error);
    return error ? path : target;
}

bool writeAll(std::FILE* file, std::string_view content) {
    return std::fwrite(content.data(), 1, content.size(), file) == content.size() &&
           std::fflush(file) == 0;
}

void writeStream(const std::filesystem::path& path, std::string_view content) {
    File file(std::fopen(path.c_str(), "wb"), &std::fclose);
    if (!file || !writeAll(file.get(), content)) {
        fail(path);
    }
}

}  // namespace

void writeFileAtomically(const std::filesystem::path& path, std::string_view content) {
    if (isStream(path)) {
        writeStream(path, content);
        return;
    }
    const std::filesystem::path target = behindLinks(path);
    const std::filesystem::path temporary = temporaryBeside(target);
    File file(std::fopen(temporary.c_str(), "wb"), &std::fclose);
    if (!file) {
        fail(path);
    }
    const bool written = writeAll(file.get(), content) && ::fsync(::fileno(file.get())) == 0;
    const int reason = errno;
    // A full disk may show only when the file is closed.
    if (std::fclose(file.release()) != 0 || !written ||
        std::rename(temporary.c_str(), target.c_str()) != 0) {
        const int later = written ? errno : reason;
        std::remove(temporary.c_str());
        errno = later;
        fail(path);
    }
}

void checkWritable(const std::filesystem::path& path) {
    if (isStream(path)) {
        return;
    }
    if (std::filesystem::is_directory(path)) {
        errno = EISDIR;
        fail(path);
    }
    const std::filesystem::path temporary = temporaryBeside(behindLinks(path));
    const File file(std::fopen(temporary.c_str(), "wb"), &std::fclose);
    if (!file) {
        fail(path);
    }
    std::remove(temporary.c_str());
}

}  // namespace systole::sim
