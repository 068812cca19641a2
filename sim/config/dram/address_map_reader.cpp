// SPDX-License-Identifier: Apache-2.0
#include "sim/config/dram/address_map_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <regex>
#include <sstream>

#include "sim/base/spelling.hpp"
#include "sim/reader/scalars.hpp"

namespace systole::sim {
namespace {

using memory::AddressBit;
using memory::AddressField;
using memory::DramOrganization;

constexpr std::size_t kFieldCount = memory::kAddressFieldNames.size();

std::uint32_t bitsOf(AddressField field, const DramOrganization& organization) {
    return static_cast<std::uint32_t>(std::countr_zero(organization.sizeOf(field)));
}

std::string nameOf(AddressField field) {
    return memory::kAddressFieldNames[static_cast<std::size_t>(field)];
}

std::string nameOf(AddressBit bit) { return fmt::format("{}[{}]", nameOf(bit.field), bit.bit); }

std::optional<AddressField> fieldNamed(const std::string& name) {
    for (std::size_t i = 0; i < kFieldCount; ++i) {
        if (name == memory::kAddressFieldNames[i]) {
            return static_cast<AddressField>(i);
        }
    }
    return name == "bankgroup" ? std::optional(AddressField::BankGroup) : std::nullopt;
}

/// The bits that `row`, `row[3]` or `row[7:4]` names, from the highest down; none after a report.
class BitNames {
public:
    explicit BitNames(const DramOrganization& organization) : organization_(organization) {}

    std::vector<AddressBit> read(const std::string& text, const Value& value) const {
        static const std::regex kForm(R"((\w+)(?:\[(\d+)(?::(\d+))?\])?)");
        std::smatch parts;
        const std::optional<AddressField> field =
            std::regex_match(text, parts, kForm) ? fieldNamed(parts[1]) : std::nullopt;
        if (!field) {
            const std::vector<std::string> names(memory::kAddressFieldNames.begin(),
                                                 memory::kAddressFieldNames.end());
            value.fail(
                fmt::format("'{}' is no part of an address{}, expected {}, or bits of it "
                            "such as row[7:4]",
                            text, suggestion(text, names), oneOfNames(names)));
            return {};
        }
        if (!parts[2].matched) {
            return bits(*field, bitsOf(*field, organization_), 0);
        }
        const std::optional<std::uint64_t> high = parseInteger(parts[2].str()).value;
        const std::optional<std::uint64_t> low =
            parts[3].matched ? parseInteger(parts[3].str()).value : high;
        if (!high || !low || *high >= bitsOf(*field, organization_) || *low > *high) {
            value.fail(
                fmt::format("'{}' names bits that are not there, expected {} from high to "
                            "low",
                            text, describe(*field)));
            return {};
        }
        return bits(*field, *high + 1, *low);
    }

private:
    static std::vector<AddressBit> bits(AddressField field, std::uint64_t end, std::uint64_t low) {
        std::vector<AddressBit> all;
        for (std::uint64_t bit = end; bit > low; --bit) {
            all.push_back({field, static_cast<std::uint32_t>(bit - 1)});
        }
        return all;
    }

    std::string describe(AddressField field) const {
        const std::uint32_t count = bitsOf(field, organization_);
        return count == 0 ? fmt::format("none, there is one {}", nameOf(field))
                          : fmt::format("bits of {} from 0 to {}", nameOf(field), count - 1);
    }

    const DramOrganization& organization_;
};

struct MapItem {
    std::string text;
    Value value;
};

std::vector<MapItem> mapItems(const Value& value) {
    std::vector<MapItem> items;
    if (value.isList()) {
        for (const Value& item : value.list({1, 64})) {
            items.push_back({item.text(), item});
        }
        return items;
    }
    std::istringstream words(value.text());
    for (std::string word; words >> word;) {
        items.push_back({word, value});
    }
    return items;
}

/// `bit 3 of column`, `bits 4..7 of row`
std::string describeBits(AddressField field, std::uint32_t low, std::uint32_t high) {
    return low == high ? fmt::format("bit {} of {}", low, nameOf(field))
                       : fmt::format("bits {}..{} of {}", low, high, nameOf(field));
}

/// Calls `report(first, last)` for every run of bits that are set.
template <class Report>
void forEachRun(const std::vector<bool>& bits, Report report) {
    for (std::uint32_t low = 0; low < bits.size(); ++low) {
        std::uint32_t end = low;
        while (end < bits.size() && bits[end]) {
            ++end;
        }
        if (end > low) {
            report(low, end - 1);
            low = end;
        }
    }
}

/// Which bits of each field were named.
class NamedBits {
public:
    explicit NamedBits(const DramOrganization& organization) {
        for (std::size_t i = 0; i < kFieldCount; ++i) {
            named_[i].resize(bitsOf(static_cast<AddressField>(i), organization));
        }
    }

