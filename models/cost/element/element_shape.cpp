// SPDX-License-Identifier: Apache-2.0
#include "models/cost/element/element_shape.hpp"

#include <type_traits>

#include "models/numeric/formats/codec.hpp"

namespace systole::cost {
namespace {

void addFormat(CircuitShape& shape, const numeric::Format& format) {
    shape.add(ShapeNumber::OperandBits, numeric::widthOf(format));
    if (numeric::twoValuedOf(format)) {
        shape.add(ShapeKind::Format, "two_valued");
        return;
    }
    std::visit(
        [&](const auto& of) {
            using Of = std::decay_t<decltype(of)>;
            if constexpr (std::is_same_v<Of, numeric::IntFormat>) {
                shape.add(ShapeKind::Format, "integer");
            } else if constexpr (std::is_same_v<Of, numeric::FloatFormat>) {
                shape.add(ShapeKind::Format, "float");
                shape.add(ShapeNumber::ExponentBits, of.exponentBits);
                shape.add(ShapeNumber::SignificandBits, of.mantissaBits + 1);
            } else if constexpr (std::is_same_v<Of, numeric::PositFormat>) {
                shape.add(ShapeKind::Format, "posit");
            } else {
                static_assert(std::is_same_v<Of, numeric::CodebookFormat>);
                shape.add(ShapeKind::Format, "codebook");
            }
        },
        format);
}

void addSum(CircuitShape& shape, const numeric::Register& sum, int bits) {
    if (const auto* rounded = std::get_if<numeric::FloatRegister>(&sum)) {
        shape.add(ShapeKind::Sum, "float");
        shape.add(ShapeNumber::FloatSumExponentBits, rounded->format.exponentBits);
        shape.add(ShapeNumber::FloatSumSignificandBits, rounded->format.mantissaBits + 1);
    } else {
        shape.add(ShapeKind::Sum, "fixed_point");
        shape.add(ShapeNumber::FixedSumBits, bits);
    }
}

}  // namespace

CircuitShape multiplierShapeOf(const ElementDescription& element) {
    CircuitShape shape;
    addFormat(shape, element.activation);
    addFormat(shape, element.weight);
    shape.add(ShapeKind::Multiplier,
              element.signMagnitude ? "sign_magnitude" : numeric::nameOf(element.productClass));
    return shape;
}

CircuitShape shapeOf(const ElementDescription& element, std::uint32_t stages) {
    CircuitShape shape = multiplierShapeOf(element);
    addSum(shape, element.sum, element.sumBits);
    if (element.outer) {
        addSum(shape, *element.outer, element.outerBits);
        shape.add(ShapeKind::Sum, element.scales ? "block_scaled" : "chunked");
    }
    shape.add(ShapeNumber::Stages, static_cast<int>(stages));
    return shape;
}

}  // namespace systole::cost
