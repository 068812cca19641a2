// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace systole {

/// One function a kind for `std::visit`: a kind without one does not compile.
///
///     std::visit(Overloaded{[](const Square& s) { return s.side * s.side; },
///                           [](const Circle& c) { return kPi * c.radius * c.radius; }},
///                shape);
template <class... Functions>
struct Overloaded : Functions... {
    using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace systole
