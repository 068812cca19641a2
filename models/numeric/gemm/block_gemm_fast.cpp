// SPDX-License-Identifier: Apache-2.0
#include <cblas.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "models/check.hpp"
#include "models/numeric/gemm/block_gemm.hpp"

/// Sums of pieces in integers by BLAS, then one addition to binary32 a piece.
namespace systole::numeric {
namespace {

constexpr double kExactFp32 = 0x1p24;
constexpr double kExactFp64 = 0x1p53;
constexpr std::size_t kTileM = 64;
constexpr std::size_t kTileN = 256;

/// Over all bit patterns, produced or not.
double largestSteps(const Codec& codec) {
    double largest = 0;
    for (const double steps : codec.gridStepTable()) largest = std::fmax(largest, std::fabs(steps));
    return largest;
}

/// Odd part of the scales at most, as a factor.
double largestScaleSignificand(const BlockCodec& codec) {
    return std::ldexp(1.0, codec.format().scale.mantissaBits + 1) - 1;
}

bool isBinary32(const Register& outer) {
    const auto* sum = std::get_if<FloatRegister>(&outer);
    return sum != nullptr && sum->rounding == Rounding::NearestEven &&
           sum->overflow == Overflow::ToSpecial && sum->format.exponentBits == 8 &&
           sum->format.mantissaBits == 23 && sum->format.bias == ieeeBias(8) &&
           sum->format.specials == SpecialValues::Ieee &&
           sum->format.zeroExponent == ZeroExponent::Subnormal;
}

void multiply(std::size_t m, std::size_t n, std::size_t depth, std::size_t k, const float* a,
              const float* b, float* c) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<blasint>(m),
                static_cast<blasint>(n), static_cast<blasint>(depth), 1.0F, a,
                static_cast<blasint>(k), b, static_cast<blasint>(k), 0.0F, c,
                static_cast<blasint>(n));
}

void multiply(std::size_t m, std::size_t n, std::size_t depth, std::size_t k, const double* a,
              const double* b, double* c) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<blasint>(m),
                static_cast<blasint>(n), static_cast<blasint>(depth), 1.0, a,
                static_cast<blasint>(k), b, static_cast<blasint>(k), 0.0, c,
                static_cast<blasint>(n));
}

/// sum + error == a + b exactly.
struct TwoSum {
    TwoSum(double a, double b) : sum(a + b) {
        const double added = sum - a;
        error = (a - (sum - added)) + (b - added);
    }
    double sum;
    double error = 0;
};

/// a + b rounded to odd: an inexact result gets a last bit of one. A format that is at least two
/// bits narrower then rounds it as it would the exact sum (Boldo and Melquiond 2008).
double addToOdd(double a, double b) {
    const TwoSum exact(a, b);
    auto bits = std::bit_cast<std::int64_t>(exact.sum);
    const bool inexact = exact.error < 0 || exact.error > 0;  // false for NaN: a or b not finite
    const bool outward = (exact.error > 0) == (exact.sum > 0);
    bits += inexact && (bits & 1) == 0 ? (outward ? 1 : -1) : 0;
    return std::bit_cast<double>(bits);
}

/// sum + term, rounded once to binary32.
float addOnce(float sum, double term) { return static_cast<float>(addToOdd(sum, term)); }

/// sum + high + low, rounded once to binary32: the sum of three by the same authors.
float addOnce(float sum, double high, double low) {
    const TwoSum term(high, low);
    const TwoSum total(sum, term.sum);
    if (!std::isfinite(total.sum)) return static_cast<float>(total.sum);
    return static_cast<float>(addToOdd(total.sum, addToOdd(total.error, term.error)));
}

/// One digit of the elements' grid steps: steps = high * 2^digitBits + low, of the steps' sign.
enum class Digit { Whole, Low, High };

template <typename T>
std::vector<T> stepsOf(const BlockTensor& tensor, const Codec& element, Digit digit,
                       int digitBits) {
    std::vector<T> table;
    for (const double steps : element.gridStepTable()) {
        const double high = std::trunc(std::ldexp(steps, -digitBits));
        const double low = steps - std::ldexp(high, digitBits);
        table.push_back(
            static_cast<T>(digit == Digit::Whole ? steps : (digit == Digit::High ? high : low)));
    }
    std::vector<T> steps;
    steps.reserve(tensor.elements.size());
    for (const std::uint16_t code : tensor.elements) {
        SYSTOLE_CHECK(!std::isnan(table[code]), "code {} in a fixed-point sum", code);
        steps.push_back(table[code]);
    }
    return steps;
}

