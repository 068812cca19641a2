// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace systole::operators {

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

/// Something is not known because of an obstacle that was found before: the shape of an activation,
/// an attribute. What needs it is not looked at, and nothing is said of it.
class OnnxUnknown : public std::exception {
public:
    const char* what() const noexcept override { return "unknown behind an obstacle"; }
};

/// What an attempt gave (OnnxObstacles::attempt). Throws OnnxUnknown where it gave nothing.
template <typename T>
const T& known(const std::optional<T>& attempted) {
    if (!attempted) throw OnnxUnknown();
    return *attempted;
}

/// All obstacles of one model, so that the user sees them at once.
class OnnxObstacles {
public:
    bool empty() const { return obstacles_.empty(); }

    /// Runs a part of the reader and keeps the obstacle that it meets. What the part gave, or of a
    /// part that gives nothing, whether it came through.
    template <typename Part>
    auto attempt(const Part& part) {
        using Given = decltype(part());
        constexpr bool kGivesNothing = std::is_void_v<Given>;
        std::conditional_t<kGivesNothing, bool,
                           std::optional<std::conditional_t<kGivesNothing, bool, Given>>>
            result{};
        try {
            if constexpr (kGivesNothing) {
                part();
                result = true;
            } else {
                result = part();
            }
        } catch (const OnnxObstacle& obstacle) {
            obstacles_.push_back(obstacle);
        } catch (const OnnxUnknown&) {
        }
        return result;
    }

    /// Throws one ConfigError of a line for each, if there are any. Nodes of one operator with the
    /// same problem share a line.
    void report(const std::string& file) const;

private:
    std::vector<OnnxObstacle> obstacles_;
};

}  // namespace systole::operators
