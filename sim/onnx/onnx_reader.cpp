// SPDX-License-Identifier: Apache-2.0
#include "sim/onnx/onnx_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "sim/base/text.hpp"
#include "sim/onnx/onnx_folding.hpp"
#include "sim/operators/onnx_obstacles.hpp"
#include "sim/onnx/onnx_operators.hpp"

namespace systole::sim {

namespace {

/// A node of the network to be; its operation is there unless it is a normalization still to fold.
struct Draft {
    Node node;
    std::optional<BatchNormalization> normalization;
    const onnx::NodeProto* proto = nullptr;
};

class OnnxReader {
public:
    explicit OnnxReader(const std::filesystem::path& path) : graph_(path, obstacles_) {}

    Network read(const std::string& name) {
        network_.name = printable(name);
        defineInputs();
        for (const auto& proto : graph_.proto().node()) {
            if (!obstacles_.attempt([&] { addNode(proto); })) assumeOutputs(proto);
        }
        obstacles_.attempt([&] { findOutput(); });
        obstacles_.report(graph_.file());
        obstacles_.attempt([&] { dropUnused(); });
        foldNormalizations();
        obstacles_.report(graph_.file());
        for (Draft& draft : drafts_) network_.nodes.push_back(std::move(draft.node));
        compactTensors();
        return std::move(network_);
    }

private:
    OnnxValue addTensor(const std::string& name, OnnxValue value) {
        value.tensor = static_cast<TensorId>(network_.tensors.size());
        network_.tensors.push_back({uniqueName(tensorNames_, name, ""), value.shape});
        return value;
    }

    void define(const std::string& name, const std::optional<OnnxValue>& value) {
        if (graph_.findConstant(name) != nullptr || !values_.emplace(name, value).second) {
            throw OnnxObstacle(
                fmt::format("tensor '{}' is defined twice, expected one definition", name));
        }
    }

    void defineInputs();
    void checkNode(const onnx::NodeProto& proto);
    std::vector<OnnxInput> findInputs(const onnx::NodeProto& proto) const;
    bool fold(const onnx::NodeProto& proto);
    static std::string uniqueName(std::unordered_set<std::string>& names, const std::string& name,
                                  const std::string& suffix);
    void addNode(const onnx::NodeProto& proto);
    void addDraft(const onnx::NodeProto& proto, ConvertedNode converted,
                  const std::vector<OnnxInput>& inputs);
    void assumeOutputs(const onnx::NodeProto& proto);
    void findOutput();
    void dropUnused();
    std::vector<std::size_t> countReaders() const;
    void foldNormalizations();
    bool foldNormalization(std::size_t index, const std::vector<std::size_t>& readers);
    Convolution* soleConvolutionBehind(const Draft& draft, const std::vector<std::size_t>& readers,
                                       std::size_t& producer);
    void compactTensors();

