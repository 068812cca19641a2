// SPDX-License-Identifier: Apache-2.0
#include "sim/reader/unknown_keys.hpp"

#include <algorithm>
#include <set>

#include "sim/base/spelling.hpp"

namespace systole::sim {
namespace {

constexpr std::size_t kMostPaths = 3;

void collect(const yaml::Node& node, const yaml::KeyPath& path, std::vector<yaml::KeyPath>& all) {
    for (const std::string& key : node.askedKeys) {
        yaml::KeyPath child = path;
        child.push_back(key);
        if (const yaml::Node* value = node.valueOf(key)) collect(*value, child, all);
        all.push_back(std::move(child));
    }
    if (node.fragment) collect(*node.fragment, path, all);
}

bool endsWith(const yaml::KeyPath& path, const yaml::KeyPath& end) {
    return path.size() >= end.size() && std::equal(end.rbegin(), end.rend(), path.rbegin());
}

}  // namespace

std::vector<yaml::KeyPath> askedPaths(const yaml::Node& root) {
    std::vector<yaml::KeyPath> all;
    collect(root, {}, all);
    return all;
}

std::vector<std::string> pathsMeantBy(const yaml::KeyPath& given,
                                      const std::vector<yaml::KeyPath>& known) {
    std::vector<std::string> longer;
    const yaml::KeyPath* shorter = nullptr;
    for (const yaml::KeyPath& path : known) {
        if (path.size() > given.size() && endsWith(path, given)) {
            longer.push_back(yaml::joinPath(path));
        } else if (path.size() < given.size() && endsWith(given, path) &&
                   (shorter == nullptr || path.size() > shorter->size())) {
            shorter = &path;
        }
    }
    if (!longer.empty()) return longer.size() <= kMostPaths ? longer : std::vector<std::string>();
    return shorter != nullptr ? std::vector{yaml::joinPath(*shorter)} : std::vector<std::string>();
}

std::vector<std::string> pathsToKeyLike(const std::string& word,
                                        const std::vector<yaml::KeyPath>& known) {
    std::set<std::string> keys;
    for (const yaml::KeyPath& path : known) keys.insert(path.back());
    const std::vector<std::string> meant = meantBy(word, {keys.begin(), keys.end()});
    return meant.size() == 1 ? pathsMeantBy({meant.front()}, known) : std::vector<std::string>();
}

yaml::KeyPath withLongerName(const yaml::KeyPath& path, std::size_t name,
                             const std::vector<std::string>& keys) {
    const auto begin = path.begin() + static_cast<std::ptrdiff_t>(name);
    const auto key = std::find_first_of(begin + 1, path.end(), keys.begin(), keys.end());
    if (key == path.end()) return {};
    yaml::KeyPath longer(path.begin(), begin + 1);
    for (auto part = begin + 1; part != key; ++part) longer.back() += "." + *part;
    longer.insert(longer.end(), key, path.end());
    return longer;
}

}  // namespace systole::sim
