// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/dram_spec.hpp"

#include <array>

namespace oracle {
namespace {

constexpr std::array kNames{"ACT",  "PRE", "PREA", "RD",  "WR", "REF",
                            "REFB", "PDE", "PDX",  "SRE", "SRX"};

bool isOfBank(DramOp op) {
    return op == DramOp::ACT || op == DramOp::PRE || op == DramOp::RD || op == DramOp::WR ||
           op == DramOp::REFB;
}

}  // namespace

const char* nameOf(DramOp op) { return kNames.at(static_cast<std::size_t>(op)); }

std::optional<DramOp> dramOpOf(std::string_view name) {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (name == kNames[i]) {
            return static_cast<DramOp>(i);
        }
    }
    return std::nullopt;
}

std::string DramEvent::text() const {
    std::string text = std::string(nameOf(op)) + " of rank " + std::to_string(rank);
    if (isOfBank(op)) {
        text += group == kNotGiven ? ", all groups" : ", group " + std::to_string(group);
        text += ", bank " + std::to_string(bank);
    }
    if (row != kNotGiven) {
        text += ", row " + std::to_string(row);
    }
    if (column != kNotGiven) {
        text += ", column " + std::to_string(column);
    }
    return text + " at " + std::to_string(clock);
}

}  // namespace oracle
