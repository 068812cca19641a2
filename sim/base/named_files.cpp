// SPDX-License-Identifier: Apache-2.0
#include "sim/base/named_files.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <system_error>

#include "sim/base/shipped_files.hpp"
#include "sim/base/spelling.hpp"

namespace systole::sim {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kWorkloads = "workloads";

bool isName(const std::string& text) {
    return !text.empty() && text.find_first_of("/\\") == std::string::npos && text.front() != '.';
}

bool isFile(const fs::path& path) {
    std::error_code error;
    // What becomes of a link that leads nowhere, who opens it says.
    return fs::exists(fs::symlink_status(path, error)) && !fs::is_directory(path, error);
}

fs::path fileNamed(const std::string& kind, const fs::path& folder, const std::string& name) {
    return kind == kWorkloads ? folder / name / "workload.yaml" : folder / (name + ".yaml");
}

/// Where several kinds have one file format, in which folder it lies says what it is.
bool isOfKind(const fs::path& file, const std::string& kind) {
    return otherKind(topKeysOf(file), {kind}) == nullptr;
}

/// `ddr4_2400` or `resnet8_fmnist`; empty for what is no file of the kind.
std::string nameOf(const std::string& kind, const fs::path& entry) {
    if (kind == kWorkloads) return isFile(entry / "workload.yaml") ? entry.filename().string() : "";
    return entry.extension() == ".yaml" && isFile(entry) ? entry.stem().string() : "";
}

std::vector<std::string> namesOf(const FileLookup& lookup) {
    std::vector<std::string> names;
    for (const std::string& kind : lookup.kinds) {
        for (const NamedFile& file : namedFiles(kind, lookup.nearby)) names.push_back(file.name);
    }
    return names;
}

/// Another kind that has a file of that name.
const FileKind* kindWith(const std::string& name) {
    for (const FileKind& kind : fileKinds()) {
        if (*kind.listed == 0) continue;
        for (const fs::path& folder : foldersOf(kind.folder)) {
            if (isFile(fileNamed(kind.folder, folder, name))) return &kind;
        }
    }
    return nullptr;
}

/// "a file, or a name that `systole list dram` lists"
std::string expectation(const FileLookup& lookup, const std::string& also,
                        const std::vector<std::string>& names) {
    std::vector<std::string> commands;
    for (const std::string& folder : lookup.kinds) {
        const FileKind* kind = kindOf(folder);
        if (kind != nullptr && *kind->listed != 0) {
            commands.push_back(fmt::format("`systole list {}`", kind->listed));
        }
    }
    const std::string files = (also.empty() ? "" : also + ", ") + "a file, or ";
    const std::string lists = fmt::format("{}", fmt::join(commands, " or "));
    const char* ending = commands.size() == 1 ? "s" : "";
    if (!names.empty()) {
        return files + oneOfNames(names) +
               (lists.empty() ? "" : fmt::format(" ({} describe{} them)", lists, ending));
    }
    return files + (lists.empty() ? "a name" : fmt::format("a name that {} list{}", lists, ending));
}

}  // namespace

std::optional<fs::path> findFile(const std::string& given, const FileLookup& lookup) {
    if (given.empty()) return std::nullopt;
    if (fs::path path = lookup.base / given; isFile(path)) return path;
    if (!isName(given)) return std::nullopt;
    for (const std::string& kind : lookup.kinds) {
        for (const fs::path& folder : foldersOf(kind, lookup.nearby)) {
            if (fs::path file = fileNamed(kind, folder, given); isFile(file)) return file;
        }
    }
    return std::nullopt;
}

std::string fileOrName(const std::string& given, const std::vector<std::string>& kinds) {
    const auto found = findFile(given, {.kinds = kinds, .base = {}, .nearby = {}});
    return found ? found->string() : given;
}

std::string describeMissing(const std::string& given, const FileLookup& lookup,
                            const std::string& also) {
    std::error_code error;
    if (given.empty()) {
        return fmt::format("an empty name, expected {}", expectation(lookup, also, {}));
    }
    if (fs::is_directory(lookup.base / given, error) && (isPath(given) || given == "..")) {
        return fmt::format("'{}' is a directory, expected {}", given,
                           expectation(lookup, also, {}));
    }
    if (isPath(given)) {
        return fmt::format("no such file '{}', expected {}",
                           (lookup.base / given).lexically_normal().string(),
                           expectation(lookup, also, {}));
    }
    const std::string wanted = nounsOf(lookup.kinds);
    if (const FileKind* other = kindWith(given)) {
        return fmt::format("'{}' is the name of {}, expected {}: {}", given, other->noun, wanted,
                           expectation(lookup, also, {}));
    }
    const std::vector<std::string> names = namesOf(lookup);
    const std::string close = suggestion(given, names);
    const FileKind* kind = kindOf(lookup.kinds.front());
    return fmt::format(
        "unknown {} '{}'{}, expected {}", kind != nullptr ? kind->bare() : lookup.kinds.front(),
        given, close,
        expectation(lookup, also, close.empty() ? names : std::vector<std::string>()));
}

bool isInlineSection(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t\n");
    return begin != std::string_view::npos && text[begin] == '{';
}

bool isPath(std::string_view text) {
    constexpr std::array<std::string_view, 4> kEndings{".yaml", ".yml", ".json", ".onnx"};
    return text.find('/') != std::string_view::npos || text.starts_with('.') ||
           std::any_of(kEndings.begin(), kEndings.end(),
                       [&](std::string_view ending) { return text.ends_with(ending); });
}

std::vector<fs::path> foldersOf(const std::string& kind, const std::vector<fs::path>& nearby) {
    if (kind == kWorkloads) return traceFolders();
    std::vector<fs::path> folders;
    for (const fs::path& folder : nearby) folders.push_back(folder / kind);
    for (const fs::path& folder : configFolders()) folders.push_back(folder / kind);
    return folders;
}

std::vector<NamedFile> namedFiles(const std::string& kind, const std::vector<fs::path>& nearby) {
    std::map<std::string, NamedFile> found;
    for (const fs::path& folder : foldersOf(kind, nearby)) {
        std::error_code error;
        for (fs::directory_iterator at(folder, error), end; !error && at != end;
             at.increment(error)) {
            const std::string name = nameOf(kind, at->path());
            const fs::path file = fileNamed(kind, folder, name);
            if (!name.empty() && isOfKind(file, kind))
                found.try_emplace(name, NamedFile{name, folder, file});
        }
    }
    std::vector<NamedFile> files;
    for (auto& [name, file] : found) files.push_back(std::move(file));
    return files;
}

}  // namespace systole::sim
