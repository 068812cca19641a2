// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace systole::sim {

/// Where documents describe a key: the kind of section that has it (`datapaths`, `format`, ..) and
/// its path in there. `[]` stands for every element of a list, `<name>` for names of one's own.
struct KeyPlace {
    std::string kind;
    std::string path;

    KeyPlace child(const std::string& key) const;
    KeyPlace item() const { return {kind, path + "[]"}; }
};

/// Writes down what all readers ask for, as long as it lives, for the test that holds
/// docs/configuration.md against it. One at a time.
class KeyReference {
public:
    /// From strict to lenient: a key that is asked for in several ways has the last of them.
    enum class Absence { Required, Optional, Default };
    struct Key {
        KeyPlace place;
        std::vector<std::string> expectations;  ///< each once, in the order in which they came
        Absence absence = Absence::Required;
        std::string defaultText;
        std::vector<std::string> names;  ///< of a key whose path ends in a placeholder
    };

    KeyReference();
    ~KeyReference();
    KeyReference(const KeyReference&) = delete;
    KeyReference& operator=(const KeyReference&) = delete;

    /// Null where nobody wants to know.
    static KeyReference* active();

    /// The kind of the sections that files begin with, from here on.
    void setRootKind(std::string kind) { rootKind_ = std::move(kind); }
    /// In the order in which they were asked for first.
    const std::vector<Key>& keys() const { return keys_; }

    void expect(const KeyPlace& place, const std::string& expectation);
    void mayBeAbsent(const KeyPlace& place, Absence absence, const std::string& defaultText);
    void addName(const KeyPlace& place, const std::string& name);

private:
    Key& keyAt(const KeyPlace& place);

    std::string rootKind_;
    std::vector<Key> keys_;
};

}  // namespace systole::sim
