// SPDX-License-Identifier: Apache-2.0
#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "models/check.hpp"
#include "models/numeric/gemm/gemm_kernels.hpp"
#include "models/overloaded.hpp"

namespace systole::numeric {
namespace {

constexpr double kExactFp32 = 0x1p24;
constexpr double kExactFp64 = 0x1p53;
constexpr std::size_t kShortestBlock = 128;  // of k, below which binary32 in blocks is not worth it
// Rows of A go through the library in parts that stay in the cache, with their sums.
constexpr std::size_t kCachedElements = 1 << 14;
constexpr std::size_t kFewestRows = 128;
constexpr int kDigitBits = 20;
constexpr std::size_t kDigitBlock = 4096;  // 4096 * 2^20 * 2^20 < 2^53

void useOneThread() {
    static const bool kOnce = [] {
        openblas_set_num_threads(1);
        return true;
    }();
    static_cast<void>(kOnce);
}

void multiply(const GemmShape& shape, const float* a, std::size_t lda, const float* b, float* c) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, static_cast<blasint>(shape.m),
                static_cast<blasint>(shape.n), static_cast<blasint>(shape.k), 1.0F, a,
                static_cast<blasint>(lda), b, static_cast<blasint>(shape.n), 0.0F, c,
                static_cast<blasint>(shape.n));
}

void multiply(const GemmShape& shape, const double* a, std::size_t lda, const double* b,
              double* c) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, static_cast<blasint>(shape.m),
                static_cast<blasint>(shape.n), static_cast<blasint>(shape.k), 1.0, a,
                static_cast<blasint>(lda), b, static_cast<blasint>(shape.n), 0.0, c,
                static_cast<blasint>(shape.n));
}

/// One digit of grid steps: steps = sum of digits * 2^(kDigitBits * place), digits of the steps'
/// sign.
double digitOf(double steps, int place) {
    const double above = std::trunc(std::ldexp(steps, -kDigitBits * (place + 1)));
    const double from = std::trunc(std::ldexp(steps, -kDigitBits * place));
    return from - std::ldexp(above, kDigitBits);
}

/// The grid steps of codes.
template <typename T>
std::vector<T> stepsOf(std::span<const std::uint16_t> codes, const Codec& codec) {
    std::vector<T> values(codes.size());
    const double* steps = codec.gridStepTable().data();
    std::transform(codes.begin(), codes.end(), values.begin(),
                   [&](std::uint16_t code) { return static_cast<T>(steps[code]); });
    return values;
}

std::vector<double> digitsOf(std::span<const std::uint16_t> codes, const Codec& codec, int place) {
    std::vector<double> values = stepsOf<double>(codes, codec);
    for (double& value : values) value = digitOf(value, place);
    return values;
}

/// sum += value * 2^shift in two's complement words.
void addShifted(std::span<std::int64_t> sum, std::int64_t value, int shift) {
    const auto first = static_cast<std::size_t>(shift / 64);
    const int within = shift % 64;
    __extension__ using Wide = __int128;
    Wide carry = static_cast<Wide>(value) << within;  // value is below 2^53
    for (std::size_t i = first; i < sum.size(); ++i) {
        const Wide total = static_cast<Wide>(static_cast<std::uint64_t>(sum[i])) +
                           static_cast<Wide>(static_cast<std::uint64_t>(carry));
        sum[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(total));
        carry = (carry >> 64) + (total >> 64);
    }
}

struct Place {
    int shift;
    std::size_t words;
};

template <typename T>
bool allNumbers(const std::vector<T>& values) {
    int others = 0;
    for (const T value : values) others |= value == value ? 0 : 1;
    return others == 0;
}

/// Adds A x B, block by block of k, to the sums.
template <typename T>
void addBlocks(const GemmShape& shape, const std::vector<T>& a, const std::vector<T>& b,
               std::size_t block, const Place& place, std::span<std::int64_t> sums) {
    // Sums of one block are below 2^24 (binary32) or 2^53.
    using Whole = std::conditional_t<std::is_same_v<T, float>, std::int32_t, std::int64_t>;
    std::vector<T> c(shape.m * shape.n);
    for (std::size_t begin = 0; begin < shape.k; begin += block) {
        const std::size_t depth = std::min(block, shape.k - begin);
        multiply({shape.m, depth, shape.n}, a.data() + begin, shape.k, b.data() + begin * shape.n,
                 c.data());
        SYSTOLE_CHECK(allNumbers(c), "a code without a finite value in a fixed-point sum");
        for (std::size_t i = 0; i < c.size() && place.words == 1; ++i) {
            const auto value = static_cast<std::uint64_t>(std::int64_t{static_cast<Whole>(c[i])});
            sums[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(sums[i]) +
                                                (value << place.shift));
        }
        for (std::size_t i = 0; i < c.size() && place.words > 1; ++i) {
            addShifted(sums.subspan(i * place.words, place.words), static_cast<Whole>(c[i]),
                       place.shift);
        }
    }
}

template <typename T>
void addProduct(const Gemm& gemm, const Gemm::Operands& operands, double exactLimit,
                std::span<std::int64_t> sums) {
    const double product = largestProduct(gemm.activation(), gemm.weight());
    const auto block = static_cast<std::size_t>(std::min(
        exactLimit / product, static_cast<double>(std::max<std::size_t>(operands.shape.k, 1))));
    SYSTOLE_CHECK(block >= 1 && static_cast<double>(block) * product <= exactLimit,
                  "sums of {} products of {} are not exact", block, product);
    const auto& [m, k, n] = operands.shape;
    const std::vector<T> b = stepsOf<T>(operands.b, gemm.weight());
    const std::size_t mostRows =
        std::max(kFewestRows, kCachedElements / std::max<std::size_t>(k + n, 1));
    for (std::size_t begin = 0; begin < m; begin += mostRows) {
        const std::size_t rows = std::min(mostRows, m - begin);
        const std::size_t sumsOfRow = n * gemm.words();
        addBlocks({rows, k, n},
                  stepsOf<T>(operands.a.subspan(begin * k, rows * k), gemm.activation()), b, block,
                  {0, gemm.words()}, sums.subspan(begin * sumsOfRow, rows * sumsOfRow));
    }
}

