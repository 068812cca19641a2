// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "arch/config.hpp"
#include "models/numeric/products/product_class.hpp"
#include "tests/cosim/cycle_array.hpp"

class Vrtl_arrays;
class VerilatedContext;

namespace systole::cosim {

/// An array of arch/rtl that is built: an instance in rtl_arrays.sv.
struct RtlConfiguration {
    std::string name;  ///< `e4m3_exact_weight_overlapped_4x4_d2`
    arch::ArrayConfig array;
    arch::DatapathConfig datapath;
    numeric::ProductClass productClass;
};

/// All of them, in the order of rtl_arrays.sv.
const std::vector<RtlConfiguration>& rtlConfigurations();

/// The verilated array. Registers that have no reset begin with random bits. Sums of columns that
/// are not valid are zero.
class RtlArray final : public CycleArray {
public:
    /// `index` of a configuration.
    explicit RtlArray(std::size_t index);
    ~RtlArray() override;
    RtlArray(const RtlArray&) = delete;
    RtlArray& operator=(const RtlArray&) = delete;

    ArrayOutputs outputs() override;
    void clock(const ArrayInputs& inputs) override;

private:
    void edge();
    void readSum(std::size_t column, std::span<std::int64_t> words) const;

    std::size_t index_;
    const RtlConfiguration& configuration_;
    numeric::Codec activation_;
    numeric::Codec weight_;
    std::optional<numeric::Codec> sum_;  ///< of a float register
    std::size_t words_;
    std::unique_ptr<VerilatedContext> context_;
    std::unique_ptr<Vrtl_arrays> model_;
};

}  // namespace systole::cosim
