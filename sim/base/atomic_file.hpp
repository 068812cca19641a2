// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>

namespace systole::sim {

/// A file that is written piece by piece and appears as a whole: until `commit` its name is
/// another one beside it, which goes away where there is no commit. (Devices and pipes are written
/// to as they are, links are followed.) ConfigError with the path and the system's reason where
/// that is not possible (no such folder, disk full).
class AtomicFile {
public:
    explicit AtomicFile(std::filesystem::path path);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    void write(std::string_view content);
    void commit();

private:
    /// With what `errno` says.
    [[noreturn]] void fail();

    std::filesystem::path path_;
    std::filesystem::path target_;
    std::filesystem::path temporary_;  ///< empty of a stream, and once there is none any more
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

/// Writes a whole file or nothing, as an AtomicFile.
void writeFileAtomically(const std::filesystem::path& path, std::string_view content);

/// ConfigError unless a file of that name could be created now: found out before a long run, not
/// after.
void checkWritable(const std::filesystem::path& path);

}  // namespace systole::sim
