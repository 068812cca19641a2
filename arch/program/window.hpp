// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

namespace systole::arch {

/// A sliding window along one axis of an image. A pad may be negative: that many elements of the
/// image are cropped. Upsampling puts `upsample - 1` zeros between two elements before the image is
/// padded; only transposed convolutions do it, and no memory ever holds those zeros.
///
/// An example: kernel 3, stride 2, one pad at each end, over 5 elements. Position 0 has its taps at
/// -1, 0 and 1, position 1 at 1, 2 and 3, position 2 at 3, 4 and 5; -1 and 5 are padding.
struct WindowAxis {
    std::uint32_t kernel = 1;
    std::uint32_t stride = 1;
    std::int32_t padBefore = 0;
    std::int32_t padAfter = 0;
    std::uint32_t dilation = 1;
    std::uint32_t upsample = 1;

    /// Elements from the first tap to the last, both included.
    std::int64_t reach() const { return std::int64_t{kernel - 1} * dilation + 1; }
    /// Elements of an axis with the zeros that upsampling puts between them.
    std::int64_t upsampled(std::uint32_t extent) const {
        return std::int64_t{extent - 1} * upsample + 1;
    }
    /// Positions over `extent` elements; 0 where the window does not fit even once.
    std::int64_t positions(std::uint32_t extent) const {
        const std::int64_t room = upsampled(extent) + padBefore + padAfter - reach();
        return room < 0 ? 0 : room / stride + 1;
    }
    /// Where a tap lies, in steps of the upsampled axis.
    std::int64_t coordinate(std::uint32_t position, std::uint32_t tap) const {
        return std::int64_t{position} * stride - padBefore + std::int64_t{tap} * dilation;
    }
    /// The element under a coordinate; -1 in the padding and between elements.
    std::int64_t elementAt(std::int64_t coordinate, std::uint32_t extent) const {
        if (coordinate < 0) return -1;
        if (upsample > 1) {  // it is rare, and divisions are slow
            if (coordinate % upsample != 0) return -1;
            coordinate /= upsample;
        }
        return coordinate < std::int64_t{extent} ? coordinate : -1;
    }
    /// Whether a tap may read a zero that is no element of the image.
    bool readsZeros() const { return std::max(padBefore, padAfter) > 0 || upsample > 1; }

    bool operator==(const WindowAxis&) const = default;
};

/// A window over the two axes of an image.
struct Window {
    WindowAxis y;
    WindowAxis x;

    std::uint32_t taps() const { return y.kernel * x.kernel; }
    bool readsZeros() const { return y.readsZeros() || x.readsZeros(); }
    bool operator==(const Window&) const = default;
};

/// Whether every position of an axis that is not upsampled has at least one tap on an element.
bool everyPositionSeesTheImage(const WindowAxis& axis, std::uint32_t extent);

/// Taps of all positions together that lie on an element of the axis.
std::uint64_t tapsOnElements(const WindowAxis& axis, std::uint32_t extent);

}  // namespace systole::arch
