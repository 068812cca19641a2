// SPDX-License-Identifier: Apache-2.0
// docs/configuration.md has every key that the readers ask for, with what they say of it. The
// meanings are written in the page; the rest of its lists is written by
//     SYSTOLE_UPDATE_DOCS=1 build/release/tests/unit_config --gtest_filter=ConfigurationPage.*
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/unit/config/key_collection.hpp"

namespace systole::sim {
namespace {

const std::filesystem::path kPage = SYSTOLE_SOURCE_DIR "/docs/configuration.md";
constexpr std::size_t kWidth = 100;
const std::string kListBegin = "<!-- keys of ";
const std::string kListEnd = "<!-- end of keys -->";

using Meanings = std::map<std::string, std::string>;  ///< by path

void replaceAll(std::string& text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
}

/// `one of serial, shadow, direct; default serial`
std::string factsOf(const KeyReference::Key& key) {
    std::string facts = fmt::format("{}", fmt::join(key.expectations, ", or "));
    replaceAll(facts, "a section of keys and values", "a section");
    if (!key.names.empty()) {
        facts += fmt::format("; a key each for {}", fmt::join(key.names, ", "));
    }
    if (key.place.path.ends_with("[]") || key.place.path.ends_with("<name>")) {
        return facts;  // as many as there are
    }
    switch (key.absence) {
        case KeyReference::Absence::Required:
            return facts + "; required";
        case KeyReference::Absence::Optional:
            return facts + "; may be left out";
        case KeyReference::Absence::Default:
            return fmt::format("{}; default {}", facts, key.defaultText);
    }
    return facts;
}

/// An item of a list, in lines of at most kWidth.
std::string wrapped(const std::string& text) {
    std::istringstream words(text);
    std::string lines;
    std::string line = "-";
    for (std::string word; words >> word;) {
        if (line.size() + 1 + word.size() > kWidth) {
            lines += line + "\n";
            line = " ";
        }
        line += " " + word;
    }
    return lines + line + "\n";
}

/// Elements of a list and sections in lists of which the key itself says all.
bool isListed(const KeyReference::Key& key) {
    return !(key.place.path.ends_with("[]") && key.expectations.size() == 1 &&
             key.expectations.front() == "a section of keys and values");
}

std::string listOf(const std::string& kind, const std::vector<KeyReference::Key>& keys,
                   const Meanings& meanings) {
    std::string list;
    for (const KeyReference::Key& key : keys) {
        if (key.place.kind == kind && isListed(key)) {
            const auto meaning = meanings.find(key.place.path);
            list += wrapped(fmt::format("`{}` ({}): {}", key.place.path, factsOf(key),
                                        meaning != meanings.end() ? meaning->second : ""));
        }
    }
    return list;
}

/// The meanings in a list, which begins behind `at` and ends at kListEnd.
Meanings meaningsIn(const std::string& list) {
    static const std::regex kItem(R"(`([^`]*)` \(((?:.|\n)*?)\):\s*((?:.|\n)*))");
    Meanings meanings;
    std::string items = "\n" + list;
    replaceAll(items, "\n  ", " ");
    std::istringstream lines(items);
    for (std::string line; std::getline(lines, line);) {
        std::smatch parts;
        if (std::regex_search(line, parts, kItem)) {
            meanings[parts[1]] = parts[3];
        }
    }
    return meanings;
}

struct Page {
    std::string text;
    std::set<std::string> kinds;
    std::vector<std::string> withoutMeaning;  ///< `kind: path`
};

/// The page with its lists as they must be.
Page updated(const std::string& text, const std::vector<KeyReference::Key>& keys) {
    Page page;
    std::size_t done = 0;
    for (std::size_t at = text.find(kListBegin); at != std::string::npos;
         at = text.find(kListBegin, done)) {
        const std::size_t begin = text.find('\n', at) + 1;
        const std::size_t end = text.find(kListEnd, begin);
        std::string kind = text.substr(at + kListBegin.size());
        kind = kind.substr(0, kind.find(' '));
        const Meanings meanings = meaningsIn(text.substr(begin, end - begin));
        page.text += text.substr(done, begin - done) + listOf(kind, keys, meanings);
        for (const KeyReference::Key& key : keys) {
            const auto meaning = meanings.find(key.place.path);
            if (key.place.kind == kind && isListed(key) &&
                (meaning == meanings.end() || meaning->second.empty())) {
                page.withoutMeaning.push_back(kind + ": " + key.place.path);
            }
        }
        page.kinds.insert(kind);
        done = end;
    }
    page.text += text.substr(done);
    return page;
}

std::string readPage() {
    std::ifstream file(kPage);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> linesOf(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// Lines of `text` that are not in `other`.
std::vector<std::string> linesWithout(const std::string& text, const std::string& other) {
    const std::vector<std::string> all = linesOf(other);
    const std::set<std::string> known(all.begin(), all.end());
    std::vector<std::string> lines;
    for (const std::string& line : linesOf(text)) {
        if (!known.contains(line)) lines.push_back(line);
    }
    return lines;
}

TEST(ConfigurationPage, HasEveryKeyWithTypeRangeDefaultAndMeaning) {
    const std::vector<KeyReference::Key> keys = collectKeys();
    const std::string text = readPage();
    const Page page = updated(text, keys);
    if (std::getenv("SYSTOLE_UPDATE_DOCS") != nullptr) {
        std::ofstream(kPage) << page.text;
    } else {
        EXPECT_TRUE(text == page.text)
            << fmt::format("the page has\n{}\nexpected\n{}\n(SYSTOLE_UPDATE_DOCS=1 writes it)\n",
                           fmt::join(linesWithout(text, page.text), "\n"),
                           fmt::join(linesWithout(page.text, text), "\n"));
    }
    EXPECT_THAT(page.withoutMeaning, testing::IsEmpty());
    std::set<std::string> kinds;
    for (const KeyReference::Key& key : keys) kinds.insert(key.place.kind);
    EXPECT_EQ(page.kinds, kinds);
}

TEST(ConfigurationPage, HasNarrowLines) {
    for (const std::string& line : linesOf(readPage())) EXPECT_LE(line.size(), kWidth) << line;
}

}  // namespace
}  // namespace systole::sim
