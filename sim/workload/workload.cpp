// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/base/config_error.hpp"
#include "sim/base/input_file.hpp"
#include "sim/base/named_files.hpp"
#include "sim/graph/graph_builder.hpp"
#include "sim/onnx/onnx_import.hpp"
#include "sim/reader/config_reader.hpp"
#include "sim/workload/idx.hpp"

namespace systole::sim {

namespace {

namespace fs = std::filesystem;

struct DataFiles {
    fs::path images;
    fs::path labels;  ///< empty: none
};

struct WorkloadFiles {
    std::string name;
    fs::path model;
    float scale = 1.0F;
    float offset = 0.0F;
    DataFiles data;
    fs::path calibration;  ///< empty: none
    std::optional<DataFiles> fullData;
};

WorkloadFiles readFiles(const Section& root, const fs::path& folder) {
    constexpr RealRange kBinary32{-1e30, 1e30};
    WorkloadFiles files;
    files.name = root.at("name").name();
    files.model = root.at("model").file();
    const Section input = root.at("input").section();
    files.scale = static_cast<float>(input.at("scale").real(kBinary32));
    files.offset = static_cast<float>(input.at("offset").real(kBinary32));
    const Section data = root.at("data").section();
    files.data.images = data.at("images").file();
    if (const auto labels = data.find("labels")) files.data.labels = labels->file();
    if (const auto calibration = data.find("calibration")) files.calibration = calibration->file();
    if (const auto full = root.find("full_data")) {
        // Not file(): it need not be installed.
        const Section section = full->section();
        files.fullData = DataFiles{folder / section.at("images").text(), {}};
        if (const auto labels = section.find("labels")) {
            files.fullData->labels = folder / labels->text();
            noteInput(files.fullData->labels);
        }
        noteInput(files.fullData->images);
    }
    return files;
}

/// Of the network's input: N C H W, or a row of channels.
ImageShape imageShapeOf(const graph::Graph& network) {
    const graph::Tensor& input = network.tensors.at(network.input);
    if (input.shape.size() == 4) return {input.shape[2], input.shape[3], input.shape[1]};
    return {.channels = static_cast<std::uint32_t>(input.elements())};
}

/// Images N C H W are given with the channels last, whatever else there is in ONNX's order.
std::vector<std::size_t> placesOf(const graph::Graph& network) {
    const graph::Tensor& input = network.tensors.at(network.input);
    const std::size_t rank = input.shape.size();
    const graph::Axes given = rank == 4 ? graph::channelsLast(rank) : graph::naturalOrder(rank);
    return graph::sameOrder(input.shape, given, input.order) ? std::vector<std::size_t>()
                                                             : input.places(given);
}

ImageSet readImages(const fs::path& path, const WorkloadFiles& files, const graph::Graph& network) {
    IdxImages data = readIdxImages(path);
    const ImageShape expected = imageShapeOf(network);
    if (data.shape != expected) {
        throw ConfigError(fmt::format(
            "{}: has images of {} x {} x {}, expected {} x {} x {} (height, width, channels) for "
            "{}",
            path.string(), data.shape.height, data.shape.width, data.shape.channels,
            expected.height, expected.width, expected.channels, files.model.string()));
    }
    return ImageSet(PixelImages{std::move(data), files.scale, files.offset}, placesOf(network));
}

void readData(const DataFiles& data, const WorkloadFiles& files, Workload& workload) {
    workload.images = readImages(data.images, files, workload.network);
    workload.labels.clear();
    if (data.labels.empty()) return;
    workload.labels = readIdxLabels(data.labels);
    if (workload.labels.size() != workload.images.count()) {
        throw ConfigError(fmt::format("{}: has {} labels, expected {}, one an image of {}",
                                      data.labels.string(), workload.labels.size(),
                                      workload.images.count(), data.images.string()));
    }
    const std::uint64_t classes = workload.network.tensors[workload.network.output].elements();
    const auto largest = *std::max_element(workload.labels.begin(), workload.labels.end());
    if (largest >= classes) {
        throw ConfigError(
            fmt::format("{}: has the label {}, expected less than {}, the outputs of "
                        "{}",
                        data.labels.string(), largest, classes, files.model.string()));
    }
}

bool isInstalled(const DataFiles& data) {
    return fs::exists(data.images) && (data.labels.empty() || fs::exists(data.labels));
}

/// Where the paths of a workload count from; of a section, the working directory.
fs::path folderOf(const fs::path& path) {
    return isInlineSection(path.native()) ? fs::path() : path.parent_path();
}

Workload loadDescribed(const fs::path& path, const WorkloadOptions& options) {
    const WorkloadFiles files =
        readConfig(path, {}, [&](const Section& root) { return readFiles(root, folderOf(path)); },
                   {"workloads"});
    Workload workload;
    workload.name = files.name;
    workload.network = importOnnx(files.model);
    workload.network.name = files.name;
    readData(files.data, files, workload);
    const std::uint64_t wanted = options.images.value_or(workload.images.count());
    if (wanted > workload.images.count() && files.fullData && isInstalled(*files.fullData)) {
        readData(*files.fullData, files, workload);
    }
    if (wanted > workload.images.count()) {
        throw ConfigError(
            fmt::format("{}: {} images are asked for, expected at most {}, which its "
                        "data has",
                        path.string(), wanted, workload.images.count()));
    }
    if (!files.calibration.empty()) {
        workload.calibration = readImages(files.calibration, files, workload.network);
    }
    return workload;
}

Workload loadBare(const fs::path& path, const WorkloadOptions& options) {
    Workload workload;
    workload.network = importOnnx(path);
    workload.name = workload.network.name;
    const ImageShape shape = imageShapeOf(workload.network);
    const std::vector<std::size_t> places = placesOf(workload.network);
    workload.images =
        ImageSet(RandomImages{shape, options.images.value_or(1), options.seed}, places);
    // Calibration and test must not be the same images.
    workload.calibration =
        ImageSet(RandomImages{shape, options.calibrationImages, ~options.seed}, places);
    return workload;
}

}  // namespace

void noteWorkload(const fs::path& path) {
    noteInput(path);
    if (!isInlineSection(path.native()) && path.extension() == ".onnx") return;
    readConfig(path, {}, [&](const Section& root) { return readFiles(root, folderOf(path)); },
               {"workloads"});
}

Workload loadWorkload(const fs::path& path, const WorkloadOptions& options) {
    if (isInlineSection(path.native())) return loadDescribed(path, options);
    if (path.extension() == ".onnx") return loadBare(path, options);
    if (path.extension() == ".yaml" || path.extension() == ".yml") {
        return loadDescribed(path, options);
    }
    throw ConfigError(
        fs::exists(path) && !fs::is_directory(path)
            ? fmt::format("{}: is no workload, expected a .yaml or .onnx file", path.string())
            : fmt::format("{}: {}", path.string(),
                          describeMissing(path.string(),
                                          {.kinds = {"workloads"}, .base = {}, .nearby = {}})));
}

}  // namespace systole::sim
