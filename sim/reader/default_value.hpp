// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <vector>

#include "sim/reader/yaml_document.hpp"

namespace systole::sim {

/// The value of a key that a file leaves out, as the file would write it. It is converted and
/// checked as if the file had it.
class Default {
public:
    // Implicit, so that a default reads as a value: `section.at("pipeline_depth", 1)`.
    template <std::integral T>
    Default(T value) : Default(textOf(value)) {}
    Default(double value);
    Default(const char* text) : Default(std::string(text)) {}
    Default(std::string text) : text_(std::move(text)), shown_(text_) {}
    Default(std::vector<std::string> list);
    /// A section without keys: each of its keys has a default as well.
    static Default section();

    /// What documents say in the place of the value, for one that follows from other keys.
    Default described(std::string shown) &&;
    /// The same for one that follows from keys beside it. The resolved configuration leaves it out:
    /// whoever changes one of those keys gets another value, and not the one that was.
    Default following(std::string shown) &&;

    const std::string& shown() const { return shown_; }
    std::unique_ptr<yaml::Node> node(const yaml::Position& position) const;

private:
    static std::string textOf(bool value) { return value ? "true" : "false"; }
    template <std::integral T>
    static std::string textOf(T value) {
        return std::to_string(value);
    }

    yaml::Node::Kind kind_ = yaml::Node::Kind::Scalar;
    std::string text_;
    std::vector<std::string> list_;
    std::string shown_;
    bool follows_ = false;
};

}  // namespace systole::sim
