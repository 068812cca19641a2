// SPDX-License-Identifier: Apache-2.0
#include "sim/reader/reader_state.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "sim/base/config_error.hpp"
#include "sim/base/input_file.hpp"
#include "sim/base/named_files.hpp"
#include "sim/base/spelling.hpp"
#include "sim/base/text.hpp"
#include "sim/reader/unknown_keys.hpp"

namespace systole::sim {
namespace fs = std::filesystem;
namespace {

/// Problems of the command line come after those of the files.
constexpr std::size_t kFirstOverride = std::size_t{1} << 32U;

/// `a.b[0].c` to its parts; empty where a part is.
yaml::KeyPath splitPath(std::string_view text) {
    yaml::KeyPath path(1);
    for (const char letter : text) {
        if (letter == '.' || letter == '[') {
            path.emplace_back();
        }
        if (letter != '.') {
            path.back() += letter;
        }
    }
    const bool holey =
        std::any_of(path.begin(), path.end(), [](const std::string& part) { return part.empty(); });
    return holey ? yaml::KeyPath{} : path;
}

std::vector<std::string> keysOf(const yaml::Node& node) {
    std::vector<std::string> keys;
    for (const yaml::Entry& entry : node.entries) keys.push_back(entry.key);
    return keys;
}

/// Models begin with the version of their format, which no text does.
bool looksLikeOnnx(const fs::path& file, const std::string& text) {
    return file.extension() == ".onnx" || text.starts_with('\x08');
}

/// Whoever gives the files of a run in the other order gets told.
const char* orderHint(const std::vector<std::string>& kinds, bool isWorkload) {
    const bool wantsMachine = std::find(kinds.begin(), kinds.end(), "accelerators") != kinds.end();
    return wantsMachine && isWorkload ? " (CONFIG stands before WORKLOAD)" : "";
}

}  // namespace

yaml::KeyPath childPath(const yaml::KeyPath& path, std::string part) {
    yaml::KeyPath child = path;
    child.push_back(std::move(part));
    return child;
}

FileLookup lookupOf(const yaml::Node& user, const std::string& folder) {
    const yaml::Source& source = *user.position.source;
    return {.kinds = {folder},
            .base = source.base,
            .nearby = {source.directory, source.directory / ".."}};
}

std::optional<fs::path> ReaderState::fragmentFile(const yaml::Node& user, const std::string& folder,
                                                  const std::string& given) {
    return findFile(given, lookupOf(user, folder));
}

bool startsWith(const yaml::KeyPath& path, const yaml::KeyPath& prefix) {
    return path.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), path.begin());
}

ReaderState::ReaderState(const fs::path& file, const std::vector<std::string>& overrides,
                         const std::vector<std::string>& kinds) {
    addFile(file);
    for (const std::string& text : overrides) {
        parseOverride(text);
    }
    dropReplacedOverrides();
    root_ = readRoot(file, kinds);
    if (root_ && !kinds.empty()) inherit(*root_, {}, kinds.front());
}

std::unique_ptr<ReaderState> ReaderState::ofText(const std::string& text, const std::string& name) {
    std::unique_ptr<ReaderState> state(new ReaderState);
    yaml::Source& source = state->addFile(name);
    source.name = name;
    source.directory.clear();
    source.base.clear();
    if (std::error_code error; fs::is_regular_file(text, error)) {
        // A path need not be YAML.
        state->root_ = std::make_unique<yaml::Node>();
        state->root_->kind = yaml::Node::Kind::Scalar;
        state->root_->scalar = text;
        state->root_->position = {&source, 1, 1};
    } else {
        state->root_ = yaml::parseDocument(text, source, {}, state->problems_);
    }
    return state;
}

yaml::Position ReaderState::rootPosition() const {
    return root_ ? root_->position : yaml::Position{files_.front().get(), 0, 0};
}

yaml::Source& ReaderState::addFile(const fs::path& file) {
    auto source = std::make_unique<yaml::Source>();
    source->name = file.lexically_normal().string();
    source->directory = file.parent_path();
    source->base = source->directory;
    source->order = files_.size();
    files_.push_back(std::move(source));
    return *files_.back();
}

void ReaderState::report(const yaml::Position& position, const yaml::KeyPath& path,
                         const std::string& text) {
    // Whatever a file has in it, a message is one that can be read.
    constexpr std::size_t kLongestProblem = 1000;
    problems_.push_back({position, path, shortened(text, kLongestProblem)});
}

bool ReaderState::hasProblemBelow(const yaml::KeyPath& path) const {
    return std::any_of(problems_.begin(), problems_.end(), [&](const yaml::Problem& problem) {
        return startsWith(problem.path, path);
    });
}

