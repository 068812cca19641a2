// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace systole::sim {

/// A reason why Systole cannot run a model. It is thrown where it is found; OnnxObstacles collects.
class OnnxObstacle : public std::exception {
public:
    /// Of the model as a whole.
    explicit OnnxObstacle(std::string text) : problem(std::move(text)) {}
    /// Of one node.
    OnnxObstacle(std::string nodeName, std::string type, std::string text)
        : node(std::move(nodeName)), operatorName(std::move(type)), problem(std::move(text)) {}

    const char* what() const noexcept override { return problem.c_str(); }

    std::string node;
    std::string operatorName;  ///< empty: of the model as a whole
    std::string problem;       ///< what is wrong and what was expected
};

/// All obstacles of one model, so that the user sees them at once.
class OnnxObstacles {
public:
    bool empty() const { return obstacles_.empty(); }

    /// Runs a part of the reader and keeps the obstacle that it meets. Whether it met none.
    template <typename Part>
    bool attempt(const Part& part) {
        try {
            part();
        } catch (const OnnxObstacle& obstacle) {
            obstacles_.push_back(obstacle);
            return false;
        }
        return true;
    }

    /// Throws one ConfigError of a line for each, if there are any. Nodes of one operator with the
    /// same problem share a line.
    void report(const std::string& file) const;

private:
    std::vector<OnnxObstacle> obstacles_;
};

}  // namespace systole::sim
