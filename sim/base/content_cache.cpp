// SPDX-License-Identifier: Apache-2.0
#include "sim/base/content_cache.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include "sim/base/atomic_file.hpp"
#include "sim/base/config_error.hpp"
#include "sim/base/hash.hpp"

namespace systole::sim {
namespace {

std::optional<std::string> variable(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == 0) return std::nullopt;
    return value;
}

std::string digestOf(std::string_view content) {
    Sha256 hash;
    hash.add(content);
    return hash.text();
}

}  // namespace

ContentCache ContentCache::ofUser() {
    if (const auto own = variable("SYSTOLE_CACHE")) {
        if (*own == "off") return ContentCache(std::nullopt);
        return ContentCache(std::filesystem::path(*own));
    }
    if (const auto base = variable("XDG_CACHE_HOME")) {
        return ContentCache(std::filesystem::path(*base) / "systole");
    }
    if (const auto home = variable("HOME")) {
        return ContentCache(std::filesystem::path(*home) / ".cache" / "systole");
    }
    return ContentCache(std::nullopt);
}

std::filesystem::path ContentCache::fileOf(std::string_view kind, const std::string& key) const {
    return *folder_ / fmt::format("{}-{}", kind, key);
}

/// The first line is the SHA-256 of the rest.
std::optional<std::string> ContentCache::find(std::string_view kind, const std::string& key) const {
    if (!folder_) return std::nullopt;
    std::ifstream file(fileOf(kind, key), std::ios::binary);
    std::string digest;
    if (!std::getline(file, digest)) return std::nullopt;
    std::string content{std::istreambuf_iterator<char>(file), {}};
    if (digest != digestOf(content)) return std::nullopt;
    return content;
}

void ContentCache::keep(std::string_view kind, const std::string& key,
                        std::string_view content) const {
    if (!folder_) return;
    std::error_code error;
    std::filesystem::create_directories(*folder_, error);
    if (error) return;
    try {
        writeFileAtomically(fileOf(kind, key), fmt::format("{}\n{}", digestOf(content), content));
    } catch (const ConfigError&) {
        // A full disk, a folder that is not ours: the next run computes it again.
    }
}

}  // namespace systole::sim
