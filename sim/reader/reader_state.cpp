// SPDX-License-Identifier: Apache-2.0
#include "sim/reader/reader_state.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "sim/base/config_error.hpp"
#include "sim/base/shipped_files.hpp"
#include "sim/base/spelling.hpp"

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

yaml::KeyPath childPath(const yaml::KeyPath& path, std::string part) {
    yaml::KeyPath child = path;
    child.push_back(std::move(part));
    return child;
}

bool isFragmentName(const std::string& name) {
    return !name.empty() && name.find_first_of("/\\") == std::string::npos && name.front() != '.';
}

std::set<std::string> fragmentsIn(const std::vector<fs::path>& folders) {
    std::set<std::string> names;
    for (const fs::path& folder : folders) {
        std::error_code error;
        for (fs::directory_iterator at(folder, error), end; !error && at != end;
             at.increment(error)) {
            if (at->path().extension() == ".yaml") {
                names.insert(at->path().stem().string());
            }
        }
    }
    return names;
}

std::vector<fs::path> searchFolders(const yaml::Node& user, const std::string& folder) {
    const fs::path& directory = user.position.source->directory;
    std::vector<fs::path> folders{directory / folder, directory / ".." / folder};
    for (const fs::path& configs : configFolders()) folders.push_back(configs / folder);
    return folders;
}

std::optional<fs::path> fragmentFile(const yaml::Node& user, const std::string& folder,
                                     const std::string& name) {
    if (!isFragmentName(name)) return std::nullopt;
    for (const fs::path& candidate : searchFolders(user, folder)) {
        fs::path file = candidate / (name + ".yaml");
        std::error_code error;
        if (fs::exists(file, error)) return file;
    }
    return std::nullopt;
}

}  // namespace

bool ReaderState::hasFragment(const yaml::Node& user, const std::string& folder,
                              const std::string& name) {
    return fragmentFile(user, folder, name).has_value();
}

bool startsWith(const yaml::KeyPath& path, const yaml::KeyPath& prefix) {
    return path.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), path.begin());
}

ReaderState::ReaderState(const fs::path& file, const std::vector<std::string>& overrides,
                         const std::string& folder) {
    yaml::Source& source = addFile(file);
    for (const std::string& text : overrides) {
        parseOverride(text);
    }
    dropReplacedOverrides();
    root_ = readFile(file, {&source, 0, 0}, {});
    if (root_ && !folder.empty()) {
        inherit(*root_, {}, folder);
    }
}

std::unique_ptr<ReaderState> ReaderState::ofText(const std::string& text, const std::string& name) {
    std::unique_ptr<ReaderState> state(new ReaderState);
    yaml::Source& source = state->addFile(name);
    source.name = name;
    state->root_ = yaml::parseDocument(text, source, {}, state->problems_);
    return state;
}

yaml::Position ReaderState::rootPosition() const {
    return root_ ? root_->position : yaml::Position{files_.front().get(), 0, 0};
}

yaml::Source& ReaderState::addFile(const fs::path& file) {
    auto source = std::make_unique<yaml::Source>();
    source->name = file.lexically_normal().string();
    source->directory = file.parent_path();
    source->order = files_.size();
    files_.push_back(std::move(source));
    return *files_.back();
}

