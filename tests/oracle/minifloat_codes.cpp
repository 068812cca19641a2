// SPDX-License-Identifier: Apache-2.0
#include "tests/oracle/minifloat_codes.hpp"

#include <fstream>
#include <stdexcept>

namespace oracle {

std::map<std::string, std::map<std::uint32_t, double>> readMinifloatCodes(
    const std::string& folder) {
    const std::string path = folder + "/minifloat-codes.csv";
    std::ifstream file(path);
    std::string line;
    if (!std::getline(file, line) || line != "format,code,value") {
        throw std::runtime_error(path + ": not the table of codes");
    }
    std::map<std::string, std::map<std::uint32_t, double>> tables;
    while (std::getline(file, line)) {
        const std::size_t first = line.find(',');
        const std::size_t second = line.find(',', first + 1);
        if (second == std::string::npos) throw std::runtime_error(path + ": " + line);
        const auto code = std::stoul(line.substr(first + 1, second - first - 1));
        tables[line.substr(0, first)][static_cast<std::uint32_t>(code)] =
            std::stod(line.substr(second + 1));
    }
    return tables;
}

}  // namespace oracle
