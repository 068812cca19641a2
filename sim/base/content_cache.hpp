// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace systole::sim {

/// Results that take long, kept under the SHA-256 of all that they were computed from. Whatever is
/// wrong with what was kept, it is computed anew: a cache is never the reason why a run fails.
class ContentCache {
public:
    /// Where the user keeps such things: $SYSTOLE_CACHE, else $XDG_CACHE_HOME/systole, else
    /// ~/.cache/systole. With SYSTOLE_CACHE=off, and where there is no home, nothing is kept.
    static ContentCache ofUser();
    explicit ContentCache(std::optional<std::filesystem::path> folder)
        : folder_(std::move(folder)) {}

    /// What was kept under this key; empty where nothing was, or not whole.
    std::optional<std::string> find(std::string_view kind, const std::string& key) const;
    /// Keeps it, in the place of what was there. Where that is not possible nothing happens.
    void keep(std::string_view kind, const std::string& key, std::string_view content) const;

    const std::optional<std::filesystem::path>& folder() const { return folder_; }

private:
    std::filesystem::path fileOf(std::string_view kind, const std::string& key) const;

    std::optional<std::filesystem::path> folder_;
};

}  // namespace systole::sim