    OnnxObstacles obstacles_;
    OnnxGraph graph_;
    Network network_;
    /// Of every activation so far; empty behind an obstacle that hides its shape.
    std::unordered_map<std::string, std::optional<OnnxValue>> values_;
    /// Constants behind an obstacle.
    std::unordered_set<std::string> hiddenConstants_;
    std::unordered_set<std::string> tensorNames_;
    std::unordered_set<std::string> nodeNames_;
    std::vector<Draft> drafts_;
};

void OnnxReader::defineInputs() {
    if (graph_.inputValue()) {
        const std::string& name = graph_.inputNames().front();
        define(name, addTensor(name, *graph_.inputValue()));
        return;
    }
    for (const std::string& name : graph_.inputNames()) values_.emplace(name, std::nullopt);
}

std::vector<OnnxInput> OnnxReader::findInputs(const onnx::NodeProto& proto) const {
    std::vector<OnnxInput> inputs;
    for (const std::string& name : proto.input()) {
        const auto found = values_.find(name);
        const bool hidden = found != values_.end() && !found->second;
        const bool known = found != values_.end() && !hidden;
        inputs.push_back(hidden ? OnnxInput() : OnnxInput(known ? &*found->second : nullptr));
        if (found == values_.end() && !name.empty() && graph_.findConstant(name) == nullptr) {
            failAt(proto, fmt::format("reads '{}', which nothing before it defines; expected nodes "
                                      "in execution order, without cycles",
                                      name));
        }
    }
    return inputs;
}

/// Whether the node belongs to constants alone, and is no part of the network.
bool OnnxReader::fold(const onnx::NodeProto& proto) {
    if (graph_.isConstantNode(proto)) return true;
    if (!isStandardDomain(proto.domain()) || !isFoldable(proto.op_type()) ||
        proto.output_size() != 1) {
        return false;
    }
    const auto isHidden = [&](const std::string& name) { return hiddenConstants_.contains(name); };
    const bool readsConstants =
        std::all_of(proto.input().begin(), proto.input().end(), [&](const std::string& name) {
            return name.empty() || graph_.findConstant(name) != nullptr || isHidden(name);
        });
    if (!readsConstants && proto.op_type() != "Shape") return false;
    const std::string& result = proto.output(0);
    hiddenConstants_.insert(result);  // until it is known
    if (std::any_of(proto.input().begin(), proto.input().end(), isHidden)) throw OnnxUnknown();
    graph_.addFolded(result, foldNode(OnnxNode(graph_, proto, findInputs(proto), obstacles_)));
    hiddenConstants_.erase(result);
    return true;
}

/// ONNX asks for unique names only of tensors; results are keyed by node. Names go to terminals,
/// tables and files: what these would obey becomes an escape.
std::string OnnxReader::uniqueName(std::unordered_set<std::string>& names, const std::string& name,
                                   const std::string& suffix) {
    std::string unique = printable(name);
    while (!names.insert(unique).second) unique += "_" + printable(suffix);
    return unique;
}

void OnnxReader::checkNode(const onnx::NodeProto& proto) {
    if (!isStandardDomain(proto.domain())) {
        failAt(proto,
               fmt::format("is of the domain '{}', expected a standard operator", proto.domain()));
    }
    if (proto.op_type() == "Constant") {
        failAt(proto,
               "expected one output and one of the attributes value (a dense tensor), value_float, "
               "value_floats, value_int, value_ints");
    }
    checkOperator(proto);
    if (proto.output_size() < 1 || proto.output(0).empty()) {
        failAt(proto, "has no output, expected one");
    }
    const bool furtherOutputs = std::any_of(proto.output().begin() + 1, proto.output().end(),
                                            [](const std::string& name) { return !name.empty(); });
    // Dropout may name its mask; a reader of it finds nothing under that name.
    if (furtherOutputs && proto.op_type() != "Dropout") {
        obstacles_.attempt([&] {
            failAt(proto, fmt::format("has {} outputs, expected one", proto.output_size()));
        });
    }
}

void OnnxReader::addNode(const onnx::NodeProto& proto) {
    if (fold(proto)) return;
    checkNode(proto);
    const std::vector<OnnxInput> inputs = findInputs(proto);
    ConvertedNode converted = convertNode(OnnxNode(graph_, proto, inputs, obstacles_));
    if (std::holds_alternative<PassThrough>(converted.what)) {
        define(proto.output(0),
               OnnxValue{known(inputs[0])->tensor, converted.shape, converted.flat});
        return;
    }
    addDraft(proto, std::move(converted), inputs);
}

void OnnxReader::addDraft(const onnx::NodeProto& proto, ConvertedNode converted,
                          const std::vector<OnnxInput>& inputs) {
    Draft draft;
    draft.proto = &proto;
    draft.node.name = uniqueName(nodeNames_, nameOf(proto), proto.output(0));
    for (int i = 0; i < converted.inputs; ++i)
        draft.node.inputs.push_back(known(inputs[i])->tensor);
    const OnnxValue value = addTensor(proto.output(0), {0, converted.shape, converted.flat});
    define(proto.output(0), value);
    draft.node.output = value.tensor;
    if (auto* operation = std::get_if<Operation>(&converted.what)) {
        draft.node.operation = std::move(*operation);
    } else {
        draft.normalization = std::get<BatchNormalization>(std::move(converted.what));
    }
    drafts_.push_back(std::move(draft));
}

/// Behind an obstacle the rest of the model is still looked at. The network is never made.
void OnnxReader::assumeOutputs(const onnx::NodeProto& proto) {
    for (const std::string& name : proto.output()) {
        if (graph_.findConstant(name) != nullptr) continue;
        values_.emplace(name, graph_.notedValue(name));
        if (proto.op_type() == "Constant") hiddenConstants_.insert(name);
    }
}

void OnnxReader::findOutput() {
    if (graph_.proto().output_size() != 1) return;  // reported
    const auto found = values_.find(graph_.outputName());
    if (found == values_.end()) {
        throw OnnxObstacle(
            fmt::format("no node computes the output '{}', expected one to", graph_.outputName()));
    }
    if (!found->second || !obstacles_.empty()) return;
    const OnnxValue& value = *found->second;
    if (value.tensor == 0) {
        throw OnnxObstacle("the output is the input, expected an operation between");
    }
    // Its elements would be counted in another order than ONNX's.
    if (value.flat && value.shape.elements() != value.shape.channels) {
        throw OnnxObstacle(
            fmt::format("the output '{}' is a flattened image, expected a Gemm behind it",
                        graph_.outputName()));
    }
    network_.output = value.tensor;
}

void OnnxReader::dropUnused() {
    std::vector<bool> needed(network_.tensors.size(), false);
    needed[network_.output] = true;
    for (std::size_t i = drafts_.size(); i-- > 0;) {
        if (!needed[drafts_[i].node.output]) continue;
        for (const TensorId input : drafts_[i].node.inputs) needed[input] = true;
    }
    std::erase_if(drafts_, [&](const Draft& draft) { return !needed[draft.node.output]; });
    if (!needed[0]) throw OnnxObstacle("the output does not depend on the input, as expected");
}

std::vector<std::size_t> OnnxReader::countReaders() const {
    std::vector<std::size_t> readers(network_.tensors.size(), 0);
    for (const Draft& draft : drafts_) {
        for (const TensorId input : draft.node.inputs) ++readers[input];
    }
    ++readers[network_.output];
    return readers;
}

Convolution* OnnxReader::soleConvolutionBehind(const Draft& draft,
                                               const std::vector<std::size_t>& readers,
                                               std::size_t& producer) {
    const TensorId tensor = draft.node.inputs[0];
    if (readers[tensor] != 1) return nullptr;
    for (producer = 0; producer < drafts_.size(); ++producer) {
        if (drafts_[producer].node.output == tensor) {
            return std::get_if<Convolution>(&drafts_[producer].node.operation);
        }
    }
    return nullptr;
}

void OnnxReader::foldNormalizations() {
    const std::vector<std::size_t> readers = countReaders();
    for (std::size_t i = 0; i < drafts_.size();) {
        bool gone = false;
        if (drafts_[i].normalization) {
            obstacles_.attempt([&] { gone = foldNormalization(i, readers); });
        }
        if (!gone) ++i;
    }
}

/// Whether the node is gone: a convolution has taken it over.
bool OnnxReader::foldNormalization(std::size_t index, const std::vector<std::size_t>& readers) {
    Draft& draft = drafts_[index];
    std::size_t producer = 0;
    Convolution* target = soleConvolutionBehind(draft, readers, producer);
    const bool folds = target != nullptr;
    if (!folds) {
        draft.node.operation = depthwiseIdentity(draft.normalization->scale.size());
        target = &std::get<Convolution>(draft.node.operation);
    }
    if (!foldBatchNormalization(*draft.normalization, *target)) {
        failAt(*draft.proto,
               "leads to weights that are not finite, expected a positive variance + epsilon");
    }
    draft.normalization.reset();
    if (!folds) return false;
    drafts_[producer].node.output = draft.node.output;
    drafts_.erase(drafts_.begin() + static_cast<std::ptrdiff_t>(index));
    return true;
}

void OnnxReader::compactTensors() {
    constexpr TensorId kGone = ~TensorId{0};
    std::vector<TensorId> renumbered(network_.tensors.size(), kGone);
    renumbered[network_.input] = 0;
    for (const Node& node : network_.nodes) renumbered[node.output] = 0;
    std::vector<Tensor> kept;
    for (std::size_t i = 0; i < renumbered.size(); ++i) {
        if (renumbered[i] == kGone) continue;
        renumbered[i] = static_cast<TensorId>(kept.size());
        kept.push_back(std::move(network_.tensors[i]));
    }
    network_.tensors = std::move(kept);
    for (Node& node : network_.nodes) {
        for (TensorId& input : node.inputs) input = renumbered[input];
        node.output = renumbered[node.output];
    }
    network_.output = renumbered[network_.output];
}

}  // namespace

Network readOnnx(const std::filesystem::path& path) {
    return OnnxReader(path).read(path.stem().string());
}

}  // namespace systole::sim