/// Scales in units that make them factors of sums of grid steps, [block][row].
std::vector<double> scalesByBlock(const BlockTensor& tensor, const BlockCodec& codec) {
    const std::size_t blocks = codec.blocksOf(tensor.k);
    std::vector<double> scales(tensor.scales.size());
    for (std::size_t row = 0; row < tensor.rows; ++row) {
        for (std::size_t block = 0; block < blocks; ++block) {
            scales[block * tensor.rows + row] =
                std::ldexp(codec.scale().decode(tensor.scales[row * blocks + block]),
                           codec.element().gridExponent());
        }
    }
    return scales;
}

bool overflowed(float before, double term, float after) {
    return std::isinf(after) && std::isfinite(before) && std::isfinite(term);
}

/// The product of two block tensors, tile by tile of C; `T` holds the sums of pieces exactly.
template <typename T>
class PieceSums {
public:
    /// digitBits > 0: the steps of A as two digits.
    PieceSums(const BlockGemm& gemm, const BlockTensor& a, const BlockTensor& b, int digitBits)
        : rowsA_(a.rows),
          rowsB_(b.rows),
          k_(a.k),
          high_(std::ldexp(1.0, digitBits)),
          a_(stepsOf<T>(a, gemm.a().element(), digitBits > 0 ? Digit::Low : Digit::Whole,
                        digitBits)),
          b_(stepsOf<T>(b, gemm.b().element(), Digit::Whole, 0)),
          scalesA_(scalesByBlock(a, gemm.a())),
          scalesB_(scalesByBlock(b, gemm.b())),
          low_(kTileM * kTileN),
          totals_(a.rows * b.rows) {
        if (digitBits == 0) return;
        highA_ = stepsOf<T>(a, gemm.a().element(), Digit::High, digitBits);
        highs_.resize(low_.size());
    }

    AccumulatorEvents run(const BlockGemm& gemm) {
        for (std::size_t m = 0; m < rowsA_; m += kTileM) {
            for (std::size_t n = 0; n < rowsB_; n += kTileN) {
                const Tile tile{m, n, std::min(kTileM, rowsA_ - m), std::min(kTileN, rowsB_ - n)};
                gemm.forEachPiece(k_, [&](const BlockGemm::Piece& piece) { add(tile, piece); });
            }
        }
        return events_;
    }

    /// As a register holds them: zero is +0, and there is one NaN.
    void store(std::span<std::int64_t> sums) const {
        std::transform(totals_.begin(), totals_.end(), sums.begin(), [](float total) {
            const double value = std::isnan(total) ? std::numeric_limits<double>::quiet_NaN()
                                                   : static_cast<double>(total) + 0.0;
            return std::bit_cast<std::int64_t>(value);
        });
    }

private:
    struct Tile {
        std::size_t m, n, rows, columns;
    };

    void add(const Tile& tile, const BlockGemm::Piece& piece) {
        const std::size_t depth = piece.end - piece.begin;
        const std::size_t fromA = tile.m * k_ + piece.begin;
        const T* b = b_.data() + tile.n * k_ + piece.begin;
        multiply(tile.rows, tile.columns, depth, k_, a_.data() + fromA, b, low_.data());
        if (!highA_.empty()) {
            multiply(tile.rows, tile.columns, depth, k_, highA_.data() + fromA, b, highs_.data());
        }
        for (std::size_t row = 0; row < tile.rows; ++row) {
            const double scale = scalesA_[piece.blockA * rowsA_ + tile.m + row];
            const double* scales = scalesB_.data() + piece.blockB * rowsB_ + tile.n;
            float* totals = totals_.data() + (tile.m + row) * rowsB_ + tile.n;
            if (highA_.empty()) {
                addRow(totals, row, tile.columns, scale, scales);
            } else {
                addRowOfDigits(totals, row, tile.columns, scale, scales);
            }
        }
    }

    void addRow(float* totals, std::size_t row, std::size_t columns, double scale,
                const double* scales) {
        const T* sums = low_.data() + row * columns;
        std::uint64_t overflows = 0;
        for (std::size_t n = 0; n < columns; ++n) {
            const double term = static_cast<double>(sums[n]) * (scale * scales[n]);
            const float total = addOnce(totals[n], term);
            overflows += overflowed(totals[n], term, total) ? 1 : 0;
            totals[n] = total;
        }
        events_.overflows += overflows;
    }

