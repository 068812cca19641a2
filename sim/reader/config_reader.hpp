// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "models/units.hpp"
#include "sim/reader/default_value.hpp"
#include "sim/reader/key_reference.hpp"
#include "sim/reader/resolved_config.hpp"
#include "sim/reader/yaml_document.hpp"

/// The one strict reader of Systole's YAML files. Every key is asked for, typed and ranged; a
/// problem is noted with its place, reading goes on with a harmless value, and `readConfig` reports
/// all problems together as one ConfigError.
namespace systole::sim {

class ReaderState;
class Section;
template <class T>
struct ScalarKind;

/// Inclusive bounds.
struct IntegerRange {
    std::uint64_t least = 0;
    std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
};
struct SignedRange {
    std::int64_t least = std::numeric_limits<std::int64_t>::min();
    std::int64_t most = std::numeric_limits<std::int64_t>::max();
};
struct RealRange {
    double least = 0;
    double most = std::numeric_limits<double>::max();
};

template <class Enum>
struct Choice {
    const char* name;
    Enum value;
};

/// One value of a file, or of `--set`. Every conversion notes a problem where the value is missing
/// or is not what was asked for, and then returns the harmless value that it documents. Valid as
/// long as the reader; cheap to copy.
class Value {
public:
    bool boolean() const;  ///< `true` or `false`; harmless: false

    /// Decimal digits; harmless: the least.
    template <class T = std::uint64_t>
    T integer(IntegerRange range = {0, std::numeric_limits<T>::max()}) const {
        static_assert(std::is_unsigned_v<T>);
        range.most = std::min<std::uint64_t>(range.most, std::numeric_limits<T>::max());
        return static_cast<T>(readInteger(range));
    }
    std::int64_t signedInteger(SignedRange range) const;  ///< `-3`; harmless: the least
    double real(RealRange range) const;                   ///< harmless: the least
    std::uint64_t bytes(IntegerRange range) const;  ///< `64KiB`, `512B`, `16`; harmless: the least
    std::uint64_t bits(IntegerRange range) const;   ///< `8Gb`, `512Mb`; harmless: the least
    double hertz(RealRange range) const;            ///< `500MHz`; harmless: the least
    double seconds(RealRange range) const;          ///< `10ns`; harmless: the least
    Limit limit(IntegerRange range) const;          ///< an integer or `unlimited` (empty)
    Limit clocksOrNever(IntegerRange range) const;  ///< an integer or `never` (empty)
    Limit byteLimit(IntegerRange range) const;      ///< a byte size or `unlimited` (empty)
    /// Any scalar but an empty one; harmless: "".
    std::string text(const char* expectation = "text") const;
    /// A name of the user's: text that messages, tables and files can show (`printable`).
    std::string name() const;
    /// Any value but none, as YAML in one line (flowText), whatever keys it has; harmless: "".
    std::string flow() const;
    /// The same for another text that the value's file has, such as the end of `key=./fp5.yaml`.
    std::string flowOf(const std::string& text) const;
    /// Whether it is this word, for values such as `auto` that stand beside other kinds.
    bool isWord(const char* word) const;

    /// A file that exists; a relative path counts from the file that names it. Of kinds that have
    /// names (FileKind) a name will do. Harmless: empty.
    std::filesystem::path file(const std::vector<std::string>& kinds = {}) const;
    /// A file of kinds that have names, or what it would say, `{..}`: as the command line takes it.
    std::string fileOrSection(const std::vector<std::string>& kinds) const;

    /// `value.oneOf<Kind>({{"max", Kind::Max}, {"average", Kind::Average}})`; harmless: the first.
    template <class Enum>
    Enum oneOf(std::initializer_list<Choice<Enum>> choices) const {
        std::vector<std::string> names;
        for (const Choice<Enum>& choice : choices) {
            names.emplace_back(choice.name);
        }
        return choices.begin()[choose(names)].value;
    }
    /// Index of the name; harmless: 0.
    std::size_t choose(const std::vector<std::string>& names) const;

    /// A map; harmless: a section that answers everything harmlessly. A kind names a section that
    /// is found in several places, or is long, so that documents describe it once.
    Section section(const char* kind = nullptr) const;
    /// A map, or a file that holds one: by its path, or by its name `<folder>/<name>.yaml`, which
    /// is looked up in the directory of the file that names it, that directory's parent, and
    /// `configFolders()` (findFile). Either may have a key `base` that names a fragment of the same
    /// kind: it supplies what they leave out.
    /// `whyNone` may know better than the reader why a name finds no file; else it is empty.
    Section fragment(const std::string& folder, const std::string& whyNone = "") const;
    /// Whether there is a file of that name or path to be looked up.
    bool hasFragment(const std::string& folder, const std::string& name) const;
    /// Whether it is the path of a fragment, or the name of one.
    bool isFragment(const std::string& folder) const;
    /// A section of that kind in the fragment that the value is, as if it stood in its place.
    Section inlined(const std::string& folder, const char* kind) const;
    /// The fragment of another name than the value's own, for values such as `auto`.
    Section fragmentNamed(const std::string& folder, const std::string& name,
                          const std::string& whyNone = "") const;

    std::vector<Value> list(IntegerRange count = {}) const;  ///< harmless: as many as were found

    bool isScalar() const { return is(yaml::Node::Kind::Scalar); }
    bool isSection() const { return is(yaml::Node::Kind::Map); }
    bool isList() const { return is(yaml::Node::Kind::List); }
    /// Whether a `--set` brought it, and not a file.
    bool isOverride() const;

    /// Whether nothing was reported so far at this value or within it.
    bool clean() const;
    /// Says that not this value counts, which was read, but `other`.
    void replaceBy(const Value& other) const;

