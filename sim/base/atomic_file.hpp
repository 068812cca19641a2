// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>

namespace systole::sim {

/// Whether a file's name stands for standard output: `-`, or one that the system has for it.
bool isStandardOutput(const std::filesystem::path& path);

/// A terminal, pipe or device: what is written there is gone, and its name must stay what it is.
bool isStream(const std::filesystem::path& path);

/// A file that is written piece by piece and appears as a whole: until `commit` its name is
/// another one beside it, which goes away where there is no commit. `-`, devices and pipes are
/// written to as they are, links are followed, a file that was there keeps its permissions.
/// ConfigError with the path and the system's reason where that is not possible (no such folder,
/// disk full), and for a file that the run reads.
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

/// Holds the place that an AtomicFile of this name would be written in, and leaves it again.
/// ConfigError where there can be none.
class WriteProbe {
public:
    explicit WriteProbe(const std::filesystem::path& path);
    ~WriteProbe();
    WriteProbe(const WriteProbe&) = delete;
    WriteProbe& operator=(const WriteProbe&) = delete;

    /// The same file as another probe's where the file system takes both names for one; empty of a
    /// stream.
    const std::filesystem::path& place() const { return place_; }

private:
    std::filesystem::path place_;
    bool isOwn_ = false;
};

}  // namespace systole::sim
