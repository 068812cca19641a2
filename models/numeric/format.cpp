// SPDX-License-Identifier: Apache-2.0
#include "models/numeric/format.hpp"

#include <algorithm>

namespace systole::numeric {

const std::vector<Format>& knownFormats() {
    static const std::vector<Format> kFormats{
        IntFormat{"int2", 2},
        IntFormat{"int4", 4},
        IntFormat{"int6", 6},
        IntFormat{"int8", 8},
        IntFormat{"int16", 16},
        // OCP OFP8 1.0, table 1.
        FloatFormat{"e4m3", 4, 3, 7, SpecialValues::NanOnly},
        FloatFormat{"e5m2", 5, 2, 15, SpecialValues::Ieee},
        FloatFormat{"e4m3fnuz", 4, 3, 8, SpecialValues::Fnuz},
        FloatFormat{"e5m2fnuz", 5, 2, 16, SpecialValues::Fnuz},
        // OCP MX 1.0, section 5.3: the element formats without special values.
        FloatFormat{"e3m2", 3, 2, 3, SpecialValues::None},
        FloatFormat{"e2m3", 2, 3, 1, SpecialValues::None},
        FloatFormat{"e2m1", 2, 1, 1, SpecialValues::None},
    };
    return kFormats;
}

const Format* findFormat(const std::string& name) {
    const auto& formats = knownFormats();
    const auto found = std::find_if(formats.begin(), formats.end(),
                                    [&](const Format& format) { return nameOf(format) == name; });
    return found == formats.end() ? nullptr : &*found;
}

const std::string& nameOf(const Format& format) {
    return std::visit([](const auto& family) -> const std::string& { return family.name; }, format);
}

int widthOf(const Format& format) {
    if (const auto* integer = std::get_if<IntFormat>(&format)) {
        return integer->bits;
    }
    const auto& minifloat = std::get<FloatFormat>(format);
    return 1 + minifloat.exponentBits + minifloat.mantissaBits;
}

int storageBytes(const Format& format) { return (widthOf(format) + 7) / 8; }

}  // namespace systole::numeric
