// SPDX-License-Identifier: Apache-2.0
#include "arch/values/faulty_reads.hpp"

#include <bit>
#include <cmath>

#include "models/check.hpp"

namespace systole::arch {
namespace {

constexpr std::uint64_t kByteBits = 8;

/// A run of bytes in the image, whose bits can be inverted by their place in the DRAM. The image
/// gives every element whole bytes, but the DRAM packs elements bit by bit, so the places differ.
class Run {
public:
    Run(const DramLayout& layout, std::uint64_t imageAddress, const FaultyReads::Content& content,
        std::span<std::uint8_t> data)
        : layout_(layout),
          address_(imageAddress),
          content_(content),
          data_(data),
          room_(layout.roomAt(imageAddress)),
          begin_(layout.memoryBit(imageAddress)),
          end_(begin_ + data.size() / room_.imageBytes * room_.bits) {
        SYSTOLE_CHECK(data.size() % room_.imageBytes == 0, "{} bytes of elements of {}",
                      data.size(), room_.imageBytes);
    }

    /// The bits of the DRAM that hold the run: `begin` up to, not including, `end`.
    std::uint64_t begin() const { return begin_; }
    std::uint64_t end() const { return end_; }

    /// Inverts the bit of the image that this bit of the DRAM holds, if there is one.
    void turn(std::uint64_t memoryBit) {
        if (memoryBit < begin_ || memoryBit >= end_) return;  // the bit belongs to another run
        const std::uint64_t element = (memoryBit - begin_) / room_.bits;
        const std::uint64_t bit = (memoryBit - begin_) % room_.bits;
        const std::uint64_t place = element * room_.imageBytes;
        if (const DramLayout::Records* records = layout_.recordsAt(address_ + place)) {
            turnInRecord(*records, address_ + place, bit);
        } else if (bit < content_.codeBits) {
            turnInImage(kByteBits * place + bit);
        }
    }

private:
    /// A record has the room of several elements. Its bytes fill the bits of the first ones; the
    /// bits that are left have no meaning.
    void turnInRecord(const DramLayout::Records& records, std::uint64_t place, std::uint64_t bit) {
        const std::uint64_t offset = place - records.image;
        const std::uint64_t within =
            offset % records.imageBytes / room_.imageBytes * room_.bits + bit;
        if (within >= content_.recordBits) return;
        const std::uint64_t record = records.image + offset - offset % records.imageBytes;
        SYSTOLE_CHECK(record >= address_, "a parameter record at {} is read from {} on", record,
                      address_);
        turnInImage(kByteBits * (record - address_) + within);
    }

    void turnInImage(std::uint64_t bit) {
        SYSTOLE_CHECK(bit / kByteBits < data_.size(), "bit {} of {} bytes", bit, data_.size());
        data_[bit / kByteBits] ^= static_cast<std::uint8_t>(1U << (bit % kByteBits));
    }

    const DramLayout& layout_;
    std::uint64_t address_;
    const FaultyReads::Content& content_;
    std::span<std::uint8_t> data_;
    memory::ElementRoom room_;
    std::uint64_t begin_;
    std::uint64_t end_;
};

}  // namespace

FaultyReads::FaultyReads(const memory::DramConfig& config)
    : cells_(config.faults), ecc_(config.ecc) {}

FaultyReads::Word FaultyReads::readWord(std::uint64_t number) {
    const memory::FaultyCells cells = cells_.of(number);
    Word word{number, cells.data};
    ++counters_.wordsRead;
    counters_.bitErrors += static_cast<std::uint64_t>(std::popcount(cells.data));
    if (ecc_) {
        // The code is linear, so the mask of wrong bits can be decoded in place of the data. The
        // result is the mask of the bits that are still wrong.
        const memory::SecdedWord decoded = memory::decodeSecded(cells.data, cells.check);
        counters_.bitErrors += static_cast<std::uint64_t>(std::popcount(cells.check));
        word.wrong = decoded.data;
        if (decoded.verdict == memory::EccVerdict::Uncorrectable) {
            ++counters_.uncorrectableWords;
            return word;
        }
        if (decoded.verdict == memory::EccVerdict::Corrected && decoded.data == 0) {
            ++counters_.correctedWords;
        }
    }
    if (word.wrong != 0) ++counters_.silentErrorWords;
    return word;
}

void FaultyReads::read(const DramLayout& layout, std::uint64_t imageAddress, const Content& content,
                       std::span<std::uint8_t> data) {
    if (data.empty()) return;
    Run run(layout, imageAddress, content, data);
    const std::uint64_t lastWord = (run.end() - 1) / memory::kWordBits;
    for (std::uint64_t number = run.begin() / memory::kWordBits; number <= lastWord; ++number) {
        if (!last_ || last_->number != number) last_ = readWord(number);
        for (std::uint64_t wrong = last_->wrong; wrong != 0; wrong &= wrong - 1) {
            run.turn(number * memory::kWordBits +
                     static_cast<std::uint64_t>(std::countr_zero(wrong)));
        }
    }
}

std::vector<std::uint16_t> codesAsTaken(const numeric::Codec& codec, bool finiteOnly) {
    std::vector<std::uint16_t> codes(codec.codeCount());
    const bool keepsSpecials = codec.hasNan() && !finiteOnly;
    for (numeric::Code code = 0; code < codes.size(); ++code) {
        const double value = codec.decode(code);
        const bool isNumber = std::isfinite(value);
        codes[code] = static_cast<std::uint16_t>(
            isNumber || !keepsSpecials ? codec.encode(isNumber ? value : 0.0) : code);
    }
    return codes;
}

}  // namespace systole::arch