void addDigitProducts(const Gemm& gemm, const Gemm::Operands& operands,
                      std::span<std::int64_t> sums) {
    const auto countOf = [](const Codec& codec) {
        return (codec.gridBits() + kDigitBits - 1) / kDigitBits;
    };
    const int digitsA = countOf(gemm.activation());
    const int digitsB = countOf(gemm.weight());
    for (int i = 0; i < digitsA; ++i) {
        const auto a = digitsOf(operands.a, gemm.activation(), i);
        for (int j = 0; j < digitsB; ++j) {
            const auto b = digitsOf(operands.b, gemm.weight(), j);
            addBlocks(operands.shape, a, b, kDigitBlock, {kDigitBits * (i + j), gemm.words()},
                      sums);
        }
    }
}

double registerLimit(const Register& format, const Gemm& gemm) {
    return std::ldexp(1.0, registerBits(format, gemm.activation(), gemm.weight()) - 1);
}

bool isInteger(const Register& format) { return std::holds_alternative<IntegerRegister>(format); }

/// Whether a register holds exact sums of magnitudes up to `bound`.
bool holdsExactly(const Register& format, double bound, const Gemm& gemm) {
    return std::visit(
        Overloaded{[&](const IntegerRegister&) { return bound < registerLimit(format, gemm); },
                   [](const ExactRegister&) { return true; },
                   [](const FloatRegister&) { return false; }},
        format);
}

bool usesBlasFp32(double product) {
    return product * static_cast<double>(kShortestBlock) <= kExactFp32;
}

bool usesBlasFp64(double product) {
    return product * static_cast<double>(kDigitBlock) <= kExactFp64;
}

}  // namespace

double largestProduct(const Codec& activation, const Codec& weight) {
    return activation.largestSteps() * weight.largestSteps();
}

bool sumsAreExact(const GemmCall& call) {
    const Gemm& gemm = call.gemm;
    const AccumulatorFormat& accumulator = gemm.accumulator();
    if (isFloat(accumulator)) return false;
    double held = 0;
    if (call.accumulate && isInteger(accumulator.sum)) {
        std::int64_t least = 0;
        std::int64_t largest = 0;
        for (const std::int64_t sum : call.sums) {
            least = std::min(least, sum);
            largest = std::max(largest, sum);
        }
        held = std::max(static_cast<double>(largest), -static_cast<double>(least));
    }
    // A little more than the bound, for what binary64 rounds away.
    const double bound = (held + static_cast<double>(call.operands.shape.k) *
                                     largestProduct(gemm.activation(), gemm.weight())) *
                         (1 + 0x1p-40);
    return holdsExactly(accumulator.sum, bound, gemm) &&
           (!accumulator.chunk || holdsExactly(accumulator.chunk->inner, bound, gemm));
}

Kernel exactKernel(const Gemm& gemm) {
    const double product = largestProduct(gemm.activation(), gemm.weight());
    if (usesBlasFp32(product)) return Kernel::BlasFp32;
    return usesBlasFp64(product) ? Kernel::BlasFp64 : Kernel::BlasDigits;
}

void exactProduct(const Gemm& gemm, const Gemm::Operands& operands, bool accumulate,
                  std::span<std::int64_t> sums) {
    useOneThread();
    if (!accumulate) std::fill(sums.begin(), sums.end(), 0);
    const Kernel kernel = exactKernel(gemm);
    if (kernel == Kernel::BlasFp32) return addProduct<float>(gemm, operands, kExactFp32, sums);
    if (kernel == Kernel::BlasFp64) return addProduct<double>(gemm, operands, kExactFp64, sums);
    SYSTOLE_CHECK(kernel == Kernel::BlasDigits, "kernel {} is not exact", static_cast<int>(kernel));
    addDigitProducts(gemm, operands, sums);
}

namespace {

template <typename T>
class BlasChunks final : public ChunkSums {
public:
    BlasChunks(const Gemm& gemm, const Gemm::Operands& operands)
        : shape_(operands.shape),
          a_(stepsOf<T>(operands.a, gemm.activation())),
          b_(stepsOf<T>(operands.b, gemm.weight())) {}

    AccumulatorEvents sum(std::size_t begin, std::size_t end,
                          std::span<double> values) const override {
        std::vector<T> c(values.size());
        multiply({shape_.m, end - begin, shape_.n}, a_.data() + begin, shape_.k,
                 b_.data() + begin * shape_.n, c.data());
        // The sum of products that cancel, or of minus zeros, is +0.
        std::transform(c.begin(), c.end(), values.begin(),
                       [](T value) { return static_cast<double>(value) + 0.0; });
        return {};
    }

private:
    GemmShape shape_;
    std::vector<T> a_;
    std::vector<T> b_;
};

}  // namespace

std::unique_ptr<ChunkSums> makeExactChunks(const Gemm& gemm, const Gemm::Operands& operands,
                                           Kernel kernel) {
    useOneThread();
    if (kernel == Kernel::ChunksFp32) return std::make_unique<BlasChunks<float>>(gemm, operands);
    SYSTOLE_CHECK(kernel == Kernel::ChunksFp64, "kernel {} has no exact chunks",
                  static_cast<int>(kernel));
    return std::make_unique<BlasChunks<double>>(gemm, operands);
}

}  // namespace systole::numeric
