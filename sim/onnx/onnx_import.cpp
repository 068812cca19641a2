// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "sim/onnx/onnx_import.hpp"
#include "sim/operators/fold_normalizations.hpp"
#include "sim/operators/onnx_folding.hpp"
#include "sim/operators/operators.hpp"

namespace systole::operators {

namespace {

class OnnxImporter {
public:
    explicit OnnxImporter(const std::filesystem::path& path)
        : model_(path, obstacles_), build_(path.stem().string()) {}

    graph::Graph import() {
        defineInputs();
        for (const auto& proto : model_.proto().node()) {
            if (!obstacles_.attempt([&] { addNode(proto); })) assumeOutputs(proto);
        }
        obstacles_.attempt([&] { findOutput(); });
        obstacles_.report(model_.file());
        graph::Graph graph = graph::pruned(build_.graph().take());
        obstacles_.attempt([&] { checkDependence(graph); });
        obstacles_.report(model_.file());
        graph = foldNormalizations(std::move(graph), build_, obstacles_);
        obstacles_.report(model_.file());
        return graph;
    }

private:
    void define(const std::string& name, const std::optional<OnnxValue>& value) {
        if (model_.findConstant(name) != nullptr || !values_.emplace(name, value).second) {
            throw OnnxObstacle(
                fmt::format("tensor '{}' is defined twice, expected one definition", name));
        }
    }

    void defineInputs();
    Axes inputOrder(const Extents& shape) const;
    const Operator& checkedRow(const onnx::NodeProto& proto);
    std::vector<OnnxInput> findInputs(const onnx::NodeProto& proto) const;
    bool fold(const onnx::NodeProto& proto);
    void addNode(const onnx::NodeProto& proto);
    void assumeOutputs(const onnx::NodeProto& proto);
    void findOutput();
    static void checkDependence(const graph::Graph& graph);

