// SPDX-License-Identifier: Apache-2.0
#include "sim/run/atomic_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

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

}  // namespace

void writeFileAtomically(const std::filesystem::path& path, std::string_view content) {
    const std::filesystem::path temporary = temporaryBeside(path);
    File file(std::fopen(temporary.c_str(), "wb"), &std::fclose);
    if (!file) {
        fail(path);
    }
    const bool written =
        std::fwrite(content.data(), 1, content.size(), file.get()) == content.size() &&
        std::fflush(file.get()) == 0 && ::fsync(::fileno(file.get())) == 0;
    const int reason = errno;
    // A full disk may show only when the file is closed.
    if (std::fclose(file.release()) != 0 || !written ||
        std::rename(temporary.c_str(), path.c_str()) != 0) {
        const int later = written ? errno : reason;
        std::remove(temporary.c_str());
        errno = later;
        fail(path);
    }
}

void checkWritable(const std::filesystem::path& path) {
    if (std::filesystem::is_directory(path)) {
        errno = EISDIR;
        fail(path);
    }
    const std::filesystem::path temporary = temporaryBeside(path);
    const File file(std::fopen(temporary.c_str(), "wb"), &std::fclose);
    if (!file) {
        fail(path);
    }
    std::remove(temporary.c_str());
}

}  // namespace systole::sim
