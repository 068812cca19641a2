// SPDX-License-Identifier: Apache-2.0
#include "sim/reader/config_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/reader/reader_state.hpp"

namespace systole::sim {
namespace {

void ask(yaml::Node& map, const std::string& key) {
    if (std::find(map.askedKeys.begin(), map.askedKeys.end(), key) == map.askedKeys.end()) {
        map.askedKeys.push_back(key);
    }
}

yaml::KeyPath childPath(const yaml::KeyPath& path, std::string part) {
    yaml::KeyPath child = path;
    child.push_back(std::move(part));
    return child;
}

}  // namespace

Value Section::at(const std::string& key) const {
    if (node_ == nullptr) {
        return {state_, nullptr, position_, childPath(path_, key), true};
    }
    ask(*node_, key);
    const yaml::Entry* entry = node_->find(key);
    yaml::Node* value = entry != nullptr ? entry->value.get() : nullptr;
    const yaml::Position position = value != nullptr ? value->position : position_;
    return {state_, value, position, childPath(path_, key), false};
}

std::optional<Value> Section::find(const std::string& key) const {
    const Value value = at(key);
    return value.node_ != nullptr ? std::optional(value) : std::nullopt;
}

bool Section::has(const std::string& key) const {
    return node_ != nullptr && node_->find(key) != nullptr;
}

std::vector<std::pair<std::string, Value>> Section::entries() const {
    std::vector<std::pair<std::string, Value>> all;
    if (node_ != nullptr) {
        node_->acceptsAnyKey = true;
        for (const yaml::Entry& entry : node_->entries) {
            all.emplace_back(entry.key, at(entry.key));
        }
    }
    return all;
}

bool Section::clean() const { return node_ != nullptr && !state_->hasProblemBelow(path_); }

void Section::fail(const std::string& problem) const {
    if (node_ != nullptr) {
        state_->report(position_, path_, problem);
    }
}

Section Value::open(yaml::Node* map, std::string name) const {
    if (map == nullptr) {
        return {state_, nullptr, position_, path_, std::move(name)};
    }
    state_->open(*map, path_);
    return {state_, map, map->position, path_, std::move(name)};
}

Section Value::section() const {
    if (isSection()) {
        return open(node_, "");
    }
    failKind("a section of keys and values");
    return open(nullptr, "");
}

Section Value::fragment(const std::string& folder) const {
    return isScalar() ? fragmentNamed(folder, node_->scalar) : fragmentNamed(folder, "");
}

bool Value::hasFragment(const std::string& folder, const std::string& name) const {
    return isScalar() && ReaderState::hasFragment(*node_, folder, name);
}

Section Value::fragmentNamed(const std::string& folder, const std::string& name) const {
    if (isSection()) {
        return open(node_, "");
    }
    if (!isScalar()) {
        failKind(fmt::format("a section of keys and values, or the name of a file in {}/", folder));
        return open(nullptr, "");
    }
    return open(state_->openFragment(*node_, path_, folder, name), name);
}

std::vector<Value> Value::list(IntegerRange count) const {
    const std::string expectation =
        count.most == IntegerRange{}.most
            ? (count.least == 0 ? "a list"
                                : fmt::format("a list of at least {} values", count.least))
        : count.least == count.most
            ? fmt::format("a list of {} values", count.least)
            : fmt::format("a list of {} to {} values", count.least, count.most);
    std::vector<Value> values;
    if (!isList()) {
        failKind(expectation);
        return values;
    }
    if (node_->items.size() < count.least || node_->items.size() > count.most) {
        fail(fmt::format("found {} values, expected {}", node_->items.size(), expectation));
    }
    for (std::size_t i = 0; i < node_->items.size(); ++i) {
        yaml::Node* item = node_->items[i].get();
        values.push_back(
            Value(state_, item, item->position, childPath(path_, fmt::format("[{}]", i)), false));
    }
    return values;
}

bool Value::isOverride() const { return !position_.source->isFile; }

void Value::fail(const std::string& problem) const {
    if (!silent_) {
        state_->report(position_, path_, problem);
    }
}

std::string Value::place() const { return position_.text(); }

ConfigReader::ConfigReader(const std::filesystem::path& file, const Overrides& overrides)
    : state_(std::make_unique<ReaderState>(file, overrides)) {}

ConfigReader::ConfigReader(std::unique_ptr<ReaderState> state) : state_(std::move(state)) {}

ConfigReader ConfigReader::ofText(const std::string& text, const std::string& name) {
    return ConfigReader(ReaderState::ofText(text, name));
}

ConfigReader::~ConfigReader() = default;
ConfigReader::ConfigReader(ConfigReader&&) noexcept = default;
ConfigReader& ConfigReader::operator=(ConfigReader&&) noexcept = default;

Value ConfigReader::value() {
    return {state_.get(), state_->root(), state_->rootPosition(), {}, state_->root() == nullptr};
}

Section ConfigReader::root() { return value().section(); }

void ConfigReader::finish() { state_->finish(); }

}  // namespace systole::sim
