// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "models/check.hpp"
#include "models/numeric/gemm.hpp"

namespace systole::numeric {
namespace {

void expectEqualProducts(const GemmShape& shape, std::int64_t largest, std::mt19937_64& random) {
    SCOPED_TRACE(testing::Message() << shape.m << " x " << shape.k << " x " << shape.n);
    std::uniform_int_distribution<std::int64_t> value(-largest, largest);
    std::vector<std::int64_t> a(shape.m * shape.k);
    std::vector<std::int64_t> b(shape.k * shape.n);
    for (std::int64_t& element : a) element = value(random);
    for (std::int64_t& element : b) element = value(random);
    std::vector<std::int64_t> expected(shape.m * shape.n, 0);
    gemmReference(shape, a, b, expected);

    const std::vector<double> left(a.begin(), a.end());
    const std::vector<double> right(b.begin(), b.end());
    std::vector<double> sums(shape.m * shape.n, 12345.0);  // to be overwritten
    gemmExact(shape, left, right, sums, static_cast<double>(largest), static_cast<double>(largest));
    for (std::size_t i = 0; i < sums.size(); ++i) {
        ASSERT_EQ(sums[i], static_cast<double>(expected[i])) << "element " << i;
    }
}

TEST(Gemm, ExactEqualsReferenceOnRandomShapes) {
    constexpr unsigned kSeed = 3;
    SCOPED_TRACE(testing::Message() << "seed " << kSeed);
    std::mt19937_64 random(kSeed);
    for (int i = 0; i < 300; ++i) {
        const GemmShape shape{1 + random() % 40, 1 + random() % 70, 1 + random() % 40};
        // 70 * 2^23 * 2^23 is just below 2^53.
        const std::int64_t largest = std::int64_t{1} << (random() % 24);
        expectEqualProducts(shape, largest, random);
    }
}

TEST(Gemm, ReferenceAddsToWhatIsThere) {
    const std::vector<std::int64_t> a{1, 2, 3, 4};
    const std::vector<std::int64_t> b{5, 6, 7, 8};
    std::vector<std::int64_t> c{100, 0, 0, 0};
    gemmReference({2, 2, 2}, a, b, c);
    EXPECT_EQ(c, (std::vector<std::int64_t>{119, 22, 43, 50}));
}

TEST(Gemm, ExactRefusesSumsThatCouldReach2To53) {
    const std::vector<double> a(2, 1.0);
    std::vector<double> c(1);
    const double large = std::ldexp(1.0, 26);
    EXPECT_THROW(gemmExact({1, 2, 1}, a, a, c, large, large), InvariantError);
    EXPECT_NO_THROW(gemmExact({1, 2, 1}, a, a, c, large, large - 1));
    EXPECT_EQ(c[0], 2.0);
}

}  // namespace
}  // namespace systole::numeric
