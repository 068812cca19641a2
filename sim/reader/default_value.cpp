// SPDX-License-Identifier: Apache-2.0
#include "sim/reader/default_value.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

namespace systole::sim {
namespace {

std::unique_ptr<yaml::Node> scalarNode(std::string text, const yaml::Position& position) {
    auto node = std::make_unique<yaml::Node>();
    node->kind = yaml::Node::Kind::Scalar;
    node->position = position;
    node->scalar = std::move(text);
    return node;
}

}  // namespace

Default::Default(double value) : Default(fmt::format("{}", value)) {}

Default::Default(std::vector<std::string> list)
    : kind_(yaml::Node::Kind::List),
      list_(std::move(list)),
      shown_(fmt::format("[{}]", fmt::join(list_, ", "))) {}

Default Default::section() {
    Default otherwise("");
    otherwise.kind_ = yaml::Node::Kind::Map;
    otherwise.shown_ = "those of its keys";
    return otherwise;
}

Default Default::described(std::string shown) && {
    shown_ = std::move(shown);
    return std::move(*this);
}

Default Default::following(std::string shown) && {
    follows_ = true;
    return std::move(*this).described(std::move(shown));
}

std::unique_ptr<yaml::Node> Default::node(const yaml::Position& position) const {
    std::unique_ptr<yaml::Node> node = scalarNode(text_, position);
    node->kind = kind_;
    node->follows = follows_;
    for (const std::string& item : list_) {
        node->items.push_back(scalarNode(item, position));
    }
    return node;
}

}  // namespace systole::sim
