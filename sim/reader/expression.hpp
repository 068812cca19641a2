// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/reader/config_reader.hpp"

namespace systole::sim {

/// What the names of an expression stand for.
using Symbols = std::map<std::string, double>;

/// A formula of a file in numbers and names: `max(CL + BL / 2 + 2 - CWL, 1)`. There are + - * /,
/// parentheses, `min` and `max`. Problems are noted at the place of the formula.
class Expression {
public:
    /// Notes a text that is no formula; harmless: 0, without names.
    explicit Expression(const Value& value);

    /// In alphabetical order, each once.
    const std::vector<std::string>& names() const { return names_; }
    const std::string& text() const { return text_; }
    std::string place() const { return value_.place(); }

    /// A finite number of at least 0; harmless: 0. Every name must be among the symbols.
    double magnitude(const Symbols& symbols) const;
    /// A whole number; harmless: 0.
    std::uint64_t clocks(const Symbols& symbols) const;

private:
    double evaluate(const Symbols& symbols) const;

    Value value_;
    std::string text_ = "0";
    std::vector<std::string> names_;
};

}  // namespace systole::sim
