// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "models/memory/dram/dram_config.hpp"
#include "sim/reader/config_reader.hpp"

namespace systole::sim {

/// `address_map` and `hash` of a DRAM's section. The map is a list, or a text with blanks between,
/// from the highest bit to the lowest above the burst, of fields (row, rank, bank, bank_group,
/// column; columns count bursts), each whole or with bits: `column[6:3]`, `row[0]`. Each bit of
/// each field stands there once. `hash: {bank[0]: [row[0], row[4]]}` inverts bit 0 of the bank
/// where an odd number of those bits of the row are set.
memory::AddressMapping readAddressMapping(const Section& section,
                                          const memory::DramOrganization& organization);

}  // namespace systole::sim
