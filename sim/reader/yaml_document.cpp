// SPDX-License-Identifier: Apache-2.0
#include "sim/reader/yaml_document.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/node/node.h>  // parser.h only declares it
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <boost/locale/utf.hpp>
#include <optional>
#include <sstream>
#include <utility>

#include "sim/base/text.hpp"

namespace systole::sim::yaml {
namespace {

/// Ends the parsing of a document.
struct DocumentError {
    YAML::Mark mark;
    std::string text;
};

/// Builds the tree from the parser's events: YAML::Node drops duplicate keys and the places of
/// keys.
class TreeBuilder final : public YAML::EventHandler {
public:
    TreeBuilder(const std::string& text, const Source& source, KeyPath prefix,
                std::vector<Problem>& problems)
        : text_(text), source_(source), path_(std::move(prefix)), problems_(problems) {}

    std::unique_ptr<Node> takeRoot() { return std::move(root_); }

    /// yaml-cpp also begins a second document where the indentation of the first one is wrong.
    void OnDocumentStart(const YAML::Mark& mark) override {
        if (root_) {
            throw DocumentError{
                mark, "a second document starts here, expected one (is the indentation right?)"};
        }
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        refuse(mark, "", anchor);
        if (expectsKey()) {
            throw DocumentError{mark, "empty key, expected a name"};
        }
        add(Node::Kind::Null, mark);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        refuse(mark, "", anchor);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        refuse(mark, tag, anchor);
        requireClosingQuote(mark);
        if (expectsKey()) {
            key_ = Entry{value, positionOf(mark), nullptr};
            return;
        }
        Node& node = add(Node::Kind::Scalar, mark);
        node.scalar = value;
        node.quoted = tag == "!";  // yaml-cpp's mark of a quoted or block scalar
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override {
        refuse(mark, tag, anchor);
        startCollection(Node::Kind::List, mark);
    }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override {
        refuse(mark, tag, anchor);
        startCollection(Node::Kind::Map, mark);
    }

    void OnSequenceEnd() override { endCollection(); }
    void OnMapEnd() override { endCollection(); }

private:
    struct Level {
        Node* node;
        std::size_t pathLength;
    };

    static void refuse(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        if (anchor != YAML::NullAnchor) {
            throw DocumentError{mark,
                                "YAML anchors are not supported, expected each value in its place"};
        }
        if (!tag.empty() && tag != "?" && tag != "!") {
            throw DocumentError{mark, fmt::format("YAML tag '{}' is not supported", tag)};
        }
    }

    /// yaml-cpp 0.7 takes the end of a file for the end of a quoted scalar.
    void requireClosingQuote(const YAML::Mark& mark) const {
        const auto start = static_cast<std::size_t>(mark.pos);
        const char quote = start < text_.size() ? text_[start] : ' ';
        if (quote != '"' && quote != '\'') {
            return;
        }
        for (std::size_t i = start + 1; i < text_.size(); ++i) {
            const bool doubled = quote == '\'' && text_.compare(i, 2, "''") == 0;
            if (doubled || (quote == '"' && text_[i] == '\\')) {
                ++i;
            } else if (text_[i] == quote) {
                return;
            }
        }
        throw DocumentError{mark, fmt::format("YAML syntax: no closing {} found", quote)};
    }

    Position positionOf(const YAML::Mark& mark) const {
        return {&source_, mark.line + 1, mark.column + 1};
    }

    bool expectsKey() const {
        return !levels_.empty() && levels_.back().node->kind == Node::Kind::Map && !key_;
    }

    void startCollection(Node::Kind kind, const YAML::Mark& mark) {
        if (expectsKey()) {
            throw DocumentError{mark,
                                "a map or list as a key, expected a name (is every "
                                "bracket closed?)"};
        }
        const std::size_t length = path_.size();
        if (!levels_.empty()) {
            const Node& parent = *levels_.back().node;
            path_.push_back(key_ ? key_->key : fmt::format("[{}]", parent.items.size()));
        }
        levels_.push_back({&add(kind, mark), length});
    }

    void endCollection() {
        path_.resize(levels_.back().pathLength);
        levels_.pop_back();
    }

    Node& add(Node::Kind kind, const YAML::Mark& mark) {
        auto node = std::make_unique<Node>();
        node->kind = kind;
        node->position = positionOf(mark);
        Node& added = *node;
        if (levels_.empty()) {
            root_ = std::move(node);
        } else if (Node& parent = *levels_.back().node; parent.kind == Node::Kind::List) {
            parent.items.push_back(std::move(node));
        } else {
            addEntry(parent, std::move(node));
        }
        return added;
    }

    void addEntry(Node& parent, std::unique_ptr<Node> node) {
        Entry entry = *std::exchange(key_, std::nullopt);
        entry.value = std::move(node);
        if (const Entry* first = parent.find(entry.key)) {
            KeyPath path = path_;
            if (entry.value->kind == Node::Kind::Null || entry.value->kind == Node::Kind::Scalar) {
                path.push_back(entry.key);
            }
            problems_.push_back(
                {entry.position, std::move(path),
                 fmt::format("duplicate key, first given in line {}", first->position.line)});
            discarded_.push_back(std::move(entry.value));
        } else {
            parent.entries.push_back(std::move(entry));
        }
    }

    const std::string& text_;
    const Source& source_;
    KeyPath path_;  ///< of the innermost open collection
    std::vector<Problem>& problems_;
    std::unique_ptr<Node> root_;
    std::vector<Level> levels_;
    std::optional<Entry> key_;  ///< read, its value not yet
    std::vector<std::unique_ptr<Node>> discarded_;
};

/// The first byte that is not printable UTF-8, or begins a directive. yaml-cpp takes 0x04 for the
/// end of the file, lets broken sequences through and skips lines that begin with `%`.
std::optional<Problem> findBadCharacter(const std::string& text, const Source& source) {
    using Utf8 = boost::locale::utf::utf_traits<char>;
    Position position{&source, 1, 1};
    for (auto at = text.begin(); at != text.end();) {
        const auto start = at;
        const auto point = Utf8::decode(at, text.end());
        if (point == '%' && position.column == 1) {
            return Problem{position, {}, "YAML directives are not supported"};
        }
        const bool broken = !boost::locale::utf::is_valid_codepoint(point);
        const bool breaksLine = point == '\n' || (point == '\r' && at != text.end() && *at == '\n');
        if (broken || (point < 0x20 && point != '\t' && !breaksLine)) {
            return Problem{position,
                           {},
                           fmt::format("bad byte 0x{:02x}, expected text in UTF-8",
                                       static_cast<unsigned char>(*start))};
        }
        position.column += static_cast<int>(at - start);
        if (point == '\n') {
            position = {&source, position.line + 1, 1};
        }
    }
    return std::nullopt;
}

}  // namespace

std::string Position::text() const {
    return source->isFile && line > 0 ? fmt::format("{}:{}:{}", source->name, line, column)
                                      : source->name;
}

std::string Problem::line() const {
    const std::string where = position.text();
    return printable(path.empty() ? fmt::format("{}: {}", where, text)
                                  : fmt::format("{}: {}: {}", where, joinPath(path), text));
}

Entry* Node::find(const std::string& key) {
    const auto found = std::find_if(entries.begin(), entries.end(),
                                    [&](const Entry& entry) { return entry.key == key; });
    return found == entries.end() ? nullptr : &*found;
}

Node* Node::valueOf(const std::string& key) const {
    for (const std::vector<Entry>* list : {&entries, &defaults}) {
        for (const Entry& entry : *list) {
            if (entry.key == key) return entry.value.get();
        }
    }
    return nullptr;
}

std::unique_ptr<Node> parseDocument(const std::string& text, const Source& source,
                                    const KeyPath& prefix, std::vector<Problem>& problems) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (text.starts_with(kByteOrderMark)) {
        return parseDocument(text.substr(kByteOrderMark.size()), source, prefix, problems);
    }
    const auto report = [&](const Position& position, std::string problem) {
        problems.push_back({position, prefix, std::move(problem)});
        return nullptr;
    };
    if (auto bad = findBadCharacter(text, source)) {
        return report(bad->position, bad->text);
    }
    try {
        std::istringstream stream(text);
        YAML::Parser parser(stream);
        TreeBuilder builder(text, source, prefix, problems);
        if (!parser.HandleNextDocument(builder)) {
            return report({&source, 1, 1}, "empty, expected a YAML document");
        }
        parser.HandleNextDocument(builder);
        return builder.takeRoot();
    } catch (const YAML::Exception& error) {
        return report({&source, error.mark.line + 1, error.mark.column + 1},
                      fmt::format("YAML syntax: {}", error.msg));
    } catch (const DocumentError& error) {
        return report({&source, error.mark.line + 1, error.mark.column + 1}, error.text);
    }
}

}  // namespace systole::sim::yaml
