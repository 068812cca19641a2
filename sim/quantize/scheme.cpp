// SPDX-License-Identifier: Apache-2.0
#include "sim/quantize/scheme.hpp"

#include <algorithm>
#include <string_view>

namespace systole::sim {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
    if (pattern.empty()) return text.empty();
    if (pattern.front() != '*') {
        return !text.empty() && pattern.front() == text.front() &&
               matches(pattern.substr(1), text.substr(1));
    }
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (matches(pattern.substr(1), text.substr(i))) return true;
    }
    return false;
}

}  // namespace

bool LayerFormats::names(const std::string& layer) const { return matches(layers, layer); }

WorkFormats Scheme::formatsOf(const std::string& layer) const {
    const auto found = std::find_if(layers.begin(), layers.end(), [&](const LayerFormats& entry) {
        return entry.names(layer);
    });
    return found == layers.end() ? WorkFormats{activation, weight, accumulator} : found->formats;
}

}  // namespace systole::sim
