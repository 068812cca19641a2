// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <utility>

#include "arch/memory/timing_form.hpp"

namespace systole::arch {

inline bool sameForm(const Stream& a, const Stream& b) { return a == b; }

/// What was worked out for the last few forms of commands. A program has many commands and few
/// forms.
template <typename Form, typename Value>
class FormCache {
public:
    void clear() { entries_.clear(); }

    /// The value of the form: the one that is held, or else what `make()` returns. It stays valid
    /// until the next call.
    template <typename Make>
    const Value& get(const Form& form, Make&& make) {
        for (const auto& [held, value] : entries_) {
            if (sameForm(held, form)) {
                return value;
            }
        }
        if (entries_.size() == kMost) {
            entries_.pop_front();
        }
        return entries_.emplace_back(form, make()).second;
    }

private:
    static constexpr std::size_t kMost = 64;
    std::deque<std::pair<Form, Value>> entries_;
};

}  // namespace systole::arch
