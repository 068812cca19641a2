// SPDX-License-Identifier: Apache-2.0
#include "sim/config/dram/dram_faults_reader.hpp"

namespace systole::sim {

void readDramFaults(const Section& section, memory::DramConfig& dram) {
    if (const auto ecc = section.find("ecc")) {
        dram.ecc = ecc->choose({"none", "secded"}) == 1;
    }
    const auto faults = section.find("faults");
    if (!faults) {
        return;
    }
    const Section keys = faults->section();
    if (const auto rate = keys.find("bit_error_rate")) {
        // A cell that is wrong more often than right is one of the inverse.
        dram.faults.bitErrorRate = rate->real({0, 0.5});
    }
    if (const auto seed = keys.find("seed")) {
        dram.faults.seed = seed->integer();
    }
}

}  // namespace systole::sim
