// SPDX-License-Identifier: Apache-2.0
#include "sim/reader/resolved_json.hpp"

#include <nlohmann/json.hpp>

#include "sim/reader/scalars.hpp"

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;

/// Whole numbers stay whole: a double has no room for those of 64 bits.
Json numberJson(const std::string& text) {
    if (const auto whole = parseInteger(text).value) return *whole;
    if (const auto whole = parseSignedInteger(text).value) return *whole;
    return parseReal(text).value.value();
}

}  // namespace

Json resolvedJson(const ResolvedConfig& config) {
    Json json;
    switch (config.kind) {
        case ResolvedConfig::Kind::Text:
            return config.scalar;
        case ResolvedConfig::Kind::Number:
            return numberJson(config.scalar);
        case ResolvedConfig::Kind::Boolean:
            return config.scalar == "true";
        case ResolvedConfig::Kind::List:
            json = Json::array();
            for (const ResolvedConfig& item : config.items) json.push_back(resolvedJson(item));
            return json;
        case ResolvedConfig::Kind::Map:
            json = Json::object();
            for (const auto& [key, value] : config.entries) json[key] = resolvedJson(value);
            return json;
    }
    return json;
}

}  // namespace systole::sim
