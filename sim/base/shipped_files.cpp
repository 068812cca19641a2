// SPDX-License-Identifier: Apache-2.0
#include "sim/base/shipped_files.hpp"

#include <cstdlib>
#include <string>
#include <system_error>

namespace systole::sim {
namespace fs = std::filesystem;
namespace {

void addIfThere(std::vector<fs::path>& folders, const fs::path& folder) {
    std::error_code error;
    if (fs::is_directory(folder, error)) folders.push_back(folder);
}

/// Folders of that name, installed and in the source tree.
std::vector<fs::path> foldersOf(const std::string& name) {
    std::vector<fs::path> folders;
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    if (!error) {
        addIfThere(folders,
                   program.parent_path().parent_path() / SYSTOLE_DATA_DIR / "systole" / name);
    }
    addIfThere(folders, fs::path(SYSTOLE_SOURCE_DIR) / name);
    return folders;
}

}  // namespace

std::vector<fs::path> configFolders() {
    std::vector<fs::path> folders;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets it while the program runs
    if (const char* configs = std::getenv("SYSTOLE_CONFIGS"); configs != nullptr && *configs != 0) {
        folders.emplace_back(configs);
    }
    for (fs::path& folder : foldersOf("configs")) folders.push_back(std::move(folder));
    return folders;
}

std::vector<fs::path> traceFolders() { return foldersOf("traces"); }

}  // namespace systole::sim
