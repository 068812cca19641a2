// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "tests/oracle/rule.hpp"

/// A float format of at most 16 bits as the list of its magnitudes, made by counting up from the
/// smallest one; encoding looks the neighbours up.
namespace oracle {

class FloatTable {
public:
    explicit FloatTable(const FloatSpec& spec);

    /// Value of each code.
    double decode(std::uint32_t code) const;
    /// `value` is not NaN; infinity needs a policy other than Wrap.
    std::uint32_t encode(double value, Rule rule, Policy policy, std::uint32_t random) const;
    std::uint32_t nan() const;
    double largest() const { return magnitudes_[largestCode_]; }
    /// Whether the code is the one that encoding gives for its value.
    bool isMember(std::uint32_t code) const;

private:
    struct Entry {
        double value;
        std::uint32_t code;
    };

    Entry lookUp(double magnitude, bool negative, Rule rule, std::uint32_t random) const;
    std::uint32_t beyond(std::uint32_t code, bool negative, Policy policy) const;

    FloatSpec spec_;
    std::uint32_t codes_;        ///< codes of one sign
    std::uint32_t largestCode_;  ///< of a finite value
    std::vector<double> magnitudes_;
    std::vector<Entry> members_;  ///< ascending, twice as far as the codes go
};

}  // namespace oracle
