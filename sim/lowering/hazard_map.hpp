// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "arch/program/unit_id.hpp"

namespace systole::sim {

/// Which commands have touched which places of one memory, as far as later commands may have to
/// wait for them: of every place the last one that wrote it, and the last one of each unit that has
/// read it since.
///
/// An example: the load unit's command 1 writes places 0 to 19, and the array's command 1 reads 0
/// to 9. A store of places 5 to 14 waits for the load; a load that overwrites them waits for the
/// array. After that load, its command 2, places 0 to 4 still have the first load and the array,
/// and 15 to 19 the first load.
class HazardMap {
public:
    /// A command, as the token of its unit that it will hand out, touches places `begin` up to, not
    /// including, `end`. Adds what it has to wait for to `after`. Commands come in the order of the
    /// program.
    void touch(std::uint64_t begin, std::uint64_t end, bool isWrite, const arch::Token& command,
               arch::Tokens& after);

    std::size_t pieces() const { return pieces_.size(); }
    /// Makes fewer pieces of the map. Writes for which nobody has to wait any more are forgotten.
    /// Reads of neighbouring places become one, so that who overwrites one of the places waits for
    /// the last read of all of them.
    void coarsen(const std::function<bool(const arch::Token& write)>& isSettled);

private:
    struct Piece {
        std::uint64_t end = 0;
        arch::Token writer;    ///< count 0: none
        arch::Tokens readers;  ///< since then
    };
    using Pieces = std::map<std::uint64_t, Piece>;  ///< by begin

    Pieces::iterator cut(std::uint64_t place);
    Pieces::iterator joinedToLast(Pieces::iterator piece);
    void write(std::uint64_t begin, std::uint64_t end, const arch::Token& command,
               arch::Tokens& after);
    void read(std::uint64_t begin, std::uint64_t end, const arch::Token& command,
              arch::Tokens& after);

    Pieces pieces_;
};

}  // namespace systole::sim
