// SPDX-License-Identifier: Apache-2.0
#include "sim/lowering/hazard_map.hpp"

#include <algorithm>
#include <iterator>

namespace systole::sim {

namespace {

void awaitOther(const arch::Token& earlier, const arch::Token& command, arch::Tokens& after) {
    if (earlier.count > 0 && earlier.unit != command.unit) {
        after.require(earlier.unit, earlier.count);
    }
}

bool haveSameUnits(const arch::Tokens& a, const arch::Tokens& b) {
    return std::equal(
        a.begin(), a.end(), b.begin(), b.end(),
        [](const arch::Token& one, const arch::Token& other) { return one.unit == other.unit; });
}

}  // namespace

/// The first piece that begins at the place or after it, where none goes across it any more.
HazardMap::Pieces::iterator HazardMap::cut(std::uint64_t place) {
    const auto next = pieces_.lower_bound(place);
    if (next == pieces_.begin()) return next;
    const auto piece = std::prev(next);
    if (piece->second.end <= place) return next;
    const auto rest = pieces_.emplace_hint(next, place, piece->second);
    piece->second.end = place;
    return rest;
}

/// The writer has waited for all that touched the places, so that later commands wait for it alone.
void HazardMap::write(std::uint64_t begin, std::uint64_t end, const arch::Token& command,
                      arch::Tokens& after) {
    auto piece = cut(begin);
    const auto last = cut(end);
    while (piece != last) {
        awaitOther(piece->second.writer, command, after);
        for (const arch::Token& reader : piece->second.readers) awaitOther(reader, command, after);
        piece = pieces_.erase(piece);
    }
    pieces_.emplace_hint(last, begin, Piece{end, command, {}});
}

/// Makes one piece of this one and the one before it, if they touch and say the same.
HazardMap::Pieces::iterator HazardMap::joinedToLast(Pieces::iterator piece) {
    if (piece == pieces_.begin()) return piece;
    const auto last = std::prev(piece);
    if (last->second.end != piece->first || last->second.writer != piece->second.writer ||
        last->second.readers != piece->second.readers) {
        return piece;
    }
    last->second.end = piece->second.end;
    pieces_.erase(piece);
    return last;
}

void HazardMap::read(std::uint64_t begin, std::uint64_t end, const arch::Token& command,
                     arch::Tokens& after) {
    cut(begin);
    const auto last = cut(end);
    auto piece = pieces_.lower_bound(begin);
    for (std::uint64_t place = begin; place < end; place = piece->second.end, ++piece) {
        if (piece == last || piece->first > place) {
            const std::uint64_t next = piece == last ? end : piece->first;
            piece = pieces_.emplace_hint(piece, place, Piece{next, {}, {}});
        }
        awaitOther(piece->second.writer, command, after);
        piece->second.readers.require(command.unit, command.count);
        piece = joinedToLast(piece);
    }
}

void HazardMap::touch(std::uint64_t begin, std::uint64_t end, bool isWrite,
                      const arch::Token& command, arch::Tokens& after) {
    if (begin == end) return;
    isWrite ? write(begin, end, command, after) : read(begin, end, command, after);
}

void HazardMap::coarsen(const std::function<bool(const arch::Token& write)>& isSettled) {
    for (auto piece = pieces_.begin(); piece != pieces_.end(); ++piece) {
        Piece& present = piece->second;
        if (present.writer.count > 0 && isSettled(present.writer)) present.writer = {};
        if (piece == pieces_.begin()) continue;
        Piece& last = std::prev(piece)->second;
        if (last.end != piece->first || last.writer != present.writer ||
            !haveSameUnits(last.readers, present.readers)) {
            continue;
        }
        for (const arch::Token& reader : last.readers) {
            present.readers.require(reader.unit, reader.count);
        }
        last.readers = present.readers;
        piece = joinedToLast(piece);
    }
}

}  // namespace systole::sim
