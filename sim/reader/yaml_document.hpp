// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sim/reader/key_path.hpp"

/// One YAML document as a tree that remembers where every key and value stands. Stricter than YAML:
/// one document a text, keys are scalars, no aliases, no tags, UTF-8 without control characters.
namespace systole::sim::yaml {

/// A file, or the part of the command line that brought a value.
struct Source {
    std::string name;  ///< as shown in messages: the file, `--set key=value`, or `{key: value}`
    std::filesystem::path directory;  ///< where names of fragments are looked up first
    std::filesystem::path base;       ///< where relative paths count from; empty: working directory
    bool isFile = true;
    std::size_t order = 0;  ///< messages are sorted by source, line and column
};

struct Position {
    const Source* source = nullptr;
    int line = 0;  ///< from 1; 0: the source as a whole
    int column = 0;

    std::string text() const;
};

struct Problem {
    Position position;
    KeyPath path;
    std::string text;

    std::string line() const;  ///< `file:line:column: path: text`
};

struct Entry;

struct Node {
    enum class Kind { Null, Scalar, Map, List };
    enum class ReadAs { Text, Number, Boolean };
    Kind kind = Kind::Null;
    Position position;
    std::string scalar;
    bool quoted = false;
    std::vector<Entry> entries;                ///< Map: in the order of the text
    std::vector<std::unique_ptr<Node>> items;  ///< List

    // What the reader did with it.
    std::unique_ptr<Node> fragment;      ///< Scalar: the file that it names, once opened
    bool opened = false;                 ///< asked for as a section
    bool acceptsAnyKey = false;          ///< Map: whoever reads it took all of its entries
    std::vector<std::string> askedKeys;  ///< Map: keys that were asked for, each once
    std::vector<Entry> defaults;         ///< Map: values of keys that are not among the entries
    bool follows = false;                ///< a default that follows from keys beside it
    ReadAs readAs = ReadAs::Text;        ///< Scalar
    const Node* replacement = nullptr;   ///< the value that counts instead of this one

    Entry* find(const std::string& key);
    /// The key's value or its default; null where it has neither.
    Node* valueOf(const std::string& key) const;
};

struct Entry {
    std::string key;
    Position position;
    std::unique_ptr<Node> value;
};

/// Parses `text`. Problems are appended, with `prefix` in front of their paths. Null where the text
/// is no YAML document at all; a duplicate key keeps its first value.
std::unique_ptr<Node> parseDocument(const std::string& text, const Source& source,
                                    const KeyPath& prefix, std::vector<Problem>& problems);

}  // namespace systole::sim::yaml
