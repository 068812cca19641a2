// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "sim/graph/graph.hpp"

namespace systole::graph {

/// Elements of a copy one after another along the last axis of its space.
struct CopyRow {
    std::int64_t source;  ///< place of the first one
    std::int64_t sourceStride;
    std::int64_t target;
    std::int64_t targetStride;
    std::uint32_t count;
};

/// All elements of the copy, row by row.
void forEachCopyRow(const Copy& copy, const Tensor& source, const Tensor& target,
                    const std::function<void(const CopyRow&)>& visit);

/// Copies values or codes.
template <typename T>
void copyElements(const Copy& copy, const Tensor& source, const Tensor& target,
                  std::span<const T> from, std::span<T> to) {
    forEachCopyRow(copy, source, target, [&](const CopyRow& row) {
        std::int64_t read = row.source;
        std::int64_t write = row.target;
        for (std::uint32_t i = 0; i < row.count; ++i) {
            to[static_cast<std::size_t>(write)] = from[static_cast<std::size_t>(read)];
            read += row.sourceStride;
            write += row.targetStride;
        }
    });
}

/// Calls visit(index) for every index of a space, the last axis fastest.
template <typename Visit>
void forEachIndex(std::span<const std::uint32_t> extents, const Visit& visit) {
    Extents index(extents.size(), 0);
    while (true) {
        visit(index);
        std::size_t axis = extents.size();
        while (axis > 0 && ++index[axis - 1] == extents[axis - 1]) index[--axis] = 0;
        if (axis == 0) return;
    }
}

}  // namespace systole::graph
