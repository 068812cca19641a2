// SPDX-License-Identifier: Apache-2.0
#include "sim/base/input_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <tuple>

namespace systole::sim {
namespace {

namespace fs = std::filesystem;

/// Device, inode and birth: what a file is, whatever it is called. An inode alone may be another
/// file's once its file is gone.
using FileId = std::tuple<std::uint64_t, std::uint64_t, std::int64_t, std::uint32_t>;

/// Of a regular file; none of another one, or where there is none.
std::optional<FileId> idOf(const fs::path& file) {
    struct statx status {};
    const auto wanted = STATX_TYPE | STATX_INO | STATX_BTIME;
    if (::statx(AT_FDCWD, file.c_str(), 0, wanted, &status) != 0 || !S_ISREG(status.stx_mode)) {
        return std::nullopt;
    }
    const std::uint64_t device = std::uint64_t{status.stx_dev_major} << 32U | status.stx_dev_minor;
    return FileId{device, status.stx_ino, status.stx_btime.tv_sec, status.stx_btime.tv_nsec};
}

struct NotedFiles {
    std::mutex mutex;
    std::set<FileId> files;
};

NotedFiles& notedFiles() {
    static NotedFiles files;
    return files;
}

/// What the program was started with: opening it does not wait.
bool isDescriptor(const fs::path& file) {
    const std::string name = file.lexically_normal().string();
    return name == "/dev/stdin" || name.starts_with("/dev/fd/") ||
           name.starts_with("/proc/self/fd/");
}

std::string reasonText(int error) {
    if (error == ENOENT) return "does not exist";
    if (error == ELOOP) return "is a link that leads back to itself";
    return "cannot be read: " + std::generic_category().message(error);
}

std::string kindProblem(const struct stat& status, const fs::path& file) {
    if (S_ISDIR(status.st_mode)) return "is a directory";
    if (S_ISREG(status.st_mode) || isDescriptor(file)) return "";
    if (S_ISFIFO(status.st_mode)) return "is a pipe, whose writer may never come";
    return S_ISSOCK(status.st_mode) ? "is a socket" : "is a device";
}

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

/// The file, or none and why.
File open(const fs::path& file, std::string& problem, struct stat& status) {
    File none(nullptr, &std::fclose);
    if (file.empty()) {
        problem = "has an empty name";
        return none;
    }
    if (::stat(file.c_str(), &status) != 0) {
        problem = reasonText(errno);
        return none;
    }
    problem = kindProblem(status, file);
    if (!problem.empty()) return none;
    File opened(std::fopen(file.c_str(), "rb"), &std::fclose);
    if (!opened) problem = reasonText(errno);
    return opened;
}

}  // namespace

void noteInput(const fs::path& file) {
    const std::optional<FileId> id = idOf(file);
    if (!id) return;
    NotedFiles& noted = notedFiles();
    const std::lock_guard lock(noted.mutex);
    noted.files.insert(*id);
}

bool isInput(const fs::path& file) {
    const std::optional<FileId> id = idOf(file);
    if (!id) return false;
    NotedFiles& noted = notedFiles();
    const std::lock_guard lock(noted.mutex);
    return noted.files.contains(*id);
}

std::string inputProblem(const fs::path& file) {
    std::string problem;
    struct stat status {};
    if (open(file, problem, status)) noteInput(file);
    return problem;
}

InputText readInput(const fs::path& file, std::uint64_t mostBytes) {
    InputText input;
    struct stat status {};
    const File opened = open(file, input.problem, status);
    if (!opened) return input;
    noteInput(file);
    const auto tooLong = [&] { return fmt::format("has more than {} bytes", mostBytes); };
    if (S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) > mostBytes) {
        input.problem = tooLong();
        return input;
    }
    std::string part(std::size_t{1} << 16U, '\0');
    while (const std::size_t count = std::fread(part.data(), 1, part.size(), opened.get())) {
        input.text.append(part, 0, count);
        if (input.text.size() > mostBytes) return {"", tooLong()};
    }
    if (std::ferror(opened.get()) != 0) return {"", reasonText(errno)};
    return input;
}

}  // namespace systole::sim
