// SPDX-License-Identifier: Apache-2.0
#include "sim/base/output_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>

#include "sim/base/atomic_file.hpp"
#include "sim/base/config_error.hpp"
#include "sim/base/input_file.hpp"

namespace systole::sim {
namespace {

namespace fs = std::filesystem;
using Kind = Output::Kind;

[[noreturn]] void fail(const Output& output, const std::string& problem) {
    throw ConfigError(fmt::format("{} {}: {}", output.option, output.name, problem));
}

[[noreturn]] void failTogether(const Output& first, const Output& second) {
    throw ConfigError(
        fmt::format("{} {} and {} {}: both would be written to the same file, "
                    "expected two",
                    first.option, first.name, second.option, second.name));
}

bool isSameFile(const fs::path& first, const fs::path& second) {
    std::error_code error;
    return fs::equivalent(first, second, error) && !error;
}

/// Also of a golden of another version.
bool isGolden(const fs::path& file) {
    constexpr std::size_t kBeginning = 100;
    std::ifstream stream(file, std::ios::binary);
    std::string text(kBeginning, '\0');
    stream.read(text.data(), kBeginning);
    return text.find(kGoldenBeginning) != std::string::npos;
}

/// The last folder of a path that there is.
fs::path existingFolder(fs::path folder) {
    std::error_code error;
    while (!folder.empty() && !fs::exists(fs::symlink_status(folder, error))) {
        folder = folder.parent_path();
    }
    return folder.empty() ? fs::path(".") : folder;
}

/// A file that `--tensors` may write (docs/tensors.md).
bool isTensorName(const fs::path& file) {
    return file.extension() == ".npy" || file.filename() == "manifest.json";
}

void checkFolder(const Output& output) {
    if (isStandardOutput(output.name)) fail(output, "is standard output, expected a folder");
    const fs::path folder = existingFolder(output.name);
    std::error_code error;
    if (!fs::is_directory(folder, error)) fail(output, "is no folder, expected one or a new name");
    if (::access(folder.c_str(), W_OK | X_OK) != 0) {
        fail(output, "cannot be written to: " + std::generic_category().message(errno));
    }
    // Of earlier tensors others may take the place.
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
        if (folder != fs::path(output.name) || !isTensorName(entry.path())) continue;
        const std::string name = entry.path().filename().string();
        if (isInput(entry.path())) {
            fail(output,
                 fmt::format("has {}, which this run reads, expected another folder", name));
        }
        if (isGolden(entry.path())) {
            fail(output, fmt::format("has a golden, {}, expected another folder", name));
        }
        if (entry.is_directory(error)) {
            fail(output, fmt::format("has a folder {}, expected another folder", name));
        }
    }
}

void checkGolden(const Output& output) {
    std::error_code error;
    if (isStandardOutput(output.name)) fail(output, "is standard output, expected a file");
    if (!fs::exists(output.name, error) || isStream(output.name)) return;
    if (output.kind == Kind::NewGolden) {
        fail(output, "is there already, expected a new name, or --force to record a golden anew");
    }
    if (!isGolden(output.name)) {
        fail(output, "is no golden, expected a golden or a new name for --force");
    }
}

/// Whether the shell sends standard output to this very file.
bool isBehindStandardOutput(const fs::path& file) {
    struct stat status {};
    struct stat standard {};
    return ::stat(file.c_str(), &status) == 0 && ::fstat(STDOUT_FILENO, &standard) == 0 &&
           S_ISREG(status.st_mode) && status.st_dev == standard.st_dev &&
           status.st_ino == standard.st_ino;
}

void checkFile(const Output& output) {
    if (isStandardOutput(output.name) && output.kind == Kind::File) return;
    if (isInput(output.name)) fail(output, "is read by this run, expected another file");
    if (output.kind != Kind::File) {
        checkGolden(output);
    } else if (!isStream(output.name) && isGolden(output.name)) {
        fail(output,
             "is a golden, which only `golden record --force` replaces; expected another file");
    }
    if (isBehindStandardOutput(output.name)) {
        fail(output, "is where standard output goes, expected another file, or -");
    }
}

bool isTensorFileIn(const fs::path& folder, const fs::path& file) {
    std::error_code error;
    const auto whole = [&](const fs::path& path) {
        return (fs::weakly_canonical(fs::absolute(path), error) / "").lexically_normal();
    };
    return isTensorName(file) && whole(fs::absolute(file).parent_path()) == whole(folder) && !error;
}

void checkTogether(const Output& first, const Output& second) {
    if (isStandardOutput(first.name) && isStandardOutput(second.name)) failTogether(first, second);
    if (isStream(first.name) || isStream(second.name)) return;
    if (isSameFile(first.name, second.name)) failTogether(first, second);
    for (const auto& [folder, file] : {std::pair(&first, &second), std::pair(&second, &first)}) {
        // A folder need not be there yet.
        std::error_code error;
        if (folder->kind == Kind::TensorFolder &&
            fs::weakly_canonical(folder->name, error) == fs::weakly_canonical(file->name, error)) {
            failTogether(first, second);
        }
        if (folder->kind == Kind::TensorFolder && isTensorFileIn(folder->name, file->name)) {
            fail(*file, fmt::format("may be a tensor's file of {} {}, expected another name",
                                    folder->option, folder->name));
        }
    }
}

/// Names of files that are not there yet: whether they are one, the file system says.
void probe(const std::vector<const Output*>& files) {
    std::vector<std::unique_ptr<WriteProbe>> probes;
    for (const Output* file : files) {
        auto probe = std::make_unique<WriteProbe>(file->name);
        for (std::size_t i = 0; i < probes.size(); ++i) {
            if (isSameFile(probe->place(), probes[i]->place())) failTogether(*files[i], *file);
        }
        probes.push_back(std::move(probe));
    }
}

}  // namespace

void checkOutputs(const std::vector<Output>& outputs) {
    std::vector<const Output*> asked;
    for (const Output& output : outputs) {
        if (!output.name.empty()) asked.push_back(&output);
    }
    std::vector<const Output*> files;
    for (const Output* output : asked) {
        if (output->kind == Kind::TensorFolder) {
            checkFolder(*output);
        } else {
            checkFile(*output);
            files.push_back(output);
        }
    }
    for (std::size_t i = 0; i < asked.size(); ++i) {
        for (std::size_t other = 0; other < i; ++other) checkTogether(*asked[other], *asked[i]);
    }
    probe(files);
}

bool useStandardOutput(const std::vector<Output>& outputs) {
    return std::any_of(outputs.begin(), outputs.end(),
                       [](const Output& output) { return isStandardOutput(output.name); });
}

}  // namespace systole::sim
