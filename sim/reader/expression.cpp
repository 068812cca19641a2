// SPDX-License-Identifier: Apache-2.0
#include "sim/reader/expression.hpp"

#include <fmt/format.h>
#include <muParser.h>

#include <algorithm>
#include <cmath>

#include "models/check.hpp"

namespace systole::sim {
namespace {

constexpr double kMostClocks = 1e9;

double least(const double* values, int count) { return *std::min_element(values, values + count); }
double most(const double* values, int count) { return *std::max_element(values, values + count); }

/// muParser knows far more than a formula of clocks needs: comparisons, assignments, functions.
mu::Parser parserOf(const std::string& text) {
    mu::Parser parser;
    parser.ClearFun();
    parser.ClearConst();
    parser.DefineFun("min", least);
    parser.DefineFun("max", most);
    parser.SetExpr(text);
    return parser;
}

bool hasOnlyKnownLetters(const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](unsigned char letter) {
        return std::isalnum(letter) != 0 ||
               std::string_view("_+-*/(),. ").find(static_cast<char>(letter)) !=
                   std::string_view::npos;
    });
}

}  // namespace

Expression::Expression(const Value& value) : value_(value) {
    const std::string text = value.text("a formula");
    if (text.empty()) {
        return;  // reported
    }
    std::string problem = "it has a letter that means nothing here";
    if (hasOnlyKnownLetters(text)) {
        try {
            mu::Parser parser = parserOf(text);
            for (const auto& [name, unused] : parser.GetUsedVar()) {
                names_.push_back(name);
            }
            text_ = text;
            return;
        } catch (const mu::ParserError& error) {
            problem = error.GetMsg();
        }
    }
    value.fail(fmt::format(
        "'{}' is no formula: {}, expected names and numbers with + - * / ( ) min and max", text,
        problem));
}

double Expression::evaluate(const Symbols& symbols) const {
    try {
        mu::Parser parser = parserOf(text_);
        for (const std::string& name : names_) {
            SYSTOLE_CHECK(symbols.contains(name), "{} is not known in {}", name, text_);
            parser.DefineConst(name, symbols.at(name));
        }
        return parser.Eval();
    } catch (const mu::ParserError& error) {
        value_.fail(
            fmt::format("'{}' cannot be computed: {}, expected a formula", text_, error.GetMsg()));
        return 0;
    }
}

double Expression::magnitude(const Symbols& symbols) const {
    const double result = evaluate(symbols);
    if (std::isfinite(result) && result >= 0) {
        return result;
    }
    value_.fail(fmt::format("'{}' is {:.6g}, expected at least 0", text_, result));
    return 0;
}

std::uint64_t Expression::clocks(const Symbols& symbols) const {
    const double result = evaluate(symbols);
    if (result >= 0 && result <= kMostClocks && result == std::floor(result)) {
        return static_cast<std::uint64_t>(result);
    }
    value_.fail(fmt::format("'{}' is {:.6g}, expected a whole number of clocks from 0 to {:.0f}",
                            text_, result, kMostClocks));
    return 0;
}

}  // namespace systole::sim
