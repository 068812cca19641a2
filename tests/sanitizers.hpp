// SPDX-License-Identifier: Apache-2.0
#pragma once

// AddressSanitizer takes an exception on one of SystemC's stacks for an error of its own.
#ifdef __SANITIZE_ADDRESS__
inline constexpr bool kSanitizesAddresses = true;
#else
inline constexpr bool kSanitizesAddresses = false;
#endif
