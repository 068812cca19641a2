// SPDX-License-Identifier: Apache-2.0
#include "sim/reader/config_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/base/named_files.hpp"
#include "sim/reader/reader_state.hpp"

namespace systole::sim {
namespace {

void ask(yaml::Node& map, const std::string& key) {
    if (std::find(map.askedKeys.begin(), map.askedKeys.end(), key) == map.askedKeys.end()) {
        map.askedKeys.push_back(key);
    }
}

ResolvedConfig::Kind scalarKind(yaml::Node::ReadAs readAs) {
    switch (readAs) {
        case yaml::Node::ReadAs::Number:
            return ResolvedConfig::Kind::Number;
        case yaml::Node::ReadAs::Boolean:
            return ResolvedConfig::Kind::Boolean;
        default:
            return ResolvedConfig::Kind::Text;
    }
}

ResolvedConfig resolve(const yaml::Node& node) {
    if (node.replacement != nullptr) return resolve(*node.replacement);
    if (node.fragment) return resolve(*node.fragment);
    ResolvedConfig resolved;
    switch (node.kind) {
        case yaml::Node::Kind::Null:
        case yaml::Node::Kind::Scalar:
            resolved.kind = scalarKind(node.readAs);
            resolved.scalar = node.scalar;
            break;
        case yaml::Node::Kind::List:
            resolved.kind = ResolvedConfig::Kind::List;
            for (const auto& item : node.items) resolved.items.push_back(resolve(*item));
            break;
        case yaml::Node::Kind::Map:
            for (const std::string& key : node.askedKeys) {
                if (const yaml::Node* value = node.valueOf(key);
                    value != nullptr && !value->follows) {
                    resolved.entries.push_back({key, resolve(*value)});
                }
            }
            break;
    }
    return resolved;
}

}  // namespace

Value Section::valueAt(const std::string& key, KeyPlace place) const {
    if (node_ == nullptr) {
        return {state_, nullptr, position_, childPath(path_, key), std::move(place), true};
    }
    ask(*node_, key);
    yaml::Node* value = node_->valueOf(key);
    const yaml::Position position = value != nullptr ? value->position : position_;
    return {state_, value, position, childPath(path_, key), std::move(place), false};
}

Value Section::at(const std::string& key) const { return valueAt(key, keyPlace_.child(key)); }

Value Section::at(const std::string& key, const Default& otherwise) const {
    const KeyPlace place = keyPlace_.child(key);
    if (KeyReference* reference = KeyReference::active()) {
        reference->mayBeAbsent(place, KeyReference::Absence::Default, otherwise.shown());
    }
    if (node_ != nullptr && node_->valueOf(key) == nullptr) {
        node_->defaults.push_back({key, position_, otherwise.node(position_)});
    }
    return valueAt(key, place);
}

std::optional<Value> Section::find(const std::string& key) const {
    const Value value = at(key);
    if (KeyReference* reference = KeyReference::active()) {
        reference->mayBeAbsent(value.keyPlace_, KeyReference::Absence::Optional, "");
    }
    return value.node_ != nullptr ? std::optional(value) : std::nullopt;
}

Value Section::oneOfMany(const std::string& key, const char* kind) const {
    const KeyPlace place = keyPlace_.child(fmt::format("<{}>", kind));
    if (KeyReference* reference = KeyReference::active()) {
        reference->addName(place, key);
    }
    return valueAt(key, place);
}

std::optional<Value> Section::findOneOfMany(const std::string& key, const char* kind) const {
    const Value value = oneOfMany(key, kind);
    if (KeyReference* reference = KeyReference::active()) {
        reference->mayBeAbsent(value.keyPlace_, KeyReference::Absence::Optional, "");
    }
    return value.node_ != nullptr ? std::optional(value) : std::nullopt;
}

Value Section::named(const std::string& key) const {
    return valueAt(key, keyPlace_.child("<name>"));
}

bool Section::has(const std::string& key) const {
    return node_ != nullptr && node_->find(key) != nullptr;
}

std::vector<std::pair<std::string, Value>> Section::entries() const {
    std::vector<std::pair<std::string, Value>> all;
    if (node_ != nullptr) {
        node_->acceptsAnyKey = true;
        for (const yaml::Entry& entry : node_->entries) {
            all.emplace_back(entry.key, valueAt(entry.key, keyPlace_.child("<name>")));
        }
    }
    return all;
}

ResolvedConfig Section::resolved() const {
    return node_ != nullptr ? resolve(*node_) : ResolvedConfig{};
}

bool Section::clean() const { return node_ != nullptr && !state_->hasProblemBelow(path_); }

void Section::fail(const std::string& problem) const {
    if (node_ != nullptr) {
        state_->report(position_, path_, problem);
    }
}

void Value::expect(const std::string& expectation) const {
    if (KeyReference* reference = KeyReference::active()) {
        reference->expect(keyPlace_, expectation);
    }
}

Section Value::open(yaml::Node* map, std::string name, KeyPlace place) const {
    if (map == nullptr) {
        return {state_, nullptr, position_, path_, std::move(place), std::move(name)};
    }
    state_->open(*map, path_);
    return {state_, map, map->position, path_, std::move(place), std::move(name)};
}

Section Value::section(const char* kind) const {
    const std::string expectation = "a section of keys and values";
    expect(kind == nullptr ? expectation : fmt::format("a section of kind {}", kind));
    const KeyPlace place = kind == nullptr ? keyPlace_ : KeyPlace{kind, ""};
    if (isSection()) {
        return open(node_, "", place);
    }
    failKind(expectation);
    return open(nullptr, "", place);
}

Section Value::fragment(const std::string& folder, const std::string& whyNone) const {
    return fragmentNamed(folder, isScalar() ? node_->scalar : "", whyNone);
}

bool Value::hasFragment(const std::string& folder, const std::string& name) const {
    return isScalar() && ReaderState::fragmentFile(*node_, folder, name).has_value();
}

bool Value::isFragment(const std::string& folder) const {
    return isScalar() && (isPath(node_->scalar) || hasFragment(folder, node_->scalar));
}

Section Value::inlined(const std::string& folder, const char* kind) const {
    return open(state_->openFragment(*node_, path_, folder, node_->scalar, ""), node_->scalar,
                {kind, ""});
}

Section Value::fragmentNamed(const std::string& folder, const std::string& name,
                             const std::string& whyNone) const {
    const KeyPlace place{folder, ""};
    const std::string expectation =
        fmt::format("a section of keys and values, a file, or the name of one in {}/", folder);
    expect(expectation);
    if (isSection()) {
        state_->inherit(*node_, path_, {folder});
        return open(node_, "", place);
    }
    if (!isScalar()) {
        failKind(expectation);
        return open(nullptr, "", place);
    }
    const auto file = ReaderState::fragmentFile(*node_, folder, name);
    return open(state_->openFragment(*node_, path_, folder, name, whyNone),
                file ? file->stem().string() : name, place);
}

std::vector<Value> Value::list(IntegerRange count) const {
    const std::string expectation =
        count.most == IntegerRange{}.most
            ? (count.least == 0 ? "a list"
                                : fmt::format("a list of at least {} values", count.least))
        : count.least == count.most
            ? fmt::format("a list of {} values", count.least)
            : fmt::format("a list of {} to {} values", count.least, count.most);
    expect(expectation);
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
        values.push_back(Value(state_, item, item->position,
                               childPath(path_, fmt::format("[{}]", i)), keyPlace_.item(), false));
    }
    return values;
}

