// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

/// Figures of one process node from those of another, after Stillmaker and Baas, "Scaling equations
/// for the accurate prediction of CMOS device performance from 180 nm to 7 nm", Integration 58,
/// 2017: polynomials of the supply voltage, fitted to simulated inverters with a fan-out of four.
namespace systole::cost {

/// High-performance and low-power devices of one node differ more than neighbouring nodes do: a
/// scaling must not go from one to the other. Bulk nodes (65 nm and more) lead to both.
enum class DeviceFamily { Bulk, HighPerformance, LowPower };

const char* nameOf(DeviceFamily family);

struct ProcessNode {
    double nanometres = 0;
    DeviceFamily family = DeviceFamily::Bulk;
    /// a3 V^3 + a2 V^2 + a1 V + a0, in the unit of all nodes.
    std::array<double, 4> delay{};
    /// b2 V^2 + b1 V + b0, in the unit of all nodes.
    std::array<double, 3> energy{};
    double contactedPolyPitchNanometres = 0;
    double metalPitchNanometres = 0;
};

struct OperatingPoint {
    double nanometres = 0;
    DeviceFamily family = DeviceFamily::Bulk;
    double volts = 0;
};

/// What to multiply figures by. The polynomials say nothing of leakage.
struct ScalingFactors {
    double delay = 1;
    double energy = 1;  ///< of switching
    double area = 1;    ///< an estimate: ratio of contacted poly pitch times metal pitch
};

/// An operating point is unknown, out of range or of the other family. what() says which.
class ScalingError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

class NodeScaling {
public:
    NodeScaling() = default;
    NodeScaling(std::vector<ProcessNode> nodes, std::string source, std::string areaSource);

    /// Throws ScalingError.
    ScalingFactors factors(const OperatingPoint& from, const OperatingPoint& to) const;

    const std::vector<ProcessNode>& nodes() const { return nodes_; }
    const std::string& source() const { return source_; }
    const std::string& areaSource() const { return areaSource_; }

private:
    const ProcessNode& nodeOf(const OperatingPoint& point) const;

    std::vector<ProcessNode> nodes_;
    std::string source_;
    std::string areaSource_;
};

}  // namespace systole::cost
