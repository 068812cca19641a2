// SPDX-License-Identifier: Apache-2.0
#include "arch/structural/skew.hpp"

namespace systole::arch::structural {

RowEdge::RowEdge(const sc_core::sc_module_name& name, std::uint32_t row)
    : sc_module(name), skew("skew", row) {
    SC_HAS_PROCESS(RowEdge);
    skew.in(joined_);
    skew.out(delayed_);
    SC_METHOD(join);
    sensitive << step << operand;
    SC_METHOD(merge);
    sensitive << delayed_ << shift;
}

void RowEdge::join() {
    RowWire wire = step.read();
    wire.operand = operand.read();
    joined_.write(wire);
}

void RowEdge::merge() {
    RowWire wire = delayed_.read();
    wire.shift = shift.read();
    out.write(wire);
}

}  // namespace systole::arch::structural
