// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "arch/structural/wires.hpp"

namespace systole::arch::structural {

/// A chain of `depth` registers; without any, a wire.
template <typename T>
class SkewRegisters final : public sc_core::sc_module {
public:
    sc_core::sc_in<bool> clock{"clock"};
    sc_core::sc_in<bool> enable{"enable"};
    sc_core::sc_in<T> in{"in"};
    sc_core::sc_out<T> out{"out"};

    SkewRegisters(const sc_core::sc_module_name& name, std::uint32_t depth)
        : sc_module(name), registers_(depth) {
        using Self = SkewRegisters;
        SC_HAS_PROCESS(Self);
        if (depth == 0) {
            SC_METHOD(pass);
            sensitive << in;
        } else {
            SC_METHOD(tick);
            sensitive << clock.pos();
            dont_initialize();
        }
    }

private:
    void pass() { out.write(in.read()); }

    /// The output's signal is the last register: the others turn in place.
    void tick() {
        if (!enable.read()) return;
        registers_[next_] = in.read();
        next_ = next_ + 1 == registers_.size() ? 0 : next_ + 1;
        out.write(registers_[next_]);
    }

    std::vector<T> registers_;
    std::size_t next_ = 0;
};

/// The left end of row r: operand and tags of a step r cycles late, the shift bit as it is.
class RowEdge final : public sc_core::sc_module {
public:
    sc_core::sc_in<RowWire> step{"step"};  ///< without operand and shift; not delayed
    sc_core::sc_in<std::uint16_t> operand{"operand"};
    sc_core::sc_in<bool> shift{"shift"};
    sc_core::sc_out<RowWire> out{"out"};
    SkewRegisters<RowWire> skew;

    RowEdge(const sc_core::sc_module_name& name, std::uint32_t row);

private:
    void join();
    void merge();

    sc_core::sc_signal<RowWire> joined_{"joined"};
    sc_core::sc_signal<RowWire> delayed_{"delayed"};
};

}  // namespace systole::arch::structural
