// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/named_files.hpp"
#include "sim/reader/yaml_document.hpp"

namespace systole::sim {

/// What the values and sections of one reader share. Internal to the reader.
class ReaderState {
public:
    /// `given`: a file, or the section itself, `{..}`. `kinds`: what it may be, as folders of
    /// configs/ (FileKind); empty: anything. It may name a base (`inherit`) of one of them.
    ReaderState(const std::string& given, const std::vector<std::string>& overrides,
                const std::vector<std::string>& kinds);

    static std::unique_ptr<ReaderState> ofText(const std::string& text, const std::string& name);

    yaml::Node* root() { return root_.get(); }  ///< null: could not be read, which was reported
    yaml::Position rootPosition() const;

    void report(const yaml::Position& position, const yaml::KeyPath& path, const std::string& text);
    bool hasProblemBelow(const yaml::KeyPath& path) const;

    /// Prepares a map for reading: applies the overrides of its keys. Once per map.
    void open(yaml::Node& map, const yaml::KeyPath& path);
    /// If the map, at `path`, has a key `base`, the fragment of that name and of one of these kinds
    /// supplies what the map leaves out, sections key by key. Before `open`, so that overrides
    /// reach all of it.
    void inherit(yaml::Node& map, const yaml::KeyPath& path, const std::vector<std::string>& kinds);
    /// The file that `given`, a name or a path, stands for where `user` has it.
    static std::optional<std::filesystem::path> fragmentFile(const yaml::Node& user,
                                                             const std::string& folder,
                                                             const std::string& given);
    /// The map in that file, which `user`, at `path`, asks for; null after a report. `whyNone` may
    /// know better why there is no such file (else empty).
    yaml::Node* openFragment(yaml::Node& user, const yaml::KeyPath& path, const std::string& folder,
                             const std::string& given, const std::string& whyNone);

    /// Reports what was never asked for and throws ConfigError if there is any problem.
    void finish();

private:
    ReaderState() = default;

    struct Override {
        yaml::Source source;
        yaml::KeyPath path;
        std::unique_ptr<yaml::Node> value;
        bool done = false;  ///< applied, or replaced by a later one, or refused
    };

    void parseOverride(const std::string& text);
    void dropReplacedOverrides();
    std::unique_ptr<yaml::Node> readRoot(const std::string& given,
                                         const std::vector<std::string>& kinds);
    /// What a file says, as `source`; null after a report at `user`.
    std::unique_ptr<yaml::Node> readFile(const std::filesystem::path& file,
                                         const yaml::Source& source, const yaml::Position& user,
                                         const yaml::KeyPath& path,
                                         const std::vector<std::string>& kinds);
    /// Whether a document of these keys is of one of the kinds; else a report by `refuse`.
    template <class Refuse>
    static bool isOfKind(const yaml::Node& node, const std::vector<std::string>& kinds,
                         const Refuse& refuse);
    yaml::Source& addFile(const std::filesystem::path& file);
    /// What is no file: messages name it so.
    yaml::Source& addText(const std::string& name);
    /// `depth`: bases of bases so far.
    void inherit(yaml::Node& map, const yaml::KeyPath& path, const std::vector<std::string>& kinds,
                 std::size_t depth);
    /// `named`: the node's own key is a name of the user's.
    void reportUnknownKeys(const yaml::Node& node, const yaml::KeyPath& path, bool named);
    void reportUnknownKey(const yaml::Node& node, const yaml::Entry& entry,
                          const yaml::KeyPath& path, bool named);
    void reportUnusedOverrides();
    std::string keySpace() const;
    yaml::KeyPath wholePath(const yaml::Entry& entry, const yaml::KeyPath& path) const;

    std::vector<std::unique_ptr<yaml::Source>> files_;
    std::vector<std::unique_ptr<Override>> overrides_;
    std::vector<yaml::Problem> problems_;
    std::unique_ptr<yaml::Node> root_;
    std::vector<yaml::KeyPath> brokenBases_;  ///< maps whose base is not there: nor are its keys
    std::string rootNoun_;  ///< what the first file is, "a memory"; empty: not known
};

/// Whether `path` leads to a place below `prefix`, or to it.
bool startsWith(const yaml::KeyPath& path, const yaml::KeyPath& prefix);

/// The path of what is called `part` below `path`.
yaml::KeyPath childPath(const yaml::KeyPath& path, std::string part);

/// Where files of the kinds are looked for that `user` names.
FileLookup lookupOf(const yaml::Node& user, const std::vector<std::string>& kinds);

}  // namespace systole::sim
