// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

/// The files that a run reads. Whoever opens a file that the user named does it through here, so
/// that it is known before an output could take its place.
namespace systole::sim {

/// Why a file cannot be read, as what follows its name (`is a directory`, `cannot be read:
/// Permission denied`); empty where it can. Regular files can, and what the program was started
/// with (`/dev/stdin`, `/dev/fd/3`). A device may never end, a named pipe never begin: both are
/// refused. The file is noted as an input.
std::string inputProblem(const std::filesystem::path& file);

/// A file's content, or why there is none: one of the two is empty.
struct InputText {
    std::string text;
    std::string problem;
};
/// A file of more than `mostBytes` is not read.
InputText readInput(const std::filesystem::path& file, std::uint64_t mostBytes);

/// Notes a file that the run reads, or that its inputs name.
void noteInput(const std::filesystem::path& file);
/// Whether it was noted, under this or under any other name (links, hard links, `..`).
bool isInput(const std::filesystem::path& file);

}  // namespace systole::sim
