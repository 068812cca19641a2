// SPDX-License-Identifier: Apache-2.0
#include "random_formats.hpp"

#include <fmt/format.h>

#include <string>

#include "models/numeric/formats/codec.hpp"

namespace systole::sim {
namespace {

struct Formats {
    const char* activation;
    const char* weight;
    const char* accumulator;
};

numeric::AccumulatorFormat chunked(const char* sum, const char* inner, std::uint32_t length) {
    auto accumulator = *numeric::parseAccumulator(sum);
    accumulator.chunk = numeric::Chunk{numeric::parseAccumulator(inner)->sum, length};
    accumulator.name = fmt::format("{} of {} x {}", sum, length, inner);
    return accumulator;
}

Scheme schemeOf(const Formats& formats) {
    Scheme scheme;
    scheme.name = fmt::format("{}/{}/{}", formats.activation, formats.weight, formats.accumulator);
    scheme.activation = *numeric::formatNamed(formats.activation);
    scheme.weight = *numeric::formatNamed(formats.weight);
    scheme.accumulator = formats.accumulator == std::string("chunked")
                             ? chunked("fp32", "fp16", 4)
                             : *numeric::parseAccumulator(formats.accumulator);
    return scheme;
}

}  // namespace

Scheme orderedScheme(RandomSource& random) {
    const auto formats = random.pick<Formats>({
        {"e4m3", "e4m3", "fp32"},
        {"e5m2", "e5m2", "fp16"},
        {"e4m3", "e4m3", "bf16"},
        {"e4m3", "e4m3", "dlfloat16"},
        {"int8", "int8", "int18_saturate"},
        {"fp16", "int4", "fp32"},
        {"int8", "e2m1", "fp16"},
        {"posit8es1", "pow2_4", "fp32"},
        {"short_e3m2", "ternary", "e5m6_none"},
        {"e4m3", "e4m3", "chunked"},
        {"e5m2", "e5m2", "exact"},
        {"bf16", "int8", "fp32"},
        {"fp16", "fp16", "exact"},
    });
    return schemeOf(formats);
}

Scheme randomScheme(RandomSource& random) {
    const auto formats = random.pick<Formats>({
        {"int8", "int8", "int32"},
        {"int8", "int8", "int32"},
        {"int8", "int8", "int14"},
        {"int4", "int4", "int16"},
        {"int16", "int16", "int48"},
        {"int8", "int4", "int24"},
        {"int8", "int8", "exact"},
        {"int16", "int8", "int32"},
        {"e4m3", "e4m3", "exact"},
        {"e4m3", "e4m3", "exact"},
        {"e2m1", "e2m1", "exact"},
        {"e4m3", "e2m1", "exact"},
        {"int8", "e2m1", "int32"},
        {"e4m3fnuz", "int4", "exact"},
        {"e5m2", "int4", "exact"},
        {"bf16", "int8", "exact"},
        {"posit16es2", "e4m3", "exact"},
        {"e3m2", "e2m3", "int20"},
    });
    Scheme scheme = schemeOf(formats);
    const bool integers =
        numeric::isPlainInteger(scheme.activation) && numeric::isPlainInteger(scheme.weight);
    if (integers && random.percent(50)) {
        scheme.requantization = numeric::ScaleArithmetic::FixedPoint;
    }
    return scheme;
}

std::vector<numeric::Code> randomCodes(const numeric::Format& format, std::uint64_t count,
                                       RandomSource& random) {
    const numeric::Codec codec(format);
    std::vector<numeric::Code> codes;
    codes.reserve(count);
    while (codes.size() < count) {
        const auto code = random.between(0, static_cast<std::uint32_t>(codec.codeCount()) - 1);
        if (codec.isFinite(code)) codes.push_back(code);
    }
    return codes;
}

}  // namespace systole::sim
