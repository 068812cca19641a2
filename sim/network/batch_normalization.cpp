// SPDX-License-Identifier: Apache-2.0
#include "sim/network/batch_normalization.hpp"

#include <algorithm>
#include <cmath>

namespace systole::sim {

bool foldBatchNormalization(const BatchNormalization& normalization, Convolution& convolution) {
    const std::size_t reduction = convolution.reduction();
    bool finite = true;
    const auto store = [&finite](double value, float& target) {
        target = static_cast<float>(value);
        finite = finite && std::isfinite(target);
    };
    for (std::size_t n = 0; n < convolution.outputChannels; ++n) {
        const double variance = double{normalization.variance[n]} + double{normalization.epsilon};
        const double factor = double{normalization.scale[n]} / std::sqrt(variance);
        for (std::size_t k = n * reduction; k < (n + 1) * reduction; ++k) {
            store(double{convolution.weights[k]} * factor, convolution.weights[k]);
        }
        const double centred = double{convolution.bias[n]} - double{normalization.mean[n]};
        store(centred * factor + double{normalization.shift[n]}, convolution.bias[n]);
    }
    return finite;
}

Convolution depthwiseIdentity(std::size_t channels) {
    Convolution convolution;
    convolution.groups = static_cast<std::uint32_t>(channels);
    convolution.outputChannels = convolution.groups;
    convolution.weights.assign(channels, 1.0F);
    convolution.bias.assign(channels, 0.0F);
    return convolution;
}

}  // namespace systole::sim
