// SPDX-License-Identifier: Apache-2.0
#include "sim/reader/reader_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "sim/base/input_file.hpp"
#include "sim/base/named_files.hpp"
#include "sim/base/text.hpp"

namespace systole::sim {
namespace fs = std::filesystem;
namespace {

/// Problems of the command line come after those of the files.
constexpr std::size_t kFirstOverride = std::size_t{1} << 32U;

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

FileLookup lookupOf(const yaml::Node& user, const std::vector<std::string>& kinds) {
    const yaml::Source& source = *user.position.source;
    return {
        .kinds = kinds, .base = source.base, .nearby = {source.directory, source.directory / ".."}};
}

std::optional<fs::path> ReaderState::fragmentFile(const yaml::Node& user, const std::string& folder,
                                                  const std::string& given) {
    return findFile(given, lookupOf(user, {folder}));
}

bool startsWith(const yaml::KeyPath& path, const yaml::KeyPath& prefix) {
    return path.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), path.begin());
}

ReaderState::ReaderState(const std::string& given, const std::vector<std::string>& overrides,
                         const std::vector<std::string>& kinds) {
    constexpr std::size_t kShown = 60;
    if (isInlineSection(given)) {
        addText(shortened(printable(given), kShown)).isFile = false;
    } else {
        addFile(given);
    }
    for (const std::string& text : overrides) {
        parseOverride(text);
    }
    dropReplacedOverrides();
    root_ = readRoot(given, kinds);
    if (root_ && !kinds.empty()) inherit(*root_, {}, kinds);
}

std::unique_ptr<ReaderState> ReaderState::ofText(const std::string& text, const std::string& name) {
    std::unique_ptr<ReaderState> state(new ReaderState);
    yaml::Source& source = state->addText(name);
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

yaml::Source& ReaderState::addText(const std::string& name) {
    yaml::Source& source = addFile(name);
    source.name = name;
    source.directory.clear();
    source.base.clear();
    return source;
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
    const std::size_t equals = yaml::endOfPath(text);
    added.path = yaml::splitPath(std::string_view(text).substr(0, equals));
    if (equals == std::string::npos || added.path.empty()) {
        report({&added.source, 0, 0}, {}, "expected key.path=value");
        added.done = true;
        return;
    }
    const std::string value = text.substr(equals + 1);
    if (value.find_first_not_of(" \t") == std::string::npos) {
        added.value = std::make_unique<yaml::Node>();
        added.value->position = {&added.source, 0, 0};
    } else if (std::error_code error; fs::is_regular_file(value, error)) {
        // A path need not be YAML.
        added.value = std::make_unique<yaml::Node>();
        added.value->kind = yaml::Node::Kind::Scalar;
        added.value->scalar = value;
        added.value->position = {&added.source, 1, 1};
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

std::unique_ptr<yaml::Node> ReaderState::readRoot(const std::string& given,
                                                  const std::vector<std::string>& kinds) {
    const yaml::Source& source = *files_.front();
    const yaml::Position user{&source, 0, 0};
    std::error_code error;
    const bool isInline = isInlineSection(given);
    if (!isInline && !kinds.empty() && !fs::exists(fs::symlink_status(given, error))) {
        const FileLookup lookup{.kinds = kinds, .base = {}, .nearby = {}};
        report(user, {}, describeMissing(given, lookup));
        return nullptr;
    }
    auto root = isInline ? yaml::parseDocument(given, source, {}, problems_)
                         : readFile(given, source, user, {}, kinds);
    const auto refuse = [&](const std::string& noun) {
        report(user, {}, fmt::format("is {}, expected {}", noun, nounsOf(kinds)));
    };
    if (isInline && root && !isOfKind(*root, kinds, refuse)) return nullptr;
    if (const FileKind* kind = root ? recognise(keysOf(*root)) : nullptr) rootNoun_ = kind->noun;
    return root;
}

template <class Refuse>
bool ReaderState::isOfKind(const yaml::Node& node, const std::vector<std::string>& kinds,
                           const Refuse& refuse) {
    const FileKind* other = kinds.empty() ? nullptr : otherKind(keysOf(node), kinds);
    if (other == nullptr) return true;
    refuse(other->noun + std::string(orderHint(kinds, other == kindOf("workloads"))));
    return false;
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
    const auto refuseKind = [&](const std::string& noun) {
        refuse(fmt::format("'{}' is {}", name, noun));
    };
    if (node && !isOfKind(*node, kinds, refuseKind)) return nullptr;
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
                                      const std::string& folder, const std::string& given,
                                      const std::string& whyNone) {
    if (std::exchange(user.opened, true)) {
        return user.fragment.get();
    }
    const FileLookup lookup = lookupOf(user, {folder});
    const std::optional<fs::path> file = findFile(given, lookup);
    if (!file) {
        report(user.position, path,
               whyNone.empty() ? describeMissing(given, lookup, "a section") : whyNone);
        return nullptr;
    }
    user.fragment = readFile(*file, addFile(*file), user.position, path, {folder});
    if (user.fragment && user.fragment->kind != yaml::Node::Kind::Map) {
        report(user.fragment->position, path, "no keys found, expected a map of keys and values");
        user.fragment = nullptr;
    }
    if (user.fragment) {
        inherit(*user.fragment, path, {folder});
        open(*user.fragment, path);
    }
    return user.fragment.get();
}

}  // namespace systole::sim
