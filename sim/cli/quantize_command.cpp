// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "sim/base/text.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/common.hpp"
#include "sim/config/scheme_loader.hpp"
#include "sim/onnx/onnx_export.hpp"
#include "sim/quantize/quantizer.hpp"

namespace systole::sim {
namespace {

struct QuantizeOptions {
    std::string workload;
    std::string scheme;
    std::string output;
    bool allOutputs = false;
};

/// The tensors that are computed: no constants, and no views of other tensors.
std::string report(const graph::Graph& network) {
    std::vector<std::vector<std::string>> rows{{"tensor", "shape", "format", "scale"}, {}};
    for (const graph::Tensor& tensor : network.tensors) {
        if (tensor.origin == graph::Origin::Constant || tensor.viewOf || !tensor.quantizer)
            continue;
        graph::Extents extents;
        for (const std::uint8_t axis : tensor.order) extents.push_back(tensor.shape[axis]);
        rows.push_back({tensor.name, fmt::format("{}", fmt::join(extents, "x")),
                        numeric::nameOf(tensor.quantizer->format),
                        fmt::format("{:.6g}", tensor.quantizer->scale())});
    }
    return alignedTable(rows);
}

int quantizeModel(const QuantizeOptions& options) {
    const Scheme scheme = parseScheme(options.scheme, "SCHEME");
    const Workload workload = loadSelected({options.workload, std::nullopt, {}, {}}, scheme);
    const std::vector<Output> outputs{{"--output", options.output}};
    checkOutputs(outputs);
    const graph::Graph network =
        quantize(workload.network, scheme, workload.calibration.first(scheme.calibrationImages));
    exportOnnx(network, options.output, {.allOutputs = options.allOutputs});
    printTable(outputs, report(network));
    return 0;
}

}  // namespace

void addQuantize(CLI::App& app, Action& action) {
    auto options = std::make_shared<QuantizeOptions>();
    CLI::App* command = app.add_subcommand(
        "quantize", "Calibrate and quantize a model; write it as ONNX with QLinearConv");
    addWorkload(*command, options->workload);
    command
        ->add_option("SCHEME", options->scheme,
                     "A quantization scheme: a file, a name, or {..} itself")
        ->required();
    addOutputFile(*command, "--output,-o", options->output, "The ONNX file to write")->required();
    command->add_flag("--all-outputs", options->allOutputs,
                      "Make every quantized tensor an output of the graph");
    command->footer(
        "Example:\n"
        "  systole quantize traces/resnet8_fmnist/workload.yaml int8 --output resnet8_int8.onnx");
    command->callback(
        [options, &action] { action = [options] { return quantizeModel(*options); }; });
}

}  // namespace systole::sim