    void addRowOfDigits(float* totals, std::size_t row, std::size_t columns, double scale,
                        const double* scales) {
        for (std::size_t n = 0; n < columns; ++n) {
            const std::size_t at = row * columns + n;
            const double factor = scale * scales[n];
            const double high = static_cast<double>(highs_[at]) * (factor * high_);
            const float total = addOnce(totals[n], high, static_cast<double>(low_[at]) * factor);
            events_.overflows += overflowed(totals[n], high, total) ? 1 : 0;
            totals[n] = total;
        }
    }

    std::size_t rowsA_;
    std::size_t rowsB_;
    std::size_t k_;
    double high_;  ///< weight of the high digit
    std::vector<T> a_;
    std::vector<T> highA_;  ///< empty: a_ has the whole steps, else the low digits
    std::vector<T> b_;
    std::vector<double> scalesA_;
    std::vector<double> scalesB_;
    std::vector<T> low_;  ///< sums of a piece, [row of the tile][column of the tile]
    std::vector<T> highs_;
    std::vector<float> totals_;
    AccumulatorEvents events_;
};

template <typename T>
AccumulatorEvents runPieces(const BlockGemm& gemm, const BlockTensor& a, const BlockTensor& b,
                            int digitBits, std::span<std::int64_t> sums) {
    openblas_set_num_threads(1);
    PieceSums<T> product(gemm, a, b, digitBits);
    const AccumulatorEvents events = product.run(gemm);
    product.store(sums);
    return events;
}

/// Largest magnitude of a piece's sum in grid steps, with A's steps as they are, or the larger of
/// their two digits.
double largestPieceSum(const BlockGemm& gemm, std::size_t k, int digitBits) {
    const std::size_t length = std::min({k, static_cast<std::size_t>(gemm.a().format().blockLength),
                                         static_cast<std::size_t>(gemm.b().format().blockLength)});
    double a = largestSteps(gemm.a().element());
    if (digitBits > 0) {
        const double high = std::trunc(std::ldexp(a, -digitBits));
        a = std::max(high, std::ldexp(1.0, digitBits) - 1);
    }
    return static_cast<double>(length) * a * largestSteps(gemm.b().element());
}

/// Digits of about half the bits of A's steps.
int digitBitsOf(const BlockGemm& gemm) { return (gemm.a().element().gridBits() + 1) / 2; }

/// Whether a register takes any sum of a piece without wrapping, saturating or refusing it, and
/// terms stay in the range of binary64.
bool piecesFit(const BlockGemm& gemm, std::size_t k) {
    const double sum = largestPieceSum(gemm, k, 0);
    const BlockCodec& a = gemm.a();
    const BlockCodec& b = gemm.b();
    const int lowest = gemm.innerExponent() + a.scale().gridExponent() + b.scale().gridExponent();
    const int highest = std::ilogb(sum) + gemm.innerExponent() + std::ilogb(a.scale().largest()) +
                        std::ilogb(b.scale().largest()) + 3;
    return !std::holds_alternative<FloatRegister>(gemm.accumulator().inner) &&
           sum < std::ldexp(1.0, gemm.innerBits() - 1) &&
           lowest >= std::numeric_limits<double>::min_exponent &&
           highest < std::numeric_limits<double>::max_exponent;
}

}  // namespace

BlockGemm::Kernel BlockGemm::kernelFor(std::size_t k) const {
    if (k == 0 || !isBinary32(accumulator_.outer) || !piecesFit(*this, k)) return Kernel::Scalar;
    const double scales = largestScaleSignificand(a_) * largestScaleSignificand(b_);
    const double sum = largestPieceSum(*this, k, 0);
    if (sum <= kExactFp32 && sum * scales <= kExactFp64) return Kernel::BlasFp32;
    if (sum * scales <= kExactFp64) return Kernel::BlasFp64;
    const double digits = largestPieceSum(*this, k, digitBitsOf(*this));
    return digits * scales <= kExactFp64 ? Kernel::BlasFp64Digits : Kernel::Scalar;
}

AccumulatorEvents BlockGemm::run(const BlockTensor& a, const BlockTensor& b,
                                 std::span<std::int64_t> sums) const {
    checkSizes(a, b, sums.size());
    switch (kernelFor(a.k)) {
        case Kernel::BlasFp32:
            return runPieces<float>(*this, a, b, 0, sums);
        case Kernel::BlasFp64:
            return runPieces<double>(*this, a, b, 0, sums);
        case Kernel::BlasFp64Digits:
            return runPieces<double>(*this, a, b, digitBitsOf(*this), sums);
        case Kernel::Scalar:
            break;
    }
    return runScalar(a, b, sums);
}

}  // namespace systole::numeric
