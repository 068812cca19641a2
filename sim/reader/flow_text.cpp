// SPDX-License-Identifier: Apache-2.0
#include "sim/reader/flow_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <system_error>
#include <vector>

#include "models/check.hpp"
#include "sim/base/named_files.hpp"

namespace systole::sim {
namespace fs = std::filesystem;
namespace {

/// A text may have a slash and be no path: BL / beats. A file is there, or is said to be.
bool meansFile(const std::string& text, const fs::path& base) {
    const bool saysSo = text.ends_with(".yaml") || text.ends_with(".yml") ||
                        text.ends_with(".json") || text.starts_with("./") ||
                        text.starts_with("../");
    std::error_code error;
    return isPath(text) && (saysSo || fs::is_regular_file(base / text, error));
}

std::string scalarText(const yaml::Node& node, bool inside) {
    const fs::path& base = node.position.source->base;
    const std::string text = !node.quoted && meansFile(node.scalar, base)
                                 ? (base / node.scalar).lexically_normal().string()
                                 : node.scalar;
    const bool needsQuotes =
        node.quoted || text.empty() || (inside && text.find_first_of(",[]{}") != std::string::npos);
    return needsQuotes ? nlohmann::json(text).dump() : text;
}

std::string textOf(const yaml::Node& node, bool inside) {
    std::vector<std::string> parts;
    switch (node.kind) {
        case yaml::Node::Kind::Null:
            return "";
        case yaml::Node::Kind::Scalar:
            return scalarText(node, inside);
        case yaml::Node::Kind::List:
            for (const auto& item : node.items) parts.push_back(textOf(*item, true));
            return fmt::format("[{}]", fmt::join(parts, ", "));
        case yaml::Node::Kind::Map:
            for (const yaml::Entry& entry : node.entries) {
                const bool isPlain = entry.key.find_first_of(",[]{}:# ") == std::string::npos;
                parts.push_back(fmt::format("{}: {}",
                                            isPlain ? entry.key : nlohmann::json(entry.key).dump(),
                                            textOf(*entry.value, true)));
            }
            return fmt::format("{{{}}}", fmt::join(parts, ", "));
    }
    SYSTOLE_CHECK(false, "kind {}", static_cast<int>(node.kind));
}

}  // namespace

std::string flowText(const yaml::Node& node) { return textOf(node, false); }

}  // namespace systole::sim
