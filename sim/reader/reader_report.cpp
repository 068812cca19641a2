// SPDX-License-Identifier: Apache-2.0
// What the reader says in the end: keys that nobody asked for, overrides without effect, and all
// problems in the order of their places.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

#include "sim/base/config_error.hpp"
#include "sim/base/spelling.hpp"
#include "sim/reader/reader_state.hpp"
#include "sim/reader/unknown_keys.hpp"

namespace systole::sim {
void ReaderState::reportUnknownKeys(const yaml::Node& node, const yaml::KeyPath& path, bool named) {
    for (const yaml::Entry& entry : node.entries) {
        const auto& asked = node.askedKeys;
        const bool known =
            node.acceptsAnyKey || std::find(asked.begin(), asked.end(), entry.key) != asked.end();
        if (known) {
            reportUnknownKeys(*entry.value, childPath(path, entry.key), node.acceptsAnyKey);
        } else if (node.opened) {
            reportUnknownKey(node, entry, path, named);
        }
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        reportUnknownKeys(*node.items[i], childPath(path, fmt::format("[{}]", i)), false);
    }
    if (node.fragment) {
        reportUnknownKeys(*node.fragment, path, named);
    }
}

void ReaderState::reportUnknownKey(const yaml::Node& node, const yaml::Entry& entry,
                                   const yaml::KeyPath& path, bool named) {
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
    if (named && isOverride && whole.size() > path.size()) {
        const yaml::KeyPath longer = withLongerName(whole, path.size() - 1, node.askedKeys);
        if (!longer.empty()) {
            return say(
                fmt::format(" (a name with a dot stands in quotes: {})", yaml::joinPath(longer)));
        }
    }
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
        reportUnknownKeys(*root_, {}, false);
    }
    reportUnusedOverrides();
    std::erase_if(problems_, [&](const yaml::Problem& problem) {
        return problem.text.starts_with("missing key") &&
               std::any_of(brokenBases_.begin(), brokenBases_.end(),
                           [&](const auto& map) { return startsWith(problem.path, map); });
    });
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
    constexpr std::size_t kMostLines = 20;
    if (lines.size() > kMostLines) {
        const std::size_t more = lines.size() - kMostLines;
        lines.resize(kMostLines);
        lines.push_back(fmt::format("{}: and {} more problem{}", files_.front()->name, more,
                                    more == 1 ? "" : "s"));
    }
    throw ConfigError::ofLines(lines);
}

}  // namespace systole::sim
