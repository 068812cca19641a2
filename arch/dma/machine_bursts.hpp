// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arch/dma/transfer_unit.hpp"
#include "arch/memory/burst_data.hpp"

namespace systole::arch {

/// The bytes of one machine's bursts. They come from its image of the DRAM and, for a store that
/// has not yet taken effect, from its scratchpad. Where only time passes the image never changes,
/// and stores carry the bytes of the image too.
class MachineBursts final : public BurstData {
public:
    MachineBursts(const Replay& replay, const TransferUnit& load, const TransferUnit& store)
        : replay_(replay), load_(load), store_(store) {}

    std::uint64_t memoryBytes() const override;
    void read(std::uint64_t address, std::span<std::uint8_t> bytes) const override;
    void fetch(std::uint64_t address, std::span<std::uint8_t> bytes) const override;
    std::string mismatch(std::uint64_t address, std::span<const std::uint8_t> bytes) const override;

private:
    std::uint8_t imageByte(std::uint64_t address) const;
    /// The byte as the store that is executing leaves it.
    std::uint8_t storedByte(std::uint64_t address) const;

    const Replay& replay_;
    const TransferUnit& load_;
    const TransferUnit& store_;
};

}  // namespace systole::arch
