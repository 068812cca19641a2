// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "models/check.hpp"

/// Circuits as gates, built bit by bit from the parameters of a format: what area, delay and energy
/// of a processing element are computed from.
namespace systole::cost {

/// A wire, or its complement: inverters are free, synthesis merges them into the gates.
class Signal {
public:
    constexpr Signal() = default;
    constexpr Signal(std::uint32_t cell, bool complemented)
        : code_((cell << 1) | (complemented ? 1U : 0U)) {}

    constexpr std::uint32_t cell() const { return code_ >> 1; }
    constexpr bool isComplemented() const { return (code_ & 1) != 0; }
    constexpr Signal operator~() const { return {cell(), !isComplemented()}; }
    constexpr Signal operator^(bool complement) const {
        return {cell(), isComplemented() != complement};
    }
    constexpr bool operator==(const Signal&) const = default;
    constexpr bool operator<(const Signal& other) const { return code_ < other.code_; }

private:
    std::uint32_t code_ = 0;
};

inline constexpr Signal kFalse{0, false};
inline constexpr Signal kTrue{0, true};

constexpr Signal constant(bool value) { return value ? kTrue : kFalse; }

/// Bits of a number, the lowest one first.
using Word = std::vector<Signal>;

enum class CellKind : std::uint8_t {
    Constant,  ///< cell 0, false
    Input,
    And,       ///< both
    Xor,       ///< either
    Mux,       ///< inputs[0] ? inputs[1] : inputs[2]
    Majority,  ///< two of three: the carry of a full adder
};

/// The kinds that are gates, in the order of figures by kind.
inline constexpr std::array kGateKinds{CellKind::And, CellKind::Xor, CellKind::Mux,
                                       CellKind::Majority};
inline constexpr std::size_t kGateKindCount = kGateKinds.size();

/// Of a gate: `and`, `xor`, `mux`, `majority`.
const char* nameOf(CellKind kind);

constexpr std::size_t gateIndex(CellKind kind) {
    return static_cast<std::size_t>(kind) - static_cast<std::size_t>(CellKind::And);
}

/// What a gate of a processing element is there for.
enum class Part : std::uint8_t {
    Decoder,        ///< operands taken apart
    Exponent,       ///< exponents added
    Multiplier,     ///< of integers or significands
    Alignment,      ///< the product, or the smaller term, moved to its place
    Accumulator,    ///< the addition
    Normalisation,  ///< of a float sum: its first one found and moved to the top
    Rounding,       ///< of a float sum, with what overflows
};
inline constexpr std::array kParts{Part::Decoder,   Part::Exponent,    Part::Multiplier,
                                   Part::Alignment, Part::Accumulator, Part::Normalisation,
                                   Part::Rounding};
inline constexpr std::size_t kPartCount = kParts.size();

/// `decoder`, `exponent`, `multiplier`, `alignment`, `accumulator`, `normalisation`, `rounding`.
const char* nameOf(Part part);

constexpr std::size_t inputCount(CellKind kind) {
    switch (kind) {
        case CellKind::And:
        case CellKind::Xor:
            return 2;
        case CellKind::Mux:
        case CellKind::Majority:
            return 3;
        case CellKind::Constant:
        case CellKind::Input:
            break;
    }
    return 0;
}

/// What a gate computes of its inputs, in every bit by itself.
constexpr std::uint64_t valueOf(CellKind kind, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    switch (kind) {
        case CellKind::And:
            return a & b;
        case CellKind::Xor:
            return a ^ b;
        case CellKind::Mux:
            return (a & b) | (~a & c);
        case CellKind::Majority:
            return (a & b) | (c & (a | b));
        case CellKind::Constant:
        case CellKind::Input:
            break;
    }
    SYSTOLE_CHECK(false, "a cell that is no gate");
}

struct Cell {
    CellKind kind = CellKind::Constant;
    Part part = Part::Multiplier;
    std::array<Signal, 3> inputs{};
};

/// For every cell, whether an output depends on it. Cells stand in topological order.
std::vector<bool> liveCells(const std::vector<Cell>& cells, const Word& outputs);

/// Gates in topological order: what a gate reads was made before it. Equal gates are made once,
/// constants are folded, and gates that a neighbour makes superfluous are left out, as any
/// synthesis does first.
class Netlist {
public:
    Netlist();

    Signal input();
    Word inputs(std::size_t bits);
    /// Of the gates made from here on.
    void setPart(Part part) { part_ = part; }
    Part part() const { return part_; }

    Signal both(Signal a, Signal b);
    Signal either(Signal a, Signal b) { return ~both(~a, ~b); }
    Signal differ(Signal a, Signal b);
    Signal choose(Signal select, Signal one, Signal zero);
    Signal majority(Signal a, Signal b, Signal c);
    /// One of the above, by its kind; it reads as many of the inputs as it has.
    Signal gate(CellKind kind, const std::array<Signal, 3>& inputs);

    const std::vector<Cell>& cells() const { return cells_; }
    std::size_t inputCount() const { return inputs_; }

    /// Adds another circuit whose inputs are `inputs` here; its `outputs` here.
    Word include(const Netlist& other, const Word& inputs, const Word& outputs);

    /// For every cell, whether an output depends on it.
    std::vector<bool> liveCells(const Word& outputs) const {
        return systole::cost::liveCells(cells_, outputs);
    }

private:
    struct Key {
        std::uint64_t low;
        std::uint64_t high;
        bool operator==(const Key&) const = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const {
            return static_cast<std::size_t>((key.low * 0x9E3779B97F4A7C15U) ^
                                            (key.high * 0xC2B2AE3D27D4EB4FU));
        }
    };

    Signal make(CellKind kind, Signal a, Signal b, Signal c = kFalse);
    bool isAndOf(Signal gate, Signal input) const;

    std::vector<Cell> cells_;
    std::unordered_map<Key, std::uint32_t, KeyHash> known_;
    std::size_t inputs_ = 0;
    Part part_ = Part::Multiplier;
};

/// The part that gates are made for, until the end of the scope.
class PartScope {
public:
    PartScope(Netlist& netlist, Part part) : netlist_(netlist), before_(netlist.part()) {
        netlist.setPart(part);
    }
    ~PartScope() { netlist_.setPart(before_); }
    PartScope(const PartScope&) = delete;
    PartScope& operator=(const PartScope&) = delete;

private:
    Netlist& netlist_;
    Part before_;
};

}  // namespace systole::cost
