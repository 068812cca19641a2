// SPDX-License-Identifier: Apache-2.0
#include "arch/structural/waveform.hpp"

#include <sysc/tracing/sc_tracing_ids.h>

#include "arch/memory/clock_domain.hpp"

namespace systole::arch::structural {

sc_core::sc_time waveformPeriod(double clockHertz) {
    return sc_core::sc_time::from_value(ClockDomain(clockHertz).edge(1).value() / 2 * 2);
}

Waveform::Waveform(const StructuralArray& array, const std::string& stem) {
    // SystemC would warn of the unit of time that is set here.
    sc_core::sc_report_handler::set_actions(sc_core::SC_ID_TRACING_TIMESCALE_UNIT_,
                                            sc_core::SC_DO_NOTHING);
    file_ = sc_core::sc_create_vcd_trace_file(stem.c_str());
    file_->set_time_unit(1, sc_core::SC_PS);
    array.trace(file_);
}

Waveform::~Waveform() { sc_core::sc_close_vcd_trace_file(file_); }

}  // namespace systole::arch::structural
