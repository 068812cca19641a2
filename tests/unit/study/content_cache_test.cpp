// SPDX-License-Identifier: Apache-2.0
// What is kept under the content that it came from.
#include "sim/base/content_cache.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "tests/unit/config/config_fixture.hpp"

namespace systole::sim {
namespace {

namespace fs = std::filesystem;

class ContentCacheTest : public ConfigTest {
protected:
    ContentCache cache() const { return ContentCache(folder_ / "cache"); }
    static std::string read(const fs::path& path) {
        std::ifstream file(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
};

TEST_F(ContentCacheTest, FindsWhatItKeptAndNothingElse) {
    cache().keep("ranges", "abc", "one\ntwo\n");
    EXPECT_EQ(cache().find("ranges", "abc"), "one\ntwo\n");
    EXPECT_EQ(cache().find("ranges", "abd"), std::nullopt);
    EXPECT_EQ(cache().find("sums", "abc"), std::nullopt);
    cache().keep("ranges", "abc", "three");
    EXPECT_EQ(cache().find("ranges", "abc"), "three");
}

TEST_F(ContentCacheTest, WhatIsDamagedWasNeverThere) {
    cache().keep("ranges", "abc", "12345");
    const fs::path file = folder_ / "cache" / "ranges-abc";
    const std::string whole = read(file);
    for (const std::string& damaged :
         {whole.substr(0, whole.size() - 1), whole + "6", std::string(), std::string("x\n12345"),
          whole.substr(0, 64)}) {
        std::ofstream(file, std::ios::binary) << damaged;
        EXPECT_EQ(cache().find("ranges", "abc"), std::nullopt) << damaged;
    }
}

TEST_F(ContentCacheTest, AFolderThatCannotBeMadeIsNoFailure) {
    std::ofstream(folder_ / "file") << "no folder";
    const ContentCache cache(folder_ / "file" / "below");
    cache.keep("ranges", "abc", "12345");
    EXPECT_EQ(cache.find("ranges", "abc"), std::nullopt);
}

TEST_F(ContentCacheTest, TheUserSaysWhere) {
    const auto set = [](const char* name, const char* value) {
        value == nullptr ? unsetenv(name) : setenv(name, value, 1);
    };
    set("SYSTOLE_CACHE", "off");
    EXPECT_EQ(ContentCache::ofUser().folder(), std::nullopt);
    ContentCache::ofUser().keep("ranges", "abc", "12345");
    set("SYSTOLE_CACHE", "/somewhere");
    EXPECT_EQ(ContentCache::ofUser().folder(), "/somewhere");
    set("SYSTOLE_CACHE", nullptr);
    set("XDG_CACHE_HOME", "/xdg");
    EXPECT_EQ(ContentCache::ofUser().folder(), "/xdg/systole");
    set("XDG_CACHE_HOME", nullptr);
    set("HOME", "/home/anna");
    EXPECT_EQ(ContentCache::ofUser().folder(), "/home/anna/.cache/systole");
}

}  // namespace
}  // namespace systole::sim