    /// `bits` are of one field.
    void add(const std::vector<AddressBit>& bits, const Value& value) {
        if (bits.empty()) {
            return;
        }
        const AddressField field = bits.front().field;
        std::vector<bool>& named = named_[static_cast<std::size_t>(field)];
        std::vector<bool> again(named.size());
        for (const AddressBit bit : bits) {
            again[bit.bit] = named[bit.bit];
            named[bit.bit] = true;
        }
        forEachRun(again, [&](std::uint32_t low, std::uint32_t high) {
            value.fail(fmt::format("names {} twice, expected each bit once",
                                   describeBits(field, low, high)));
        });
    }

    void reportLeftOut(const Value& value) const {
        for (std::size_t i = 0; i < kFieldCount; ++i) {
            std::vector<bool> missing = named_[i];
            missing.flip();
            forEachRun(missing, [&](std::uint32_t low, std::uint32_t high) {
                value.fail(fmt::format("leaves out {}, expected each bit once",
                                       describeBits(static_cast<AddressField>(i), low, high)));
            });
        }
    }

private:
    std::array<std::vector<bool>, kFieldCount> named_;
};

std::vector<AddressBit> readMap(const Value& value, const DramOrganization& organization) {
    const BitNames names(organization);
    NamedBits named(organization);
    std::vector<AddressBit> bits;
    const std::vector<MapItem> items = mapItems(value);
    bool sound = !items.empty();
    for (const MapItem& item : items) {
        const std::vector<AddressBit> these = names.read(item.text, item.value);
        sound &= !these.empty() || fieldNamed(item.text).has_value();  // one of one has no bits
        named.add(these, item.value);
        bits.insert(bits.end(), these.begin(), these.end());
    }
    if (sound) {
        named.reportLeftOut(value);
    }
    std::reverse(bits.begin(), bits.end());
    return bits;
}

struct NamedBit {
    AddressBit bit;
    Value value;
};

/// A target that stands there twice, in whatever spelling, and one that a hash reads.
void checkHashes(const std::vector<NamedBit>& targets, const std::vector<NamedBit>& sources) {
    for (auto at = targets.begin(); at != targets.end(); ++at) {
        const auto isThis = [&](const NamedBit& other) { return other.bit == at->bit; };
        if (std::any_of(targets.begin(), at, isThis)) {
            at->value.fail(fmt::format("{} is hashed twice, expected once", nameOf(at->bit)));
        }
        for (const NamedBit& source : sources) {
            if (isThis(source)) {
                source.value.fail(fmt::format("{} is hashed itself, expected a bit that is not",
                                              nameOf(source.bit)));
            }
        }
    }
}

std::vector<memory::AddressHash> readHashes(const Section& section,
                                            const DramOrganization& organization) {
    const BitNames names(organization);
    std::vector<memory::AddressHash> hashes;
    std::vector<NamedBit> targets;
    std::vector<NamedBit> sources;
    for (const auto& [key, value] : section.entries()) {
        memory::AddressHash hash;
        for (const MapItem& item : mapItems(value)) {
            for (const AddressBit bit : names.read(item.text, item.value)) {
                hash.sources.push_back(bit);
                sources.push_back({bit, item.value});
            }
        }
        const std::vector<AddressBit> target = names.read(key, value);
        if (target.size() > 1) {
            value.fail(
                fmt::format("'{}' is {} bits, expected one to be inverted", key, target.size()));
        }
        if (target.size() == 1) {
            hash.target = target.front();
            hashes.push_back(hash);
            targets.push_back({hash.target, value});
        }
    }
    checkHashes(targets, sources);
    return hashes;
}

}  // namespace

memory::AddressMapping readAddressMapping(const Section& section,
                                          const DramOrganization& organization) {
    return {.bits = readMap(section.at("address_map"), organization),
            .hashes = readHashes(section.at("hash", Default::section().described("none")).section(),
                                 organization)};
}

}  // namespace systole::sim