    OnnxObstacles obstacles_;
    OnnxModel model_;
    Build build_;
    /// Of every activation so far; empty behind an obstacle that hides its shape.
    std::unordered_map<std::string, std::optional<OnnxValue>> values_;
    /// Constants behind an obstacle.
    std::unordered_set<std::string> hiddenConstants_;
};

/// Images lie channels last. What has three axes is one where a window goes over it.
Axes OnnxImporter::inputOrder(const Extents& shape) const {
    const auto& nodes = model_.proto().node();
    const std::string& name = model_.inputNames().front();
    const bool isImage =
        shape.size() == 4 ||
        (shape.size() == 3 && std::any_of(nodes.begin(), nodes.end(), [&](const auto& node) {
             const std::string& type = node.op_type();
             return node.input_size() > 0 && node.input(0) == name &&
                    (type.starts_with("Conv") || type.ends_with("Pool"));
         }));
    return isImage ? graph::channelsLast(shape.size()) : graph::naturalOrder(shape.size());
}

void OnnxImporter::defineInputs() {
    if (model_.inputShape()) {
        const std::string& name = model_.inputNames().front();
        const Extents& shape = *model_.inputShape();
        define(name, build_.input(name, shape, inputOrder(shape)));
        return;
    }
    for (const std::string& name : model_.inputNames()) values_.emplace(name, std::nullopt);
}

std::vector<OnnxInput> OnnxImporter::findInputs(const onnx::NodeProto& proto) const {
    std::vector<OnnxInput> inputs;
    for (const std::string& name : proto.input()) {
        const auto found = values_.find(name);
        const bool hidden = found != values_.end() && !found->second;
        const bool isKnown = found != values_.end() && !hidden;
        inputs.push_back(hidden ? OnnxInput() : OnnxInput(isKnown ? &*found->second : nullptr));
        if (found == values_.end() && !name.empty() && model_.findConstant(name) == nullptr) {
            failAt(proto, fmt::format("reads '{}', which nothing before it defines; expected nodes "
                                      "in execution order, without cycles",
                                      name));
        }
    }
    return inputs;
}

/// Whether the node belongs to constants alone, and is no part of the network.
bool OnnxImporter::fold(const onnx::NodeProto& proto) {
    if (model_.isConstantNode(proto)) return true;
    if (!isStandardDomain(proto.domain()) || !isFoldable(proto.op_type()) ||
        proto.output_size() != 1) {
        return false;
    }
    const auto isHidden = [&](const std::string& name) { return hiddenConstants_.contains(name); };
    const bool readsConstants =
        std::all_of(proto.input().begin(), proto.input().end(), [&](const std::string& name) {
            return name.empty() || model_.findConstant(name) != nullptr || isHidden(name);
        });
    if (!readsConstants && proto.op_type() != "Shape") return false;
    const std::string& result = proto.output(0);
    hiddenConstants_.insert(result);  // until it is known
    if (std::any_of(proto.input().begin(), proto.input().end(), isHidden)) throw OnnxUnknown();
    model_.addFolded(result, foldNode(OnnxNode(model_, proto, findInputs(proto), obstacles_)));
    hiddenConstants_.erase(result);
    return true;
}

const Operator& OnnxImporter::checkedRow(const onnx::NodeProto& proto) {
    if (!isStandardDomain(proto.domain())) {
        failAt(proto,
               fmt::format("is of the domain '{}', expected a standard operator", proto.domain()));
    }
    if (proto.op_type() == "Constant") {
        failAt(proto,
               "expected one output and one of the attributes value (a dense tensor), value_float, "
               "value_floats, value_int, value_ints");
    }
    const Operator& row = operatorOf(proto);
    if (proto.output_size() < 1 || proto.output(0).empty()) {
        failAt(proto, "has no output, expected one");
    }
    const bool furtherOutputs = std::any_of(proto.output().begin() + 1, proto.output().end(),
                                            [](const std::string& name) { return !name.empty(); });
    if (furtherOutputs && !row.mayNameMoreOutputs) {
        obstacles_.attempt([&] {
            failAt(proto, fmt::format("has {} outputs, expected one", proto.output_size()));
        });
    }
    return row;
}

void OnnxImporter::addNode(const onnx::NodeProto& proto) {
    if (fold(proto)) return;
    const Operator& row = checkedRow(proto);
    const OnnxNode node(model_, proto, findInputs(proto), obstacles_);
    OnnxValue value = convertNode(row, node, build_);
    value.name = proto.output(0);
    define(proto.output(0), value);
}

/// Behind an obstacle the rest of the model is still looked at. The graph is never taken.
void OnnxImporter::assumeOutputs(const onnx::NodeProto& proto) {
    for (const std::string& name : proto.output()) {
        if (model_.findConstant(name) != nullptr) continue;
        std::optional<OnnxValue> value;
        if (const auto shape = model_.notedShape(name)) {
            value = build_.input(name, *shape, graph::naturalOrder(shape->size()));
        }
        values_.emplace(name, value);
        if (proto.op_type() == "Constant") hiddenConstants_.insert(name);
    }
}

void OnnxImporter::findOutput() {
    if (model_.proto().output_size() != 1) return;  // reported
    const auto found = values_.find(model_.outputName());
    if (found == values_.end()) {
        throw OnnxObstacle(
            fmt::format("no node computes the output '{}', expected one to", model_.outputName()));
    }
    if (!found->second || !obstacles_.empty()) return;
    const TensorId output = build_.tensorOf(*found->second);
    const graph::Graph& graph = build_.graph().graph();
    if (graph.rootOf(output) == graph.input) {
        throw OnnxObstacle("the output is the input, expected an operation between");
    }
    build_.graph().setOutput(output);
}

void OnnxImporter::checkDependence(const graph::Graph& graph) {
    if (graph.readerCounts().at(graph.input) == 0) {
        throw OnnxObstacle("the output does not depend on the input, as expected");
    }
}

}  // namespace

}  // namespace systole::operators

namespace systole::sim {

graph::Graph importOnnx(const std::filesystem::path& path) {
    return operators::OnnxImporter(path).import();
}

}  // namespace systole::sim
