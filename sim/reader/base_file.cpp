// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "sim/base/named_files.hpp"
#include "sim/reader/reader_state.hpp"

namespace systole::sim {
namespace fs = std::filesystem;
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

void ReaderState::inherit(yaml::Node& map, const yaml::KeyPath& path,
                          const std::vector<std::string>& kinds) {
    inherit(map, path, kinds, 0);
}

void ReaderState::inherit(yaml::Node& map, const yaml::KeyPath& path,
                          const std::vector<std::string>& kinds, std::size_t depth) {
    const auto entry = std::find_if(map.entries.begin(), map.entries.end(),
                                    [](const yaml::Entry& each) { return each.key == "base"; });
    if (entry == map.entries.end()) return;
    const std::unique_ptr<yaml::Node> name = std::move(entry->value);
    map.entries.erase(entry);
    const yaml::KeyPath namePath = childPath(path, "base");
    if (name->kind != yaml::Node::Kind::Scalar) {
        report(name->position, namePath, "no name, expected that of a file, or its path");
        brokenBases_.push_back(path);
        return;
    }
    constexpr std::size_t kDeepest = 8;
    const FileLookup lookup = lookupOf(*name, kinds);
    const std::optional<fs::path> file = findFile(name->scalar, lookup);
    if (!file || depth == kDeepest) {
        report(name->position, namePath,
               file ? fmt::format("'{}' has a base that has a base, and so on, expected at most {}",
                                  name->scalar, kDeepest)
                    : describeMissing(name->scalar, lookup));
        brokenBases_.push_back(path);
        return;
    }
    const std::unique_ptr<yaml::Node> base =
        readFile(*file, addFile(*file), name->position, namePath, kinds);
    if (base && base->kind == yaml::Node::Kind::Map) {
        inherit(*base, path, kinds, depth + 1);
        fillFrom(map, *base);
        return;
    }
    if (base) report(base->position, namePath, "no keys found, expected a map of keys and values");
    brokenBases_.push_back(path);
}

}  // namespace systole::sim
