// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "arch/structural/structural_array.hpp"

namespace systole::arch::structural {

/// The clock's period in whole units of time that can be halved, for a waveform with a rising edge
/// in the middle of every cycle.
sc_core::sc_time waveformPeriod(double clockHertz);

/// Records every signal of an array, from its construction until its destruction, in the file
/// `<stem>.vcd`. SystemC opens and writes that file.
class Waveform {
public:
    Waveform(const StructuralArray& array, const std::string& stem);
    ~Waveform();
    Waveform(const Waveform&) = delete;
    Waveform& operator=(const Waveform&) = delete;

private:
    sc_core::sc_trace_file* file_;
};

}  // namespace systole::arch::structural
