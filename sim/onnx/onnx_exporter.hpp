// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/numeric/formats/codec.hpp"
#include "sim/graph/graph.hpp"
#include "sim/onnx/onnx_builder.hpp"
#include "sim/onnx/onnx_export.hpp"

/// How a graph of codes becomes ONNX, one kind of work in each file.
namespace systole::sim {

class OnnxExporter {
public:
    explicit OnnxExporter(const graph::Graph& network) : network_(network) { checkScheme(); }

    onnx::ModelProto build(const OnnxExportOptions& options);

private:
    using TensorId = graph::TensorId;

    [[noreturn]] void fail(const std::string& problem) const;
    void checkScheme() const;
    void checkFormats(const graph::Node& node) const;
    void declareOutputs(const OnnxExportOptions& options);

    // Tensors (onnx_export.cpp)
    const graph::Tensor& tensor(TensorId id) const { return network_.tensors[id]; }
    const std::string& outputName() const { return tensor(node_->output).name; }
    float scaleOf(TensorId id) const { return network_.quantizerOf(id)->scale(); }
    OnnxCodes codesOf(TensorId id) { return {nameOf(id), scaleOf(id)}; }
    OnnxCodes outputCodes() const { return {outputName(), scaleOf(node_->output)}; }
    /// That of the value, which is made first where it is a view or a constant.
    const std::string& nameOf(TensorId id);
    void addConstant(const graph::Tensor& constant);
    void addView(const graph::Tensor& view);
    /// Another order of axes, and then another shape; nothing is added where neither changes.
    std::string reordered(const std::string& value, const graph::Extents& shape,
                          const graph::Axes& order, const std::string& output);
    std::string reshaped(const std::string& value, const graph::Extents& from,
                         const graph::Extents& to, const std::string& output);
    void addIdentity(const std::string& value, const std::string& output);

    // Matrix work (onnx_export_matrix.cpp)
    void addWork(const graph::MatrixWork& work);
    void addProduct(const graph::MatrixWork& work);
    void addConvolution(const graph::MatrixWork& work, const OnnxCodes& output);
    void checkSums(const graph::MatrixWork& work) const;
    std::vector<std::int8_t> weightsChannelsFirst(const graph::MatrixWork& work) const;
    OnnxCodes imageOf(TensorId id, const graph::ImageAxes& axes);
    /// The output, or what has its shape, from an image of it.
    void addFromImage(const std::string& image, const graph::ImageAxes& axes,
                      const std::string& output);
    /// `make` gets the input as an image and makes one that becomes the output.
    void addImageWork(const std::function<void(const OnnxCodes&, const OnnxCodes&)>& make);
    OnnxCodes spread(OnnxCodes codes, std::uint32_t channels, arch::Window& window);
    void addReluOnCodes(const std::string& input);

    // Vector work (onnx_export_vector.cpp)
    void addWork(const graph::VectorWork& work);
    bool addWindow(const graph::VectorWork& work);
    void addAverage(const arch::Window& window, float factor);
    void addProgram(const graph::VectorWork& work);
    std::string loaded(const graph::VectorWork& work, const numeric::LoadStep& load,
                       const std::string& output);
    std::string applied(const numeric::ApplyStep& apply, const std::vector<std::string>& values,
                        const std::string& output);
    std::string reduced(const graph::VectorWork& work, const numeric::ReduceStep& reduce,
                        const std::string& value, const std::string& output);

    // Moves (onnx_export_moves.cpp)
    void addWork(const graph::MoveWork& work);
    std::string gathered(const graph::Copy& copy, graph::Extents& shape, const std::string& output);
    void addCopy(const graph::Copy& copy, const std::string& output);

    const graph::Graph& network_;
    OnnxBuilder builder_;
    const graph::Node* node_ = nullptr;
    std::vector<bool> isMade_;  ///< by TensorId: constants and views that are there
};

}  // namespace systole::sim
