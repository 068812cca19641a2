// SPDX-License-Identifier: Apache-2.0
#include "sim/run/inference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/check.hpp"
#include "sim/base/config_error.hpp"
#include "sim/base/host_memory.hpp"
#include "sim/base/progress.hpp"
#include "sim/graph/exact_reference.hpp"
#include "sim/graph/float_reference.hpp"
#include "sim/graph/image_batch.hpp"
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
        load(options.batch);
    }

    InferenceOutcome run() {
        InferenceOutcome outcome;
        if (options_.timingOnly) {
            takeResult(outcome, simulation_.inferTimed({}, Simulation::Values::Skipped));
        } else {
            runImages(outcome);
            outcome.result.dramFaults = simulation_.dramFaults();
            addOutOfRange(outcome.result, simulation_.lowered(), simulation_.sumEvents());
        }
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

    /// A program of so many images.
    void load(std::uint32_t images) {
        if (images > 1) batched_ = graph::withImages(network_, images);
        simulation_.load(images > 1 ? batched_ : network_, options_.timingOnly
                                                               ? Simulation::Values::Skipped
                                                               : Simulation::Values::Computed);
    }

    /// Of the first batch, while its program is loaded.
    void takeResult(InferenceOutcome& outcome, const arch::RunRecord& record) const {
        outcome.result = makeResult(config_, simulation_.lowered(), record);
        outcome.result.command = "run";
        outcome.result.workload = workload_.name;
        outcome.result.batch = options_.batch;
    }

    void inferBatch(std::uint64_t first, std::span<const numeric::Code> input, bool isWhole,
                    InferenceOutcome& outcome) {
        if (first == 0) {
            takeResult(outcome, simulation_.inferTimed(input));
        } else if (options_.timeEveryImage) {
            const arch::RunRecord record = simulation_.inferTimed(input);
            SYSTOLE_CHECK(!isWhole || record.cycles == outcome.result.totals.cycles,
                          "image {} took {} cycles, image 0 {}", first, record.cycles,
                          outcome.result.totals.cycles);
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
        for (std::uint64_t first = 0; first < options_.images; first += options_.batch) {
            const std::uint64_t count =
                std::min<std::uint64_t>(options_.batch, options_.images - first);
            if (count < options_.batch) load(static_cast<std::uint32_t>(count));
            runBatch(first, count, meter, outcome);
            outputs.add(simulation_.readTensor(network_.output), outputFormat());
            if (options_.tensors || options_.hashTensors) dump.add(simulation_, count);
            progress.advanceTo(first + count);
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

    void runBatch(std::uint64_t first, std::uint64_t count, AccuracyMeter& meter,
                  InferenceOutcome& outcome) {
        std::vector<std::vector<float>> pixels;
        std::vector<numeric::Code> input;
        for (std::uint64_t image = first; image < first + count; ++image) {
            pixels.push_back(workload_.images.image(image));
            const std::vector<numeric::Code> codes = graph::encodeInput(network_, pixels.back());
            input.insert(input.end(), codes.begin(), codes.end());
        }
        inferBatch(first, input, count == options_.batch, outcome);
        const std::vector<numeric::Code> codes = simulation_.readTensor(network_.output);
        const std::size_t size = codes.size() / count;
        for (std::uint64_t i = 0; i < count; ++i) {
            const std::vector<numeric::Code> image(codes.begin() + i * size,
                                                   codes.begin() + (i + 1) * size);
            meter.add(first + i, pixels[i], graph::decodeTensor(network_, network_.output, image));
        }
    }

    const numeric::Format& outputFormat() const {
        return network_.quantizerOf(network_.output).value().format;
    }

    const RunConfig& config_;
    const Workload& workload_;
    InferenceOptions options_;
    graph::Graph network_;
    graph::Graph batched_;  ///< what is loaded, where it has several images
    Simulation simulation_;
};

}  // namespace

InferenceOutcome infer(const RunConfig& config, const Workload& workload,
                       const InferenceOptions& options) {
    checkTechnology(config);
    if (!options.timingOnly && options.batch > options.images) {
        throw ConfigError(
            fmt::format("--batch: {} is more than the {} images of the run, expected "
                        "1..{}",
                        options.batch, options.images, options.images));
    }
    const WorkInHand work(fmt::format("workload '{}'", workload.name));
    return Inference(config, workload, options).run();
}

}  // namespace systole::sim
