// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <array>
#include <boost/container/small_vector.hpp>
#include <compare>
#include <cstdint>
#include <string>

#include "models/check.hpp"

/// The units that have a command queue, and the tokens between them (docs/machine.md).
namespace systole::arch {

/// The kind of a unit says which commands it executes.
enum class UnitKind : std::uint8_t { Load, Store, Array, Vector };
inline constexpr std::size_t kUnitKinds = 4;
inline constexpr std::array<const char*, kUnitKinds> kUnitKindNames{"load", "store", "array",
                                                                    "vector"};

/// A unit executes its commands in order. Those of one kind are counted from 0.
struct UnitId {
    UnitKind kind = UnitKind::Load;
    std::uint8_t index = 0;

    auto operator<=>(const UnitId&) const = default;
};

inline constexpr std::size_t kMostUnits = 16;

/// The units of a machine. They are numbered by kind and then by index: of two load units, a store
/// unit, an array and a vector unit the array is number 3.
struct UnitSet {
    std::array<std::uint8_t, kUnitKinds> counts{1, 1, 1, 1};  ///< kMostUnits together, or fewer

    constexpr std::size_t size() const { return before(kUnitKinds); }
    constexpr std::uint8_t countOf(UnitKind kind) const {
        return counts[static_cast<std::size_t>(kind)];
    }
    constexpr bool has(UnitId unit) const { return unit.index < countOf(unit.kind); }
    /// A unit that the machine lacks is an InvariantError.
    constexpr std::size_t numberOf(UnitId unit) const {
        SYSTOLE_CHECK(has(unit), "a program for {} {}, and the machine has {} of them",
                      kUnitKindNames[static_cast<std::size_t>(unit.kind)], unit.index,
                      countOf(unit.kind));
        return before(static_cast<std::size_t>(unit.kind)) + unit.index;
    }
    constexpr UnitId at(std::size_t number) const {
        std::size_t kind = 0;
        while (before(kind + 1) <= number) ++kind;
        return {static_cast<UnitKind>(kind), static_cast<std::uint8_t>(number - before(kind))};
    }
    /// "load" where there is one of its kind, else "load0", "load1" and so on.
    std::string nameOf(UnitId unit) const {
        const char* kind = kUnitKindNames[static_cast<std::size_t>(unit.kind)];
        return countOf(unit.kind) == 1 ? kind : fmt::format("{}{}", kind, unit.index);
    }

private:
    constexpr std::size_t before(std::size_t kind) const {
        std::size_t sum = 0;
        for (std::size_t i = 0; i < kind; ++i) sum += counts[i];
        return sum;
    }
};

/// What today's machine has.
inline constexpr UnitSet kMachineUnits{};

/// Says that a unit must have completed so many commands.
struct Token {
    UnitId unit;
    std::uint64_t count : 48 = 0;

    bool operator==(const Token&) const = default;
};
static_assert(sizeof(Token) == 8, "programs have millions of them");
constexpr Token tokenOf(UnitId unit, std::uint64_t count) {
    return {unit, count & ((std::uint64_t{1} << 48) - 1)};
}

/// The tokens of a command: of each unit that it waits for one, in ascending order.
class Tokens {
public:
    /// 0 where the unit is not waited for.
    std::uint64_t of(UnitId unit) const {
        for (const Token& token : list_) {
            if (token.unit == unit) return token.count;
        }
        return 0;
    }
    /// The unit must have completed at least so many commands, 1 or more.
    void require(UnitId unit, std::uint64_t count) {
        auto at = list_.begin();
        while (at != list_.end() && at->unit < unit) ++at;
        if (at == list_.end() || at->unit != unit) at = list_.insert(at, tokenOf(unit, 0));
        if (at->count < count) *at = tokenOf(unit, count);
    }
    auto begin() { return list_.begin(); }
    auto end() { return list_.end(); }
    auto begin() const { return list_.begin(); }
    auto end() const { return list_.end(); }
    std::size_t size() const { return list_.size(); }
    bool operator==(const Tokens& other) const { return list_ == other.list_; }

private:
    boost::container::small_vector<Token, 3> list_;
};

}  // namespace systole::arch