void ReaderState::report(const yaml::Position& position, const yaml::KeyPath& path,
                         std::string text) {
    problems_.push_back({position, path, std::move(text)});
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

std::unique_ptr<yaml::Node> ReaderState::readFile(const fs::path& file, const yaml::Position& user,
                                                  const yaml::KeyPath& path) {
    std::error_code error;
    const fs::file_status status = fs::status(file, error);
    if (!fs::exists(status)) {
        report(user, path, fmt::format("no such file '{}', expected a YAML file", file.string()));
        return nullptr;
    }
    if (fs::is_directory(status)) {
        report(user, path, fmt::format("'{}' is a directory, expected a YAML file", file.string()));
        return nullptr;
    }
    std::ifstream stream(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (!stream.is_open() || stream.bad()) {
        report(user, path, fmt::format("cannot read '{}', expected a YAML file", file.string()));
        return nullptr;
    }
    const yaml::Source& source = path.empty() ? *files_.front() : addFile(file);
    return yaml::parseDocument(text, source, path, problems_);
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
                                      const std::string& folder, const std::string& name) {
    if (std::exchange(user.opened, true)) {
        return user.fragment.get();
    }
    const std::optional<fs::path> file = fragmentFile(user, folder, name);
    if (!file) {
        reportUnknownFragment(user, path, folder, name);
        return nullptr;
    }
    user.fragment = readFile(*file, user.position, path);
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

namespace {

/// Adds what `map` leaves out.
void fillFrom(yaml::Node& map, yaml::Node& base) {
    for (yaml::Entry& entry : base.entries) {
        yaml::Entry* own = map.find(entry.key);
        if (own == nullptr) {
            map.entries.push_back(std::move(entry));
        } else if (own->value->kind == yaml::Node::Kind::Map &&
                   entry.value->kind == yaml::Node::Kind::Map) {
            fillFrom(*own->value, *entry.value);
        }
    }
}

}  // namespace

void ReaderState::inherit(yaml::Node& map, const yaml::KeyPath& path, const std::string& folder) {
    inherit(map, path, folder, 0);
}

void ReaderState::inherit(yaml::Node& map, const yaml::KeyPath& path, const std::string& folder,
                          std::size_t depth) {
    const auto entry = std::find_if(map.entries.begin(), map.entries.end(),
                                    [](const yaml::Entry& each) { return each.key == "base"; });
    if (entry == map.entries.end() || entry->value->kind != yaml::Node::Kind::Scalar) {
        return;  // who reads the map reports the key
    }
    const std::unique_ptr<yaml::Node> name = std::move(entry->value);
    map.entries.erase(entry);
    const yaml::KeyPath namePath = childPath(path, "base");
    constexpr std::size_t kDeepest = 8;
    const std::optional<fs::path> file = fragmentFile(*name, folder, name->scalar);
    if (!file || depth == kDeepest) {
        file ? report(name->position, namePath,
                      fmt::format("'{}' has a base that has a base, and so on, expected at most {}",
                                  name->scalar, kDeepest))
             : reportUnknownFragment(*name, namePath, folder, name->scalar);
        return;
    }
    const std::unique_ptr<yaml::Node> base = readFile(*file, name->position, namePath);
    if (base && base->kind == yaml::Node::Kind::Map) {
        inherit(*base, path, folder, depth + 1);
        fillFrom(map, *base);
    }
}

void ReaderState::reportUnknownFragment(const yaml::Node& user, const yaml::KeyPath& path,
                                        const std::string& folder, const std::string& name) {
    const std::set<std::string> known = fragmentsIn(searchFolders(user, folder));
    const std::vector<std::string> names(known.begin(), known.end());
    const std::string expected =
        names.empty() ? fmt::format("a file {}/{}.yaml", folder, name) : oneOfNames(names);
    report(user.position, path,
           fmt::format("unknown fragment '{}'{}, expected a section or {}", name,
                       suggestion(name, names), expected));
}

void ReaderState::reportUnknownKeys(const yaml::Node& node, const yaml::KeyPath& path) {
    for (const yaml::Entry& entry : node.entries) {
        const auto& asked = node.askedKeys;
        const bool known =
            node.acceptsAnyKey || std::find(asked.begin(), asked.end(), entry.key) != asked.end();
        if (known) {
            reportUnknownKeys(*entry.value, childPath(path, entry.key));
        } else if (node.opened) {
            const std::string close = suggestion(entry.key, asked);
            report(entry.position, path,
                   close.empty()
                       ? fmt::format("unknown key '{}', expected {}", entry.key, oneOfNames(asked))
                       : fmt::format("unknown key '{}'{}", entry.key, close));
        }
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        reportUnknownKeys(*node.items[i], childPath(path, fmt::format("[{}]", i)));
    }
    if (node.fragment) {
        reportUnknownKeys(*node.fragment, path);
    }
}

void ReaderState::reportUnusedOverrides() {
    for (const auto& change : overrides_) {
        const bool reported =
            std::any_of(problems_.begin(), problems_.end(), [&](const yaml::Problem& problem) {
                return problem.position.source == &change->source ||
                       (!problem.path.empty() && startsWith(change->path, problem.path));
            });
        if (!change->done && !reported && root_) {
            report({&change->source, 0, 0}, change->path,
                   "unknown key path, expected a key of the configuration");
        }
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
