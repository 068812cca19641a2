// SPDX-License-Identifier: Apache-2.0
#include "sim/base/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <system_error>

#include "sim/base/config_error.hpp"
#include "sim/base/input_file.hpp"
#include "sim/base/progress.hpp"

namespace systole::sim {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void failWith(const fs::path& path, int error) {
    const std::string name = isStandardOutput(path) ? "standard output" : path.string();
    const std::string reason = error == ELOOP ? "it is a link that leads back to itself"
                                              : std::generic_category().message(error);
    throw ConfigError(fmt::format("{}: cannot be written: {}", name, reason));
}

/// The file that a link leads to, whether there is one yet or not: the link stays.
fs::path behindLinks(const fs::path& path) {
    constexpr int kMostLinks = 40;  // as Linux
    fs::path target = path;
    std::error_code error;
    for (int i = 0; fs::is_symlink(fs::symlink_status(target, error)); ++i) {
        if (i == kMostLinks) failWith(path, ELOOP);
        target = target.parent_path() / fs::read_symlink(target, error);
        if (error) failWith(path, error.value());
    }
    return target;
}

/// Beside the file, and shorter than the system's longest name. A file's own name is as long as
/// the user made it.
fs::path temporaryBeside(const fs::path& target, const fs::path& path) {
    constexpr std::size_t kKept = 200;
    const std::string name = target.filename().string();
    if (name.size() > NAME_MAX) failWith(path, ENAMETOOLONG);
    return target.parent_path() / fmt::format("{}.{}.tmp", name.substr(0, kKept), ::getpid());
}

/// A new file, or -1 with `errno`.
int create(const fs::path& file) {
    constexpr mode_t kAllMayReadAndWrite = 0666;  // less what the umask takes away
    return ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kAllMayReadAndWrite);
}

/// ConfigError for a target that a rename would replace although it is not to be written.
void checkTarget(const fs::path& target, const fs::path& path) {
    std::error_code error;
    const fs::file_status status = fs::status(target, error);
    if (fs::is_directory(status)) failWith(path, EISDIR);
    if (fs::exists(status) && ::access(target.c_str(), W_OK) != 0) failWith(path, errno);
}

void keepPermissions(int descriptor, const fs::path& target) {
    constexpr mode_t kPermissions = 0777;
    struct stat status {};
    if (::stat(target.c_str(), &status) == 0) ::fchmod(descriptor, status.st_mode & kPermissions);
}

int keepOpen(std::FILE* /*file*/) { return 0; }

}  // namespace

bool isStandardOutput(const fs::path& path) {
    return path == "-" || path == "/dev/stdout" || path == "/dev/fd/1" || path == "/proc/self/fd/1";
}

bool isStream(const fs::path& path) {
    std::error_code error;
    const auto status = fs::status(path, error);
    return isStandardOutput(path) ||
           (fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status));
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)), file_(nullptr, &std::fclose) {
    if (isStandardOutput(path_)) {
        file_ = {stdout, &keepOpen};
        return;
    }
    if (isStream(path_)) {
        file_.reset(std::fopen(path_.c_str(), "wb"));
    } else {
        target_ = behindLinks(path_);
        checkTarget(target_, path_);
        if (isInput(target_)) {
            throw ConfigError(
                fmt::format("{}: cannot be written: the run reads it, expected "
                            "another file",
                            path_.string()));
        }
        temporary_ = temporaryBeside(target_, path_);
        ::unlink(temporary_.c_str());  // of a process of this number that was killed
        const int descriptor = create(temporary_);
        if (descriptor >= 0) {
            keepPermissions(descriptor, target_);
            file_.reset(::fdopen(descriptor, "wb"));
        }
    }
    if (!file_) {
        temporary_.clear();
        fail();
    }
}

AtomicFile::~AtomicFile() {
    if (!temporary_.empty()) std::remove(temporary_.c_str());
}

void AtomicFile::write(std::string_view content) {
    bool isWritten = false;
    const auto put = [&] {
        isWritten = std::fwrite(content.data(), 1, content.size(), file_.get()) == content.size();
    };
    if (file_.get() == stdout) {
        printBesideProgress(put);
    } else {
        put();
    }
    if (!isWritten) fail();
}

void AtomicFile::commit() {
    if (std::fflush(file_.get()) != 0) fail();
    if (file_.get() == stdout) return;
    if (!temporary_.empty() && ::fsync(::fileno(file_.get())) != 0) fail();
    // A full disk may show only when the file is closed.
    if (std::fclose(file_.release()) != 0) fail();
    if (!temporary_.empty() && std::rename(temporary_.c_str(), target_.c_str()) != 0) fail();
    temporary_.clear();
}

void AtomicFile::fail() { failWith(path_, errno); }

void writeFileAtomically(const fs::path& path, std::string_view content) {
    AtomicFile file(path);
    file.write(content);
    file.commit();
}

WriteProbe::WriteProbe(const fs::path& path) {
    if (isStream(path)) return;
    const fs::path target = behindLinks(path);
    checkTarget(target, path);
    place_ = temporaryBeside(target, path);
    const int descriptor = create(place_);
    isOwn_ = descriptor >= 0;
    if (isOwn_) {
        ::close(descriptor);
    } else if (errno != EEXIST) {
        failWith(path, errno);
    }
}

WriteProbe::~WriteProbe() {
    if (isOwn_) std::remove(place_.c_str());
}

}  // namespace systole::sim
