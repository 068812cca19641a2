// SPDX-License-Identifier: Apache-2.0
#include "arch/dma/machine_bursts.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace systole::arch {
namespace {

/// A byte of the memory, put together from bytes of the image. `byteOf` returns those.
template <typename ByteOf>
std::uint8_t packedByte(const DramLayout& layout, std::uint64_t address, ByteOf&& byteOf) {
    std::uint32_t byte = 0;
    for (std::uint32_t bit = 0; bit < 8;) {
        const DramLayout::Piece piece = layout.pieceAt(8 * address + bit);
        if (piece.isHeld) {
            const std::uint32_t mask = (1U << piece.bits) - 1;
            byte |= (byteOf(piece.imageByte) >> piece.imageBit & mask) << bit;
        }
        bit += piece.bits;
    }
    return static_cast<std::uint8_t>(byte);
}

/// Where a byte of the image lies among the bytes that the box moves. If runs overlap it is the
/// last such place.
std::optional<std::uint64_t> offsetIn(const DramBox& box, std::uint64_t address) {
    const std::uint64_t span = (box.counts[1] - 1) * box.strides[1] + box.runBytes;
    for (std::uint64_t outer = box.counts[0]; outer-- > 0;) {
        const std::uint64_t begin = box.address + outer * box.strides[0];
        if (address < begin || address - begin >= span) {
            continue;
        }
        const std::uint64_t rest = address - begin;
        const std::uint64_t inner =
            box.strides[1] == 0 ? box.counts[1] - 1
                                : std::min<std::uint64_t>(rest / box.strides[1], box.counts[1] - 1);
        if (rest - inner * box.strides[1] < box.runBytes) {
            return (outer * box.counts[1] + inner) * box.runBytes + rest - inner * box.strides[1];
        }
    }
    return std::nullopt;
}

}  // namespace

std::uint64_t MachineBursts::memoryBytes() const {
    const DramLayout& layout = replay_.program->dram;
    return layout.memoryBytes() > 0 ? layout.memoryBytes() : replay_.state.dram().size();
}

std::uint8_t MachineBursts::imageByte(std::uint64_t address) const {
    const std::span<const std::uint8_t> image = replay_.state.dram();
    return address < image.size() ? image[address] : 0;
}

std::uint8_t MachineBursts::storedByte(std::uint64_t address) const {
    const TransferCommand& store = store_.transferred();
    const std::optional<std::uint64_t> offset = offsetIn(store.box, address);
    return offset ? replay_.state.scratchpad(store.scratchpad)[store.address + *offset]
                  : imageByte(address);
}

void MachineBursts::read(std::uint64_t address, std::span<std::uint8_t> bytes) const {
    for (std::uint8_t& byte : bytes) {
        byte = packedByte(replay_.program->dram, address++,
                          [this](std::uint64_t image) { return imageByte(image); });
    }
}

void MachineBursts::fetch(std::uint64_t address, std::span<std::uint8_t> bytes) const {
    if (!replay_.computeValues) {
        read(address, bytes);
        return;
    }
    for (std::uint8_t& byte : bytes) {
        byte = packedByte(replay_.program->dram, address++,
                          [this](std::uint64_t image) { return storedByte(image); });
    }
}

std::string MachineBursts::mismatch(std::uint64_t address,
                                    std::span<const std::uint8_t> bytes) const {
    for (const std::uint8_t byte : bytes) {
        const DramLayout& layout = replay_.program->dram;
        const std::uint8_t expected =
            packedByte(layout, address, [this](std::uint64_t image) { return imageByte(image); });
        const auto wanted = [this](std::uint64_t image) {
            return offsetIn(load_.transferred().box, image) ? 0xffU : 0U;
        };
        if (byte != expected && ((byte ^ expected) & packedByte(layout, address, wanted)) != 0) {
            return fmt::format(
                "cycle {}: byte {:#x} of the DRAM came as {:#04x}, the machine has "
                "{:#04x} there",
                replay_.cycle(), address, byte, expected);
        }
        ++address;
    }
    return {};
}

}  // namespace systole::arch
