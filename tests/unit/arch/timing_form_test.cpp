// SPDX-License-Identifier: Apache-2.0
// Commands of one form take the same ports in the same steps.
#include "arch/memory/timing_form.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "arch/array/operand_reads.hpp"
#include "tests/unit/arch/vector_fixture.hpp"

namespace systole::arch {
namespace {

/// Words of 16 bytes in 8 banks, and in 2.
MachineConfig banked(Dataflow dataflow) {
    MachineConfig machine = arrayOnly(8, 4);
    machine.array.dataflow = dataflow;
    machine.activationScratchpad = {1 << 16, 8, 16};
    machine.weightScratchpad = {1 << 16, 2, 16};
    return machine;
}

/// A fold of a product whose left operand has 24 columns.
Stream foldOf(std::uint32_t address, std::uint32_t outputBegin, std::uint32_t kBegin,
              std::uint32_t weights) {
    Stream stream;
    stream.window.address = address;
    stream.window.height = stream.window.outputHeight = 40;
    stream.window.channels = stream.window.channelCount = 24;
    stream.outputBegin = outputBegin;
    stream.outputs = 4;
    stream.kBegin = kBegin;
    stream.reduction = 8;
    stream.channels = 4;
    stream.weights = weights;
    return stream;
}

std::vector<std::vector<std::uint64_t>> banksOf(const WordSteps& steps, std::uint64_t banks) {
    std::vector<std::vector<std::uint64_t>> all;
    for (std::size_t i = 0; i < steps.steps(); ++i) {
        std::vector<std::uint64_t>& step = all.emplace_back();
        for (const std::uint64_t word : steps.of(i)) step.push_back(word % banks);
    }
    return all;
}

TEST(TimingForm, IsThatOfTheSameWordsAndBanks) {
    const ScratchpadPorts ports(banked(Dataflow::WeightStationary));
    const Program program;
    const TimingForms forms(ports, program, 64);
    const auto form = [&](std::uint32_t address) { return forms.of(foldOf(address, 0, 0, 0)); };
    EXPECT_EQ(form(256), form(384));  // 8 banks of 16 bytes further on
    EXPECT_NE(form(256), form(264));  // begins in the middle of a word
    EXPECT_NE(form(256), form(272));  // another bank
    // 16 outputs of 24 bytes further on, or less address and more outputs.
    EXPECT_EQ(forms.of(foldOf(0, 16, 0, 0)), forms.of(foldOf(0, 0, 0, 0)));
    EXPECT_EQ(forms.of(foldOf(8, 0, 0, 0)), forms.of(foldOf(0, 0, 8, 0)));
}

TEST(TimingForm, FoldsOfOneFormReadAlike) {
    for (const Dataflow dataflow :
         {Dataflow::WeightStationary, Dataflow::OutputStationary, Dataflow::InputStationary}) {
        const ScratchpadPorts ports(banked(dataflow));
        const Program program;
        const TimingForms forms(ports, program, 64);
        std::vector<Stream> streams;
        for (const std::uint32_t address : {0U, 8U, 128U}) {
            for (const std::uint32_t output : {0U, 4U, 16U}) {
                for (const std::uint32_t k : {0U, 8U, 16U}) {
                    for (const std::uint32_t weights : {0U, 4U, 32U}) {
                        streams.push_back(foldOf(address, output, k, weights));
                    }
                }
            }
        }
        std::size_t alike = 0;
        for (std::size_t i = 1; i < streams.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                if (forms.of(streams[i]) != forms.of(streams[j])) continue;
                ++alike;
                const FoldReads a = foldReads(dataflow, ports, streams[i]);
                const FoldReads b = foldReads(dataflow, ports, streams[j]);
                EXPECT_EQ(banksOf(a.activationSteps, 8), banksOf(b.activationSteps, 8));
                EXPECT_EQ(banksOf(a.activationLoads, 8), banksOf(b.activationLoads, 8));
                EXPECT_EQ(banksOf(a.weightSteps, 2), banksOf(b.weightSteps, 2));
                EXPECT_EQ(banksOf(a.weightLoads, 2), banksOf(b.weightLoads, 2));
                EXPECT_EQ(a.activationOperands, b.activationOperands);
                EXPECT_EQ(a.weightOperands, b.weightOperands);
            }
        }
        EXPECT_GT(alike, 50U);
    }
}

TEST(TimingForm, KeepsWhatAVectorCommandReads) {
    const ScratchpadPorts ports(banked(Dataflow::WeightStationary));
    Program program;
    program.accumulatorRows = 64;
    const TimingForms forms(ports, program, 64);
    const auto formOf = [&](const VectorCommand& command) { return forms.of(Operation{command}); };
    VectorCommand a = requantizationOf(
        {.outputs = 1, .channels = 4, .skip = sim::BlockElements{}, .pitch = 4}, Behind::Addition);
    VectorCommand b = a;
    const auto moveTo = [&](std::uint32_t row) { b.operands[0].view.origin = sumPlace(row, 0); };
    moveTo(31);  // of the first half, as row 0
    EXPECT_TRUE(sameForm(formOf(a), formOf(b)));
    moveTo(32);
    EXPECT_FALSE(sameForm(formOf(a), formOf(b)));
    b = a;
    b.operands.back().view.origin += 1;  // not the same word
    EXPECT_FALSE(sameForm(formOf(a), formOf(b)));
    EXPECT_FALSE(sameForm(formOf(a), formOf(reluOf(0, 4, 0))));
}

}  // namespace
}  // namespace systole::arch
