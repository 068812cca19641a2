// SPDX-License-Identifier: Apache-2.0
#include "sim/config/dram/dram_faults_reader.hpp"

namespace systole::sim {

void readDramFaults(const Section& section, memory::DramConfig& dram) {
    dram.ecc = section.at("ecc", dram.ecc ? "secded" : "none").choose({"none", "secded"}) == 1;
    const Section faults = section.at("faults", Default::section()).section();
    // A cell that is wrong more often than right is one of the inverse.
    dram.faults.bitErrorRate = faults.at("bit_error_rate", dram.faults.bitErrorRate).real({0, 0.5});
    dram.faults.seed = faults.at("seed", dram.faults.seed).integer();
}

}  // namespace systole::sim
