// SPDX-License-Identifier: Apache-2.0
#include "sim/reader/key_reference.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::sim {
namespace {

KeyReference* activeReference = nullptr;

void addOnce(std::vector<std::string>& texts, const std::string& text) {
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) {
        texts.push_back(text);
    }
}

}  // namespace

KeyPlace KeyPlace::child(const std::string& key) const {
    return {kind, path.empty() ? key : path + "." + key};
}

KeyReference::KeyReference() {
    SYSTOLE_CHECK(activeReference == nullptr, "a second reference of keys");
    activeReference = this;
}

KeyReference::~KeyReference() { activeReference = nullptr; }

KeyReference* KeyReference::active() { return activeReference; }

KeyReference::Key& KeyReference::keyAt(const KeyPlace& place) {
    const std::string& kind = place.kind.empty() ? rootKind_ : place.kind;
    const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) {
        return key.place.path == place.path && key.place.kind == kind;
    });
    if (found != keys_.end()) {
        return *found;
    }
    Key& added = keys_.emplace_back();
    added.place = {kind, place.path};
    return added;
}

void KeyReference::expect(const KeyPlace& place, const std::string& expectation) {
    if (!place.path.empty()) {
        addOnce(keyAt(place).expectations, expectation);
    }
}

void KeyReference::mayBeAbsent(const KeyPlace& place, Absence absence,
                               const std::string& defaultText) {
    Key& key = keyAt(place);
    key.absence = std::max(key.absence, absence);
    if (absence == Absence::Default) {
        key.defaultText = defaultText;
    }
}

void KeyReference::addName(const KeyPlace& place, const std::string& name) {
    addOnce(keyAt(place).names, name);
}

}  // namespace systole::sim
