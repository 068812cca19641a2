// SPDX-License-Identifier: Apache-2.0
#include "tests/cosim/structural_array_adapter.hpp"

namespace systole::cosim {

StructuralArrayAdapter::StructuralArrayAdapter(const char* name, const arch::ArrayConfig& config,
                                               const arch::DatapathConfig& datapath)
    : array_(name, config, datapath, sc_core::sc_time(2, sc_core::SC_NS)) {}

ArrayOutputs StructuralArrayAdapter::outputs() {
    const arch::structural::StructuralArray& array = array_.array();
    ArrayOutputs shown;
    shown.wantsStationary = array_.wantsStationary();
    shown.wantsStep = array_.wantsStep();
    shown.takesFold = array_.takesFold();
    shown.anyValid = array.anyResultValid();
    for (std::size_t i = 0; i < array.results(); ++i) {
        shown.valid.push_back(array.resultValid(i) ? 1 : 0);
        for (std::size_t word = 0; word < array.design().adder.words(); ++word) {
            shown.sums.push_back(array.resultWord(i, word));
        }
    }
    return shown;
}

void StructuralArrayAdapter::clock(const ArrayInputs& inputs) {
    array_.offerFold(inputs.foldValid, inputs.foldSteps);
    if (array_.array().design().outputStationary()) {
        array_.offerStep(inputs.stepValid, inputs.rows, inputs.columns);
    } else {
        array_.offerStationary(inputs.stationaryValid, inputs.stationary, inputs.used);
        array_.offerStep(inputs.stepValid, inputs.rows, {});
    }
    array_.takeResults(inputs.outputReady);
    array_.clock();
}

}  // namespace systole::cosim
