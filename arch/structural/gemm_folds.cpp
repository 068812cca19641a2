// SPDX-License-Identifier: Apache-2.0
#include "arch/structural/gemm_folds.hpp"

#include <algorithm>

#include "models/check.hpp"

namespace systole::arch::structural {
namespace {

/// Operands of a GEMM, zero codes outside.
struct Matrices {
    const numeric::GemmShape& shape;
    std::span<const std::uint16_t> a;
    std::span<const std::uint16_t> b;

    std::uint16_t activation(const GemmFold& fold, std::size_t m, std::size_t k) const {
        if (m >= fold.size.m || k >= fold.size.k) return 0;
        return a[(fold.m + m) * shape.k + fold.k + k];
    }
    std::uint16_t weight(const GemmFold& fold, std::size_t k, std::size_t n) const {
        if (k >= fold.size.k || n >= fold.size.n) return 0;
        return b[(fold.k + k) * shape.n + fold.n + n];
    }
};

/// How much of m, k and n one fold takes.
numeric::GemmShape foldExtents(const ArrayConfig& array, std::uint32_t maxSteps) {
    switch (array.dataflow) {
        case Dataflow::WeightStationary:
            return {.m = maxSteps, .k = array.rows, .n = array.columns};
        case Dataflow::InputStationary:
            return {.m = array.columns, .k = array.rows, .n = maxSteps};
        case Dataflow::OutputStationary:
            return {.m = array.rows, .k = maxSteps, .n = array.columns};
    }
    SYSTOLE_CHECK(false, "dataflow {}", static_cast<int>(array.dataflow));
}

/// The last product of a fold ends a chunk as well.
std::uint8_t tagsOf(std::size_t k, std::size_t reduction, std::optional<std::uint32_t> chunk) {
    const bool closes = chunk && ((k + 1) % *chunk == 0 || k + 1 == reduction);
    return closes ? kUsed | kClosesChunk : kUsed;
}

void fillStationary(const ArrayConfig& array, const Matrices& matrices,
                    std::optional<std::uint32_t> chunk, GemmFold& fold) {
    const bool weights = array.dataflow == Dataflow::WeightStationary;
    fold.steps = static_cast<std::uint32_t>(weights ? fold.size.m : fold.size.n);
    const std::size_t usedColumns = weights ? fold.size.n : fold.size.m;
    for (std::size_t r = 0; r < array.rows; ++r) {
        for (std::size_t c = 0; c < array.columns; ++c) {
            fold.stationary.push_back(weights ? matrices.weight(fold, r, c)
                                              : matrices.activation(fold, c, r));
            const bool used = r < fold.size.k && c < usedColumns;
            fold.used.push_back(used ? tagsOf(r, fold.size.k, chunk) : 0);
        }
    }
    for (std::size_t t = 0; t < fold.steps; ++t) {
        for (std::size_t r = 0; r < array.rows; ++r) {
            fold.rows.push_back(weights ? matrices.activation(fold, t, r)
                                        : matrices.weight(fold, r, t));
        }
    }
}

void fillOutputStationary(const ArrayConfig& array, const Matrices& matrices, GemmFold& fold) {
    fold.steps = static_cast<std::uint32_t>(fold.size.k);
    for (std::size_t t = 0; t < fold.steps; ++t) {
        for (std::size_t r = 0; r < array.rows; ++r) {
            fold.rows.push_back(matrices.activation(fold, r, t));
        }
        for (std::size_t c = 0; c < array.columns; ++c) {
            fold.columns.push_back(matrices.weight(fold, t, c));
        }
    }
}

}  // namespace

std::vector<GemmFold> cutGemm(const ArrayConfig& array, const numeric::GemmShape& shape,
                              std::span<const std::uint16_t> a, std::span<const std::uint16_t> b,
                              std::uint32_t maxSteps, std::optional<std::uint32_t> chunk) {
    const numeric::GemmShape extent = foldExtents(array, maxSteps);
    const Matrices matrices{shape, a, b};
    std::vector<GemmFold> folds;
    const auto add = [&](std::size_t m, std::size_t n, std::size_t k) {
        GemmFold fold;
        fold.m = static_cast<std::uint32_t>(m);
        fold.k = static_cast<std::uint32_t>(k);
        fold.n = static_cast<std::uint32_t>(n);
        fold.size = {.m = std::min(extent.m, shape.m - m),
                     .k = std::min(extent.k, shape.k - k),
                     .n = std::min(extent.n, shape.n - n)};
        array.dataflow == Dataflow::OutputStationary ? fillOutputStationary(array, matrices, fold)
                                                     : fillStationary(array, matrices, chunk, fold);
        folds.push_back(std::move(fold));
    };
    const bool rowsOutside = array.dataflow == Dataflow::InputStationary;
    const std::size_t outerEnd = rowsOutside ? shape.m : shape.n;
    const std::size_t innerEnd = rowsOutside ? shape.n : shape.m;
    for (std::size_t i = 0; i < outerEnd; i += rowsOutside ? extent.m : extent.n) {
        for (std::size_t j = 0; j < innerEnd; j += rowsOutside ? extent.n : extent.m) {
            for (std::size_t k = 0; k < shape.k; k += extent.k) {
                rowsOutside ? add(i, j, k) : add(j, i, k);
            }
        }
    }
    return folds;
}

bool placeOf(const GemmFold& fold, Dataflow dataflow, std::size_t stepOrRow, std::size_t column,
             OutputPlace& place) {
    const bool exchanged = dataflow == Dataflow::InputStationary;
    place = exchanged ? OutputPlace{column, stepOrRow} : OutputPlace{stepOrRow, column};
    return place.m < fold.size.m && place.n < fold.size.n;
}

}  // namespace systole::arch::structural
