// SPDX-License-Identifier: Apache-2.0
#include "models/cost/element/synthesised_kind.hpp"

#include "models/check.hpp"

namespace systole::cost {

bool isSynthesisedKind(const ElementDescription& element) {
    using numeric::ProductClass;
    const auto isFitted = [](const numeric::Format& format) {
        return std::holds_alternative<numeric::IntFormat>(format) ||
               std::holds_alternative<numeric::FloatFormat>(format) ||
               numeric::twoValuedOf(format).has_value();
    };
    switch (element.productClass) {
        case ProductClass::BitSerialBoth:
        case ProductClass::LookUp:
        case ProductClass::AddSubtract:
            return false;
        case ProductClass::ParallelInteger:
        case ProductClass::Minifloat:
        case ProductClass::Shift:
        case ProductClass::XnorPopcount:
        case ProductClass::BitSerialWeight:
        case ProductClass::Composable:
        case ProductClass::Packed:
            return isFitted(element.activation) && isFitted(element.weight) && !element.outer;
    }
    SYSTOLE_CHECK(false, "product class {}", nameOf(element.productClass));
}

}  // namespace systole::cost
