// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/algorithm/string/replace.hpp>
#include <string>

namespace systole {

/// A word of a shell's command line, whatever a path has in it.
inline std::string shellWord(const std::string& text) {
    return "'" + boost::replace_all_copy(text, "'", "'\\''") + "'";
}

}  // namespace systole
