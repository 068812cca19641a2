// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Files that configurations and the command line name: `ddr4_2400` or `parts/mine.yaml`. One rule
/// for all of them, whoever asks.
namespace systole::sim {

/// A kind of file. A file is known by the keys that it begins with.
struct FileKind {
    const char* folder;              ///< of configs/; workloads lie in traces/
    const char* listed;              ///< as `systole list` calls it; empty: it has no names to list
    const char* noun;                ///< "a memory"
    std::vector<std::string> marks;  ///< keys that every file of the kind has

    std::string bare() const;  ///< the noun without its article
};

const std::vector<FileKind>& fileKinds();
/// Null for a folder that is none.
const FileKind* kindOf(std::string_view folder);
/// "an accelerator, or a memory"; folders that are no kinds stand for themselves.
std::string nounsOf(const std::vector<std::string>& folders);

/// What a file with these keys at its top is; null where that is not plain.
const FileKind* recognise(const std::vector<std::string>& keys);
/// The same where a file of one of `expected` was asked for: null as well if it may be one.
const FileKind* otherKind(const std::vector<std::string>& keys,
                          const std::vector<std::string>& expected);

/// The keys at the left margin of a file; none where it is not written so, as JSON is not.
std::vector<std::string> topKeysOf(const std::filesystem::path& file);

/// What is asked for, by whom.
struct FileLookup {
    std::vector<std::string> kinds;  ///< folders of the kinds that are taken, the first one first
    std::filesystem::path base;      ///< relative paths count from here; empty: working directory
    /// Looked into before the shipped configs, as if they were such: `nearby/dram/mine.yaml`.
    std::vector<std::filesystem::path> nearby;
};

/// The file that a text stands for: a file of that path, else one of that name. A name has no
/// slash and does not begin with a dot.
std::optional<std::filesystem::path> findFile(const std::string& given, const FileLookup& lookup);
/// The same for the command line; what was given where there is none, so that whoever opens it says
/// so.
std::string fileOrName(const std::string& given, const std::vector<std::string>& kinds);

/// Why there is none, and what was expected: "unknown memory 'ddr4_240' (did you mean ..)". `also`
/// names what would do besides, such as "a section".
std::string describeMissing(const std::string& given, const FileLookup& lookup,
                            const std::string& also = "");

/// Whether a text is no name and no path but what the file would say: `{base: edge-16x16, ..}`.
bool isInlineSection(std::string_view text);

/// Whether a text can only be a path: it has a slash, begins with a dot, or ends as files do.
bool isPath(std::string_view text);

/// A file with a name.
struct NamedFile {
    std::string name;
    std::filesystem::path folder;
    std::filesystem::path file;
};
/// Folders in which names of a kind are looked up, the first one first.
std::vector<std::filesystem::path> foldersOf(const std::string& kind,
                                             const std::vector<std::filesystem::path>& nearby = {});
/// Those that a name finds, by name: of several files of a name the first.
std::vector<NamedFile> namedFiles(const std::string& kind,
                                  const std::vector<std::filesystem::path>& nearby = {});

/// What a file says of itself in a sentence: the first of its first comment, else its first lines.
std::string descriptionOf(const std::filesystem::path& file);

}  // namespace systole::sim
