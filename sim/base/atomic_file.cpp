// SPDX-License-Identifier: Apache-2.0
#include "sim/base/atomic_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>

#include "sim/base/config_error.hpp"

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

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path)
    : path_(std::move(path)), file_(nullptr, &std::fclose) {
    const bool stream = isStream(path_);
    target_ = stream ? path_ : behindLinks(path_);
    if (!stream) temporary_ = temporaryBeside(target_);
    file_.reset(std::fopen((stream ? target_ : temporary_).c_str(), "wb"));
    if (!file_) {
        temporary_.clear();
        fail();
    }
}

AtomicFile::~AtomicFile() {
    if (!temporary_.empty()) std::remove(temporary_.c_str());
}

void AtomicFile::write(std::string_view content) {
    if (std::fwrite(content.data(), 1, content.size(), file_.get()) != content.size()) fail();
}

void AtomicFile::commit() {
    if (std::fflush(file_.get()) != 0) fail();
    if (!temporary_.empty() && ::fsync(::fileno(file_.get())) != 0) fail();
    // A full disk may show only when the file is closed.
    if (std::fclose(file_.release()) != 0) fail();
    if (!temporary_.empty() && std::rename(temporary_.c_str(), target_.c_str()) != 0) fail();
    temporary_.clear();
}

void AtomicFile::fail() { sim::fail(path_); }

void writeFileAtomically(const std::filesystem::path& path, std::string_view content) {
    AtomicFile file(path);
    file.write(content);
    file.commit();
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