void ReaderState::parseOverride(const std::string& text) {
    overrides_.push_back(std::make_unique<Override>());
    Override& added = *overrides_.back();
    added.source = {.name = fmt::format("--set {}", text),
                    .directory = files_.front()->directory,
                    .base = {},
                    .isFile = false,
                    .order = kFirstOverride + overrides_.size()};
    const std::size_t equals = text.find('=');
    added.path = splitPath(std::string_view(text).substr(0, equals));
    if (equals == std::string::npos || added.path.empty()) {
        report({&added.source, 0, 0}, {}, "expected key.path=value");
        added.done = true;
        return;
    }
    const std::string value = text.substr(equals + 1);
    if (value.find_first_not_of(" \t") == std::string::npos) {
        added.value = std::make_unique<yaml::Node>();
        added.value->position = {&added.source, 0, 0};
    } else {
        added.value = yaml::parseDocument(value, added.source, added.path, problems_);
    }
    added.done = added.value == nullptr;
}

void ReaderState::dropReplacedOverrides() {
    for (std::size_t i = 0; i < overrides_.size(); ++i) {
        for (std::size_t later = i + 1; later < overrides_.size(); ++later) {
            const bool replaced = startsWith(overrides_[i]->path, overrides_[later]->path);
            overrides_[i]->done |= replaced && overrides_[later]->value != nullptr;
        }
    }
}

std::unique_ptr<yaml::Node> ReaderState::readRoot(const fs::path& file,
                                                  const std::vector<std::string>& kinds) {
    const yaml::Source& source = *files_.front();
    const yaml::Position user{&source, 0, 0};
    std::error_code error;
    if (!kinds.empty() && !fs::exists(fs::symlink_status(file, error))) {
        const FileLookup lookup{.kinds = kinds, .base = {}, .nearby = {}};
        report(user, {}, describeMissing(file.string(), lookup));
        return nullptr;
    }
    auto root = readFile(file, source, user, {}, kinds);
    if (const FileKind* kind = root ? recognise(keysOf(*root)) : nullptr) rootNoun_ = kind->noun;
    return root;
}

std::unique_ptr<yaml::Node> ReaderState::readFile(const fs::path& file, const yaml::Source& source,
                                                  const yaml::Position& user,
                                                  const yaml::KeyPath& path,
                                                  const std::vector<std::string>& kinds) {
    constexpr std::uint64_t kMostBytes = std::uint64_t{16} << 20U;
    const std::string wanted = kinds.empty() ? "a YAML file" : nounsOf(kinds);
    const auto refuse = [&](const std::string& problem) {
        report(user, path, fmt::format("{}, expected {}", problem, wanted));
        return nullptr;
    };
    const std::string name = file.lexically_normal().string();
    std::error_code error;
    if (!fs::exists(fs::symlink_status(file, error)))
        return refuse(fmt::format("no such file '{}'", name));
    const InputText input = readInput(file, kMostBytes);
    if (!input.problem.empty()) return refuse(fmt::format("'{}' {}", name, input.problem));
    if (looksLikeOnnx(file, input.text)) {
        return refuse(fmt::format("'{}' is an ONNX model{}", name, orderHint(kinds, true)));
    }
    auto node = yaml::parseDocument(input.text, source, path, problems_);
    const FileKind* other = node && !kinds.empty() ? otherKind(keysOf(*node), kinds) : nullptr;
    if (other != nullptr) {
        const bool isWorkload = other == kindOf("workloads");
        return refuse(fmt::format("'{}' is {}{}", name, other->noun, orderHint(kinds, isWorkload)));
    }
    return node;
}

void ReaderState::open(yaml::Node& map, const yaml::KeyPath& path) {
    if (std::exchange(map.opened, true)) {
        return;
    }
    for (const auto& change : overrides_) {
        if (change->done || change->path.size() <= path.size() || !startsWith(change->path, path)) {
            continue;
        }
        const std::string& key = change->path[path.size()];
        yaml::Entry* entry = map.find(key);
        const bool reached = change->path.size() == path.size() + 1;
        if (!reached && entry != nullptr) {
            continue;  // applied when the section below is opened
        }
        if (entry == nullptr) {
            map.entries.push_back({key, {&change->source, 0, 0}, nullptr});
            entry = &map.entries.back();
        }
        if (reached) {
            entry->value = std::move(change->value);
            entry->position = {&change->source, 0, 0};
            change->done = true;
        } else {
            entry->value = std::make_unique<yaml::Node>();
            entry->value->kind = yaml::Node::Kind::Map;
            entry->value->position = {&change->source, 0, 0};
        }
    }
}