bool Value::clean() const { return node_ != nullptr && !state_->hasProblemBelow(path_); }

void Value::replaceBy(const Value& other) const {
    if (node_ != nullptr && node_ != other.node_) {
        node_->replacement = other.node_;
    }
}

bool Value::isOverride() const { return !position_.source->isFile; }

void Value::fail(const std::string& problem) const {
    if (!silent_) {
        state_->report(position_, path_, problem);
    }
}

std::string Value::place() const { return position_.text(); }

ConfigReader::ConfigReader(const std::string& file, const Overrides& overrides,
                           const std::vector<std::string>& kinds)
    : state_(std::make_unique<ReaderState>(file, overrides, kinds)) {}

ConfigReader::ConfigReader(std::unique_ptr<ReaderState> state) : state_(std::move(state)) {}

ConfigReader ConfigReader::ofText(const std::string& text, const std::string& name) {
    return ConfigReader(ReaderState::ofText(text, name));
}

ConfigReader::~ConfigReader() = default;
ConfigReader::ConfigReader(ConfigReader&&) noexcept = default;
ConfigReader& ConfigReader::operator=(ConfigReader&&) noexcept = default;

Value ConfigReader::value() {
    return {state_.get(), state_->root(),           state_->rootPosition(), {},
            {},           state_->root() == nullptr};
}

Section ConfigReader::root() { return value().section(); }

void ConfigReader::finish() { state_->finish(); }

}  // namespace systole::sim
