// SPDX-License-Identifier: Apache-2.0
#include "sim/operators/programs.hpp"

namespace systole::operators {

ValueId real(ProgramWriter& writer, double value) {
    return writer.constant(double{static_cast<float>(value)});
}

ValueId mean(ProgramWriter& writer, ValueId value, std::uint64_t count) {
    const ValueId sum = writer.reduce(ReduceStep::Kind::Sum, value);
    return writer.apply("divide", sum, real(writer, static_cast<double>(count)));
}

numeric::VectorProgram reduceProgram(ReduceStep::Kind kind) {
    ProgramWriter writer;
    return writer.stored(writer.reduce(kind, writer.load()));
}

numeric::VectorProgram meanProgram(std::uint64_t count) {
    ProgramWriter writer;
    return writer.stored(mean(writer, writer.load(), count));
}

}  // namespace systole::operators
