// SPDX-License-Identifier: Apache-2.0
#pragma once

// GCC defines __SANITIZE_ADDRESS__, clang has a feature; each knows only its own.
#ifdef __SANITIZE_ADDRESS__
#define SYSTOLE_SANITIZES_ADDRESSES 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SYSTOLE_SANITIZES_ADDRESSES 1
#endif
#endif

// AddressSanitizer takes an exception on one of SystemC's stacks for an error of its own.
#ifdef SYSTOLE_SANITIZES_ADDRESSES
inline constexpr bool kSanitizesAddresses = true;
#else
inline constexpr bool kSanitizesAddresses = false;
#endif
