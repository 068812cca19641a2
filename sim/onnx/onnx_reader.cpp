// SPDX-License-Identifier: Apache-2.0
#include "sim/onnx/onnx_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

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
    explicit OnnxReader(const std::filesystem::path& path) : graph_(path) {}

    Network read(const std::string& name) {
        network_.name = name;
        define(graph_.inputName(), addTensor(graph_.inputName(), graph_.inputValue()));
        for (const auto& proto : graph_.proto().node()) addNode(proto);
        findOutput();
        dropUnused();
        foldNormalizations();
        for (Draft& draft : drafts_) network_.nodes.push_back(std::move(draft.node));
        compactTensors();
        return std::move(network_);
    }

private:
    OnnxValue addTensor(const std::string& name, OnnxValue value) {
        value.tensor = static_cast<TensorId>(network_.tensors.size());
        network_.tensors.push_back({name, value.shape});
        return value;
    }

    void define(const std::string& name, const OnnxValue& value) {
        if (graph_.findConstant(name) != nullptr || !values_.emplace(name, value).second) {
            graph_.fail(fmt::format("tensor '{}' is defined twice, expected one definition", name));
        }
    }

    std::vector<const OnnxValue*> findActivations(const onnx::NodeProto& proto) const;
    std::string uniqueName(const onnx::NodeProto& proto);
    void addNode(const onnx::NodeProto& proto);
    void findOutput();
    void dropUnused();
    std::vector<std::size_t> countReaders() const;
    void foldNormalizations();
    Convolution* soleConvolutionBehind(const Draft& draft, const std::vector<std::size_t>& readers,
                                       std::size_t& producer);
    void compactTensors();

    OnnxGraph graph_;
    Network network_;
    std::unordered_map<std::string, OnnxValue> values_;
    std::unordered_set<std::string> nodeNames_;
    std::vector<Draft> drafts_;
};

std::vector<const OnnxValue*> OnnxReader::findActivations(const onnx::NodeProto& proto) const {
    std::vector<const OnnxValue*> activations;
    for (const std::string& name : proto.input()) {
        const auto found = values_.find(name);
        activations.push_back(found == values_.end() ? nullptr : &found->second);
        if (activations.back() == nullptr && !name.empty() &&
            graph_.findConstant(name) == nullptr) {
            graph_.fail(
                fmt::format("{}: reads '{}', which nothing before it defines; expected "
                            "nodes in execution order, without cycles",
                            describe(proto), name));
        }
    }
    return activations;
}

/// ONNX asks for unique names only of tensors; results are keyed by node.
std::string OnnxReader::uniqueName(const onnx::NodeProto& proto) {
    std::string name = proto.name().empty() ? proto.output(0) : proto.name();
    while (!nodeNames_.insert(name).second) name += "_" + proto.output(0);
    return name;
}

void OnnxReader::addNode(const onnx::NodeProto& proto) {
    if (!proto.domain().empty() && proto.domain() != "ai.onnx") {
        graph_.fail(fmt::format("{}: is of the domain '{}', expected a standard operator",
                                describe(proto), proto.domain()));
    }
    if (proto.op_type() == "Constant") return;
    if (proto.output_size() < 1 || proto.output(0).empty()) {
        graph_.fail(fmt::format("{}: has no output, expected one", describe(proto)));
    }
    const bool furtherOutputs = std::any_of(proto.output().begin() + 1, proto.output().end(),
                                            [](const std::string& name) { return !name.empty(); });
    // Dropout may name its mask; a reader of it finds nothing under that name.
    if (furtherOutputs && proto.op_type() != "Dropout") {
        graph_.fail(
            fmt::format("{}: has {} outputs, expected one", describe(proto), proto.output_size()));
    }
    const auto activations = findActivations(proto);
    ConvertedNode converted = convertNode(OnnxNode(graph_, proto, activations));
    OnnxValue value{0, converted.shape, converted.flat};
    if (std::holds_alternative<PassThrough>(converted.what)) {
        value.tensor = activations[0]->tensor;
        define(proto.output(0), value);
        return;
    }
    Draft draft;
    draft.proto = &proto;
    draft.node.name = uniqueName(proto);
    for (int i = 0; i < converted.inputs; ++i) draft.node.inputs.push_back(activations[i]->tensor);
    value = addTensor(proto.output(0), value);
    define(proto.output(0), value);
    draft.node.output = value.tensor;
    if (auto* operation = std::get_if<Operation>(&converted.what)) {
        draft.node.operation = std::move(*operation);
    } else {
        draft.normalization = std::get<BatchNormalization>(std::move(converted.what));
    }
    drafts_.push_back(std::move(draft));
}

void OnnxReader::findOutput() {
    const auto found = values_.find(graph_.outputName());
    if (found == values_.end()) {
        graph_.fail(
            fmt::format("no node computes the output '{}', expected one to", graph_.outputName()));
    }
    const OnnxValue& value = found->second;
    if (value.tensor == 0) graph_.fail("the output is the input, expected an operation between");
    // Its elements would be counted in another order than ONNX's.
    if (value.flat && value.shape.elements() != value.shape.channels) {
        graph_.fail(fmt::format("the output '{}' is a flattened image, expected a Gemm behind it",
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
    if (!needed[0]) graph_.fail("the output does not depend on the input, as expected");
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
        Draft& draft = drafts_[i];
        if (!draft.normalization) {
            ++i;
            continue;
        }
        std::size_t producer = 0;
        Convolution* target = soleConvolutionBehind(draft, readers, producer);
        const bool folds = target != nullptr;
        if (!folds) {
            draft.node.operation = depthwiseIdentity(draft.normalization->scale.size());
            target = &std::get<Convolution>(draft.node.operation);
        }
        if (!foldBatchNormalization(*draft.normalization, *target)) {
            graph_.fail(
                fmt::format("{}: leads to weights that are not finite, expected a positive "
                            "variance + epsilon",
                            describe(*draft.proto)));
        }
        draft.normalization.reset();
        if (folds) {
            drafts_[producer].node.output = draft.node.output;
            drafts_.erase(drafts_.begin() + static_cast<std::ptrdiff_t>(i));
        } else {
            ++i;
        }
    }
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