    /// Notes a problem at this value: `what is wrong, expected what`.
    void fail(const std::string& problem) const;
    std::string place() const;  ///< `file:line:column`, or `--set key=value`
    std::string path() const { return yaml::joinPath(path_); }

private:
    friend class Section;
    friend class ConfigReader;
    Value(ReaderState* state, yaml::Node* node, yaml::Position position, yaml::KeyPath path,
          KeyPlace place, bool silent)
        : state_(state),
          node_(node),
          position_(position),
          path_(std::move(path)),
          keyPlace_(std::move(place)),
          silent_(silent) {}

    bool is(yaml::Node::Kind kind) const { return node_ != nullptr && node_->kind == kind; }
    std::uint64_t readInteger(IntegerRange range) const;
    bool equals(const char* word) const;
    void expect(const std::string& expectation) const;
    Limit limitOr(const char* word, const ScalarKind<std::uint64_t>& kind, IntegerRange range,
                  const std::string& expectation) const;
    template <class T, class Range>
    T convert(const ScalarKind<T>& kind, Range range, const std::string& expectation) const;
    const std::string* scalar(const std::string& expectation) const;
    const std::string* plainScalar(const std::string& expectation) const;
    void failKind(const std::string& expectation) const;
    void failScalar(const std::string& noun, const std::string& expectation) const;
    Section open(yaml::Node* map, std::string name, KeyPlace place) const;

    ReaderState* state_;
    yaml::Node* node_;         ///< null: missing
    yaml::Position position_;  ///< of the section, where the value is missing
    yaml::KeyPath path_;
    KeyPlace keyPlace_;
    bool silent_;  ///< below something that was reported already
};

/// A map whose keys are asked for by name. Keys that nobody asked for are errors.
class Section {
public:
    /// A required key: converting the value reports it where it is missing.
    Value at(const std::string& key) const;
    /// A key that may be missing: its value is the default then.
    Value at(const std::string& key, const Default& otherwise) const;
    /// A key that may be missing, and then means something that no value says.
    std::optional<Value> find(const std::string& key) const;
    /// A required key that is one of several of a kind: documents call each of them `<kind>`.
    Value oneOfMany(const std::string& key, const char* kind) const;
    std::optional<Value> findOneOfMany(const std::string& key, const char* kind) const;
    /// A required key whose name another file gives: documents call it `<name>`.
    Value named(const std::string& key) const;
    /// Whether the key is there, without asking for it.
    bool has(const std::string& key) const;
    /// All entries in the order of the file, for maps whose keys are names; no key is unknown then.
    std::vector<std::pair<std::string, Value>> entries() const;

    /// Whether nothing in here was reported so far: cross checks make sense.
    bool clean() const;
    /// The fragment's name where a name or a path opened this section, else empty.
    const std::string& fragmentName() const { return fragmentName_; }

    /// All that was asked for so far, here and below.
    ResolvedConfig resolved() const;

    void fail(const std::string& problem) const;
    std::string place() const { return position_.text(); }
    std::string path() const { return yaml::joinPath(path_); }

private:
    friend class Value;
    Section(ReaderState* state, yaml::Node* node, yaml::Position position, yaml::KeyPath path,
            KeyPlace place, std::string fragmentName)
        : state_(state),
          node_(node),
          position_(position),
          path_(std::move(path)),
          keyPlace_(std::move(place)),
          fragmentName_(std::move(fragmentName)) {}

    Value valueAt(const std::string& key, KeyPlace place) const;

    ReaderState* state_;
    yaml::Node* node_;  ///< null: could not be read, which was reported
    yaml::Position position_;
    yaml::KeyPath path_;
    KeyPlace keyPlace_;
    std::string fragmentName_;
};

/// `key.path=value` each, in the order of the command line; a later one wins. The value is YAML. A
/// path may lead into fragments; one that replaces a whole section comes before those into it.
using Overrides = std::vector<std::string>;

/// Reads one file, or the section that stands for it: `{base: edge-16x16, clock: 1GHz}`, whose
/// paths count from the working directory. Prefer `readConfig`, which cannot forget `finish`.
class ConfigReader {
public:
    /// `kinds` (folders, FileKind): a file that is plainly of another kind is refused as such. The
    /// file may name a `base` of one of them.
    explicit ConfigReader(const std::string& file, const Overrides& overrides = {},
                          const std::vector<std::string>& kinds = {});
    /// Reads a text, say of the command line; `name` stands for it in messages.
    static ConfigReader ofText(const std::string& text, const std::string& name);
    ~ConfigReader();
    ConfigReader(const ConfigReader&) = delete;
    ConfigReader& operator=(const ConfigReader&) = delete;
    ConfigReader(ConfigReader&&) noexcept;
    ConfigReader& operator=(ConfigReader&&) noexcept;

    Section root();  ///< the file's map
    Value value();   ///< the file's value, for files that hold a list
    /// Throws ConfigError with all problems, unknown keys and overrides without effect included.
    void finish();

private:
    explicit ConfigReader(std::unique_ptr<ReaderState> state);

    std::unique_ptr<ReaderState> state_;
};

/// `load(root)` turns the root section into a config; its result is returned if nothing was wrong,
/// else ConfigError is thrown. `kinds`: what the file must be.
template <class Load>
auto readConfig(const std::string& file, const Overrides& overrides, Load&& load,
                const std::vector<std::string>& kinds = {}) {
    ConfigReader reader(file, overrides, kinds);
    auto config = std::forward<Load>(load)(reader.root());
    reader.finish();
    return config;
}

}  // namespace systole::sim
