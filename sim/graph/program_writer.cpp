// SPDX-License-Identifier: Apache-2.0
#include "sim/graph/program_writer.hpp"

#include <utility>

#include "models/check.hpp"

namespace systole::graph {

using namespace numeric;

ValueId ProgramWriter::load(ValueType type) { return add(LoadStep{operands_++, type}); }

ValueId ProgramWriter::apply(std::string_view function, ValueId first, ValueId second,
                             ValueId third) {
    const Function* found = findFunction(function);
    SYSTOLE_CHECK(found != nullptr, "no function {}", function);
    return add(ApplyStep{found, {first, second, third}});
}

ValueId ProgramWriter::constant(double value, ValueType type) {
    return add(ConstantStep{value, type});
}

ValueId ProgramWriter::reduce(ReduceStep::Kind kind, ValueId value) {
    return add(ReduceStep{kind, value});
}

ValueId ProgramWriter::lookup(std::vector<double> entries, ValueId index, ValueType type) {
    program_.tables.push_back(std::move(entries));
    const auto table = static_cast<std::uint32_t>(program_.tables.size() - 1);
    return add(LookupStep{table, index, type});
}

VectorProgram ProgramWriter::stored(ValueId value) {
    add(StoreStep{operands_, value});
    operands_ = 0;
    return std::exchange(program_, {});
}

}  // namespace systole::graph
