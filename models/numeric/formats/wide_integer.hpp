// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/multiprecision/cpp_int.hpp>

namespace systole::numeric {

/// An integer without limits, for what decides where binary64 and 64 bits cannot.
using WideInteger = boost::multiprecision::number<boost::multiprecision::cpp_int_backend<>,
                                                  boost::multiprecision::et_off>;

}  // namespace systole::numeric