yaml::Node* ReaderState::openFragment(yaml::Node& user, const yaml::KeyPath& path,
                                      const std::string& folder, const std::string& given) {
    if (std::exchange(user.opened, true)) {
        return user.fragment.get();
    }
    const FileLookup lookup = lookupOf(user, folder);
    const std::optional<fs::path> file = findFile(given, lookup);
    if (!file) {
        report(user.position, path, describeMissing(given, lookup, "a section"));
        return nullptr;
    }
    user.fragment = readFile(*file, addFile(*file), user.position, path, {folder});
    if (user.fragment && user.fragment->kind != yaml::Node::Kind::Map) {
        report(user.fragment->position, path, "no keys found, expected a map of keys and values");
        user.fragment = nullptr;
    }
    if (user.fragment) {
        inherit(*user.fragment, path, folder);
        open(*user.fragment, path);
    }
    return user.fragment.get();
}

void ReaderState::reportUnknownKeys(const yaml::Node& node, const yaml::KeyPath& path) {
    for (const yaml::Entry& entry : node.entries) {
        const auto& asked = node.askedKeys;
        const bool known =
            node.acceptsAnyKey || std::find(asked.begin(), asked.end(), entry.key) != asked.end();
        if (known) {
            reportUnknownKeys(*entry.value, childPath(path, entry.key));
        } else if (node.opened) {
            reportUnknownKey(node, entry, path);
        }
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        reportUnknownKeys(*node.items[i], childPath(path, fmt::format("[{}]", i)));
    }
    if (node.fragment) {
        reportUnknownKeys(*node.fragment, path);
    }
}

void ReaderState::reportUnknownKey(const yaml::Node& node, const yaml::Entry& entry,
                                   const yaml::KeyPath& path) {
    const bool isOverride = !entry.position.source->isFile;
    const auto say = [&](const std::string& rest) {
        report(entry.position, path, fmt::format("unknown key '{}'{}", entry.key, rest));
    };
    const auto meant = [&](const std::vector<std::string>& paths) {
        say(didYouMean(paths) +
            (isOverride ? fmt::format(", expected a key of {}", keySpace()) : ""));
    };
    // A path of several keys, or one at the top, may only lack a section, or have one too many.
    const yaml::KeyPath whole = wholePath(entry, path);
    if (path.empty() || whole.size() > path.size() + 1) {
        const auto paths = pathsMeantBy(whole, askedPaths(*root_));
        if (!paths.empty()) return meant(paths);
    }
    const std::string close = suggestion(entry.key, node.askedKeys);
    if (!close.empty()) return say(close);
    if (isOverride && path.empty()) {
        const auto paths = pathsToKeyLike(entry.key, askedPaths(*root_));
        if (!paths.empty()) return meant(paths);
        return say(fmt::format(", expected one of the keys of {}: {}", keySpace(),
                               fmt::join(node.askedKeys, ", ")));
    }
    say(", expected " + oneOfNames(node.askedKeys));
}

/// Whose keys overrides change.
std::string ReaderState::keySpace() const {
    const std::string& file = files_.front()->name;
    return rootNoun_.empty() ? file : fmt::format("{}, {}", file, rootNoun_);
}

/// The path of the override that brought an entry at `path`; of a file's, the entry's own.
yaml::KeyPath ReaderState::wholePath(const yaml::Entry& entry, const yaml::KeyPath& path) const {
    for (const auto& change : overrides_) {
        if (&change->source == entry.position.source) return change->path;
    }
    return childPath(path, entry.key);
}

void ReaderState::reportUnusedOverrides() {
    for (const auto& change : overrides_) {
        const bool reported =
            std::any_of(problems_.begin(), problems_.end(), [&](const yaml::Problem& problem) {
                return problem.position.source == &change->source ||
                       (!problem.path.empty() && startsWith(change->path, problem.path));
            });
        if (change->done || reported || !root_) continue;
        const std::vector<std::string> paths = pathsMeantBy(change->path, askedPaths(*root_));
        report({&change->source, 0, 0}, change->path,
               fmt::format("no such key is read{}, expected a key of {}", didYouMean(paths),
                           keySpace()));
    }
}

void ReaderState::finish() {
    if (root_) {
        reportUnknownKeys(*root_, {});
    }
    reportUnusedOverrides();
    if (problems_.empty()) {
        return;
    }
    std::stable_sort(problems_.begin(), problems_.end(),
                     [](const yaml::Problem& left, const yaml::Problem& right) {
                         const auto rank = [](const yaml::Position& at) {
                             return std::tuple(at.source->order, at.line, at.column);
                         };
                         return rank(left.position) < rank(right.position);
                     });
    std::vector<std::string> lines;
    for (const yaml::Problem& problem : problems_) {
        std::string line = problem.line();
        if (std::find(lines.begin(), lines.end(), line) == lines.end()) {
            lines.push_back(std::move(line));
        }
    }
    throw ConfigError(fmt::format("{}", fmt::join(lines, "\n")));
}

}  // namespace systole::sim
