// SPDX-License-Identifier: Apache-2.0
#include "sim/study/json_for_diffs.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;

/// Numbers, flags and null.
bool isShort(const Json& value) { return !value.is_structured() && !value.is_string(); }

bool holdsShortOnly(const Json& value) {
    return isShort(value) ||
           (value.is_structured() && std::all_of(value.begin(), value.end(), holdsShortOnly));
}

std::string keyOf(const Json& container, const Json::const_iterator& item) {
    return container.is_object() ? Json(item.key()).dump() + ": " : std::string();
}

std::string inOneLine(const Json& value) {
    if (!value.is_structured()) return value.dump();
    std::string text;
    for (auto item = value.begin(); item != value.end(); ++item) {
        text += (text.empty() ? "" : ", ") + keyOf(value, item) + inOneLine(*item);
    }
    return value.is_object() ? "{" + text + "}" : "[" + text + "]";
}

std::string inLines(const Json& value, std::size_t depth) {
    if (!value.is_structured() || holdsShortOnly(value)) return inOneLine(value);
    const std::string indent = "\n" + std::string(depth + 1, ' ');
    std::string text;
    bool continues = false;
    for (auto item = value.begin(); item != value.end(); ++item) {
        const bool joins = continues && isShort(*item);
        text += (text.empty() ? "" : ",") + (joins ? " " : indent);
        text += keyOf(value, item) + inLines(*item, depth + 1);
        continues = isShort(*item);
    }
    text += "\n" + std::string(depth, ' ');
    return value.is_object() ? "{" + text + "}" : "[" + text + "]";
}

}  // namespace

std::string jsonForDiffs(const nlohmann::ordered_json& document) {
    return inLines(document, 0) + "\n";
}

}  // namespace systole::sim
