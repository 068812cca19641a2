// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// What a command is to write, looked over before the run that it costs.
namespace systole::sim {

struct Output {
    enum class Kind : std::uint8_t {
        File,
        TensorFolder,  ///< of .npy files
        NewGolden,     ///< of a name that is not taken
        GoldenAnew     ///< may take the place of a golden, of nothing else
    };
    std::string option;  ///< that asks for it, as messages name it
    std::string name;    ///< empty: not asked for; `-`: standard output
    Kind kind = Kind::File;
};

/// ConfigError unless every output could be written now, is none of the files that were read so far
/// or that those name, is no golden, and no two are the same file: by what the file system says,
/// not by their spelling. Called when the inputs are read and nothing is computed yet.
void checkOutputs(const std::vector<Output>& outputs);

/// Whether one of them is standard output: tables go to standard error then.
bool useStandardOutput(const std::vector<Output>& outputs);

/// How a golden begins, and nothing else that the program writes.
inline constexpr const char* kGoldenBeginning = "\"schema\": \"systole-golden/";

}  // namespace systole::sim
