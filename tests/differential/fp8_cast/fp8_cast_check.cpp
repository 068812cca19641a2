// SPDX-License-Identifier: Apache-2.0
// fp8_cast_check INPUT.f32 FOLDER: our codec against ONNX Runtime's casts to FP8 and back, which
// are FOLDER/<format>_saturate<0 or 1>.f32. Prints the differences; exit 0 or 1.
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/numeric/formats/codec.hpp"

namespace systole::numeric {
namespace {

std::vector<float> readFloats(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error(path + ": cannot be read");
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    std::vector<float> values(bytes.size() / sizeof(float));
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::uint32_t word = 0;
        for (std::size_t byte = 4; byte-- > 0;) {
            word = (word << 8) | static_cast<unsigned char>(bytes[4 * i + byte]);
        }
        values[i] = std::bit_cast<float>(word);
    }
    return values;
}

bool same(double left, double right) {
    if (std::isnan(left) || std::isnan(right)) return std::isnan(left) && std::isnan(right);
    return left == right && std::signbit(left) == std::signbit(right);
}

/// Two ranges in which ONNX Runtime 1.30 departs from the table of ONNX Cast without saturation
/// (what rounds to beyond the largest value becomes NaN in E4M3FN and infinity in E5M2): of E4M3FN
/// [480, 496) gives 448, between values that give NaN; of E5M2 [61440, 65536) gives NaN.
bool isKnownDefect(const std::string& format, Overflow overflow, double input, double theirs) {
    if (overflow != Overflow::ToSpecial) return false;
    const double magnitude = std::fabs(input);
    if (format == "e4m3") return magnitude >= 480 && magnitude < 496 && std::fabs(theirs) == 448;
    return format == "e5m2" && magnitude >= 61440 && magnitude < 65536 && std::isnan(theirs);
}

std::size_t compare(const std::string& format, Overflow overflow, const std::vector<float>& inputs,
                    const std::vector<float>& outputs) {
    if (inputs.empty() || inputs.size() != outputs.size()) {
        throw std::runtime_error(fmt::format("{} values, {} casts", inputs.size(), outputs.size()));
    }
    const Codec codec(formatNamed(format).value());
    std::size_t differences = 0;
    std::size_t known = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const double input = inputs[i];
        const double ours = codec.decode(codec.encode(input, Rounding::NearestEven, overflow));
        if (same(ours, outputs[i])) continue;
        if (isKnownDefect(format, overflow, input, outputs[i])) {
            ++known;
        } else if (++differences <= 5) {
            fmt::print("{} {:a}: {}, ONNX Runtime {}\n", format, input, ours, outputs[i]);
        }
    }
    fmt::print("{}, saturate {}: {} values, {} differences, {} in ONNX Runtime's known ranges\n",
               format, overflow == Overflow::Saturate ? 1 : 0, inputs.size(), differences, known);
    return differences;
}

int check(const std::string& input, const std::string& folder) {
    const std::vector<float> inputs = readFloats(input);
    std::size_t differences = 0;
    for (const char* format : {"e4m3", "e4m3fnuz", "e5m2", "e5m2fnuz"}) {
        const std::string stem = folder + "/" + format + "_saturate";
        differences += compare(format, Overflow::ToSpecial, inputs, readFloats(stem + "0.f32"));
        differences += compare(format, Overflow::Saturate, inputs, readFloats(stem + "1.f32"));
    }
    return differences == 0 ? 0 : 1;
}

}  // namespace
}  // namespace systole::numeric

int main(int argc, char** argv) {
    if (argc != 3) {
        fmt::print(stderr, "usage: fp8_cast_check INPUT.f32 FOLDER\n");
        return 2;
    }
    try {
        return systole::numeric::check(argv[1], argv[2]);
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 2;
    }
}
