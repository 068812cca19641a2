// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "sim/base/npy.hpp"
#include "sim/graph/graph.hpp"

/// How the tensors of a graph become files: `systole run --tensors`, docs/tensors.md.
namespace systole::sim {

/// Version of the manifest; a change that breaks readers raises it.
inline constexpr const char* kTensorsSchema = "systole-tensors/1";
inline constexpr const char* kManifestName = "manifest.json";

/// One tensor as a file.
struct TensorFile {
    std::string name;  ///< of the tensor; of weights and biases the node's
    std::string kind;  ///< activation, weight or bias
    std::string file;  ///< unique whatever the case of its letters, at most 70 characters
    NpyType type;
    std::string format;          ///< of an element; of biases the accumulator
    std::vector<double> scales;  ///< one, or one for each index of the first axis
    std::vector<std::uint64_t> shape;
    std::string layout;  ///< a letter an axis
};

/// A file and what is in it before the run.
struct ConstantFile {
    TensorFile description;
    std::vector<std::uint8_t> bytes;
};

/// Axes of a tensor over several images, as they lie in memory.
struct FileAxes {
    std::vector<std::uint64_t> extents;  ///< the first one is the images', to be set
    std::string layout;                  ///< a letter an axis: N C H W, in the tensor's order
};
FileAxes axesOf(const graph::Tensor& tensor);

/// Names the files of one folder.
class TensorFiles {
public:
    explicit TensorFiles(const graph::Graph& graph) : graph_(graph) {}

    /// Images are to be set in the shape's first place.
    TensorFile activation(graph::TensorId tensor);
    /// Weights and biases of matrix work with constant weights; nothing of other nodes.
    std::vector<ConstantFile> constants(const graph::Node& node);

private:
    ConstantFile weights(const graph::Node& node);
    ConstantFile bias(const graph::Node& node, const graph::MatrixWork& work);
    std::string fileName(const std::string& name);

    const graph::Graph& graph_;
    std::size_t count_ = 0;
};

/// What an element of codes of that format is in a file: the integer of an integer format, signed
/// where the format is; else the code.
NpyType elementOf(const numeric::Format& format);

/// Turns codes as they lie in memory (low byte first, zeros above the format's bits) into such
/// elements.
void toElements(const numeric::Format& format, std::vector<std::uint8_t>& codes);

nlohmann::ordered_json manifestJson(const graph::Graph& graph, std::uint64_t images,
                                    const std::vector<TensorFile>& files);

}  // namespace systole::sim
