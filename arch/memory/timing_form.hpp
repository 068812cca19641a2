// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arch/memory/scratchpad_ports.hpp"
#include "arch/program/command.hpp"

namespace systole::arch {

/// What the time and the counters of a command depend on, without its operands' values: the command
/// with every address replaced by the smallest one that is read and written in the same way. Two
/// commands of one form have the same bursts but for their place, use the same banks in the same
/// order, and count the same.
///
/// An example: scratchpad words of 16 bytes in 8 banks, elements of one byte. Folds that read
/// activations from bytes 256 and 384 on have one form, because 128 bytes lie between them. A fold
/// from byte 264 on has another one: it begins in the middle of a word.
///
/// The address in DRAM is kept as far as it lies within a burst, which is all where a memory treats
/// all addresses alike.
class TimingForms {
public:
    TimingForms(const ScratchpadPorts& ports, const Program& program, std::uint32_t burstBytes);

    Operation of(const Operation& operation) const;
    Stream of(Stream stream) const;

private:
    TransferCommand of(TransferCommand transfer) const;
    VectorCommand of(VectorCommand command) const;
    std::uint32_t half(std::uint32_t row, std::uint32_t rows) const;

    const Program& program_;
    std::uint64_t burstBits_;
    std::uint64_t activationPeriod_;  ///< bytes after which words and banks come again
    std::uint64_t weightPeriod_;
};

/// Whether two forms are equal.
bool sameForm(const Operation& a, const Operation& b);

}  // namespace systole::arch
