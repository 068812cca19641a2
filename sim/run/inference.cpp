// SPDX-License-Identifier: Apache-2.0
#include "sim/run/inference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/check.hpp"
#include "sim/base/host_memory.hpp"
#include "sim/base/progress.hpp"
#include "sim/graph/exact_reference.hpp"
#include "sim/graph/float_reference.hpp"
#include "sim/quantize/quantizer.hpp"
#include "sim/run/machine_cost.hpp"
#include "sim/run/output_record.hpp"
#include "sim/run/simulation.hpp"
#include "sim/run/tensor_dump.hpp"
#include "sim/run/tensor_files.hpp"

namespace systole::sim {
namespace {

std::size_t largestIndex(std::span<const float> values) {
    return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) -
                                    values.begin());
}

// long double: its logarithm has no variants for processors with fused multiply-add, so that the
// last bits do not depend on the machine.
double decibels(double ratio) {
    return static_cast<double>(10 * std::log10(static_cast<long double>(ratio)));
}

/// Compares outputs with labels and with FP32, image by image.
class AccuracyMeter {
public:
    AccuracyMeter(const Workload& workload) : workload_(workload), reference_(workload.network) {}

    void add(std::uint64_t image, std::span<const float> pixels, std::span<const float> outputs) {
        const std::vector<float> exact = reference_.run(pixels, graph::KeepTensors::OutputOnly)
                                             .tensors.at(workload_.network.output);
        for (std::size_t i = 0; i < exact.size(); ++i) {
            const double error = static_cast<double>(exact[i]) - outputs[i];
            signal_ += static_cast<double>(exact[i]) * exact[i];
            noise_ += error * error;
        }
        if (!workload_.labels.empty()) {
            const std::size_t label = workload_.labels.at(image);
            correctByImage_ += largestIndex(outputs) == label ? '1' : '0';
            fp32Correct_ += largestIndex(exact) == label ? 1 : 0;
        }
        ++images_;
    }

    Accuracy accuracy() const {
        Accuracy accuracy;
        accuracy.images = images_;
        accuracy.randomImages = workload_.images.isRandom();
        if (!workload_.labels.empty()) {
            accuracy.correct = static_cast<std::uint64_t>(
                std::count(correctByImage_.begin(), correctByImage_.end(), '1'));
            accuracy.correctByImage = correctByImage_;
            accuracy.fp32Correct = fp32Correct_;
        }
        constexpr double kInfinity = std::numeric_limits<double>::infinity();
        accuracy.sqnrDecibels = noise_ == 0             ? kInfinity
                                : std::isfinite(noise_) ? decibels(signal_ / noise_)
                                                        : -kInfinity;
        return accuracy;
    }

private:
    const Workload& workload_;
    graph::FloatReference reference_;
    std::uint64_t images_ = 0;
    std::string correctByImage_;
    std::uint64_t fp32Correct_ = 0;
    double signal_ = 0;
    double noise_ = 0;
};

class Inference {
public:
    Inference(const RunConfig& config, const Workload& workload, const InferenceOptions& options)
        : config_(config),
          workload_(workload),
          options_(options),
          network_(quantizedNetwork()),
          simulation_(config) {
        simulation_.load(network_, options.timingOnly ? Simulation::Values::Skipped
                                                      : Simulation::Values::Computed);
    }

    InferenceOutcome run() {
        InferenceOutcome outcome;
        if (options_.timingOnly) {
            record_ = simulation_.inferTimed({}, Simulation::Values::Skipped);
        } else {
            runImages(outcome);
        }
        Result result = makeResult(config_, simulation_.lowered(), record_);
        result.command = "run";
        result.workload = workload_.name;
        result.accuracy = outcome.result.accuracy;
        if (!options_.timingOnly) {
            result.dramFaults = simulation_.dramFaults();
            addOutOfRange(result, simulation_.lowered(), simulation_.sumEvents());
        }
        result.outputHash = outcome.result.outputHash;
        outcome.result = std::move(result);
        return outcome;
    }

private:
    graph::Graph quantizedNetwork() const {
        if (options_.timingOnly) {
            // Cycles do not depend on scales: any ranges do.
            return quantize(workload_.network, config_.scheme,
                            std::vector<float>(workload_.network.tensors.size(), 1.0F));
        }
        return quantize(workload_.network, config_.scheme,
                        workload_.calibration.first(config_.scheme.calibrationImages));
    }

    void inferImage(std::uint64_t image, const std::vector<float>& pixels) {
        const std::vector<numeric::Code> input = graph::encodeInput(network_, pixels);
        if (image == 0) {
            record_ = simulation_.inferTimed(input);
        } else if (options_.timeEveryImage) {
            const arch::RunRecord record = simulation_.inferTimed(input);
            SYSTOLE_CHECK(record.cycles == record_.cycles, "image {} took {} cycles, image 0 {}",
                          image, record.cycles, record_.cycles);
        } else {
            simulation_.inferValues(input);
        }
    }

    void runImages(InferenceOutcome& outcome) {
        AccuracyMeter meter(workload_);
        OutputRecord outputs;
        TensorDump dump(network_, simulation_.lowered());
        if (options_.tensors) dump.check(*options_.tensors);
        Progress progress("Inference", options_.images);
        for (std::uint64_t image = 0; image < options_.images; ++image) {
            const std::vector<float> pixels = workload_.images.image(image);
            inferImage(image, pixels);
            const std::vector<numeric::Code> codes = simulation_.readTensor(network_.output);
            outputs.add(codes, outputFormat());
            meter.add(image, pixels, graph::decodeTensor(network_, network_.output, codes));
            if (options_.tensors || options_.hashTensors) {
                dump.add(simulation_);
            }
            progress.advance();
        }
        if (options_.tensors) {
            dump.write(*options_.tensors);
        }
        if (options_.hashTensors) {
            outcome.tensorHashes = dump.hashes();
        }
        outcome.outputTensor = network_.tensors[network_.output].name;
        outcome.elementBytes = static_cast<std::uint32_t>(numeric::storageBytes(outputFormat()));
        outcome.outputShape = axesOf(network_.tensors[network_.output]).extents;
        outcome.outputShape.front() = options_.images;
        outcome.outputs = outputs.bytes();
        outcome.result.outputHash = outputs.hash();
        outcome.result.accuracy = meter.accuracy();
    }

    const numeric::Format& outputFormat() const {
        return network_.quantizerOf(network_.output).value().format;
    }

    const RunConfig& config_;
    const Workload& workload_;
    InferenceOptions options_;
    graph::Graph network_;
    Simulation simulation_;
    arch::RunRecord record_;
};

}  // namespace

InferenceOutcome infer(const RunConfig& config, const Workload& workload,
                       const InferenceOptions& options) {
    checkTechnology(config);
    const WorkInHand work(fmt::format("workload '{}'", workload.name));
    return Inference(config, workload, options).run();
}

}  // namespace systole::sim
