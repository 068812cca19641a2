// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/memory/dram/dram_config.hpp"
#include "models/memory/ports/element_packing.hpp"
#include "models/memory/ports/port_arbiter.hpp"
#include "models/memory/ports/port_map.hpp"
#include "models/numeric/functions/functions.hpp"
#include "models/numeric/products/product_class.hpp"
#include "models/numeric/sums/accumulator.hpp"
#include "models/units.hpp"

/// What the machine is made of. Plain aggregates: sim fills every field from YAML, tests with
/// designated initialisers. A `Limit` without value is a resource that costs nothing.
namespace systole::arch {

/// What stays in the processing elements while the rest streams past; docs/array.md.
enum class Dataflow : std::uint8_t { WeightStationary, OutputStationary, InputStationary };
inline constexpr std::array<const char*, 3> kDataflowNames{"weight_stationary", "output_stationary",
                                                           "input_stationary"};

/// How the sums of an output-stationary array leave it.
enum class Drain : std::uint8_t {
    Serial,  ///< shifted down the columns, after the fold
    Shadow,  ///< shifted down through second registers, while the next fold computes
    Direct,  ///< each by a wire of its own: what SCALE-Sim assumes and no hardware does
};
inline constexpr std::array<const char*, 3> kDrainNames{"serial", "shadow", "direct"};

/// What counts as the array's cycles. All but the first reproduce what other simulators assume.
enum class CycleConvention : std::uint8_t {
    Hardware,  ///< docs/array.md, equal to the RTL
    ScaleSim,  ///< isolated folds, direct drain, the last cycle of a layer numbered from zero
    Stonne,    ///< output stationary, K + R + C + 3 a fold
    Ideal,     ///< every processing element busy in every cycle
};
inline constexpr std::array<const char*, 4> kConventionNames{"hardware", "scale_sim", "stonne",
                                                             "ideal"};

struct ArrayGeometry {
    std::uint32_t rows = 16;
    std::uint32_t columns = 16;
};

struct ArrayConfig {
    /// The effective geometry, which a GEMM is cut for and cycles and utilization follow from.
    std::uint32_t rows = 16;     ///< R: K lies along the rows; M, if output stationary
    std::uint32_t columns = 16;  ///< C: N lies along the columns; M, if input stationary
    Dataflow dataflow = Dataflow::WeightStationary;
    bool overlapFolds = false;        ///< folds follow each other without a gap
    Drain drain = Drain::Serial;      ///< of an output-stationary array
    std::uint32_t pipelineDepth = 1;  ///< D: cycles from operands to sum, 1 to 4
    std::uint32_t cyclesPerStep = 1;  ///< S: more than 1 for bit-serial processing elements
    /// Weight stationary: as many groups of a grouped convolution as fit may lie block-diagonally
    /// in one fold, instead of one a fold. The mapping of a layer says whether they do.
    bool depthwisePacking = true;
    CycleConvention convention = CycleConvention::Hardware;

    /// The physical geometry: the elements that are built, which area follows from. Composable
    /// elements make several effective rows and columns each: a physical 16 x 16 is an effective
    /// 32 x 32 of INT4. Empty: every element makes one, and both geometries are the same.
    std::optional<ArrayGeometry> physical = std::nullopt;

    ArrayGeometry physicalGeometry() const {
        return physical.value_or(ArrayGeometry{rows, columns});
    }
    /// Effective rows and columns that one element makes.
    std::uint32_t rowSplit() const { return rows / physicalGeometry().rows; }
    std::uint32_t columnSplit() const { return columns / physicalGeometry().columns; }
    /// Effective ones.
    std::uint64_t processingElements() const { return std::uint64_t{rows} * columns; }
};

struct DatapathConfig {
    numeric::Format activation;
    numeric::Format weight;
    numeric::AccumulatorFormat accumulator;
    std::optional<numeric::ProductClass> multiplier = std::nullopt;  ///< empty: the usual one
    /// How elements lie in the words of all memories.
    memory::Packing packing = memory::Packing::Packed;
};

/// Numbers the datapaths of a machine: 0 is MachineConfig::datapath, then come the further ones.
using DatapathId = std::uint32_t;

/// A double-buffered scratchpad. Consecutive words lie in consecutive banks; a port of a bank
/// serves one word a cycle. Unlimited capacity and unlimited banks make it free.
struct ScratchpadConfig {
    Limit capacityBytes;
    Limit banks;
    std::uint32_t wordBytes = 16;
    memory::PortKind ports = memory::PortKind::OneReadOneWrite;
};

/// One column of partial sums per array column. Its two halves are memories of their own.
struct AccumulatorBufferConfig {
    Limit rows;  ///< both halves together
    memory::PortKind ports = memory::PortKind::OneReadOneWrite;
};

inline constexpr std::array<const char*, 2> kPortNames{"1rw", "1r1w"};
inline constexpr std::array<const char*, 2> kPackingNames{"packed", "padded"};

/// Circuits of one class of functions in a lane of the vector unit.
struct FunctionCircuits {
    std::uint32_t circuits = 1;
    std::uint32_t cycles = 1;  ///< from one element to the next
};

struct VectorUnitConfig {
    Limit lanes;                      ///< elements a cycle
    std::uint32_t pipelineDepth = 4;  ///< cycles from the last element in to the last one out
    /// By class. So many that quantized convolutions, with a skip operand too, additions and
    /// poolings take in an element every cycle, in binary32 as in fixed point. Divisions and
    /// transcendental functions go by two bits a cycle.
    numeric::ByFunctionClass<FunctionCircuits> operations{
        {{1}, {3}, {2}, {1, 14}, {4}, {1, 14}, {3}}};
};

/// Places of a queue without limit that are simulated: more than any program has been seen to fill.
inline constexpr std::uint32_t kUnlimitedPlaces = 65'536;

struct DmaConfig {
    Limit bytesPerCycle;           ///< width of the scratchpad port, per direction
    Limit outstandingBursts = 32;  ///< per direction

    /// Bursts under way that are simulated at most, per direction.
    std::uint32_t slots() const {
        return static_cast<std::uint32_t>(outstandingBursts.value_or(kUnlimitedPlaces));
    }
};

struct SequencerConfig {
    Limit queueDepth = 16;          ///< commands that wait in front of each unit
    std::uint32_t issueCycles = 1;  ///< cycles to dispatch one command; 0: any number of them

    /// Places of a queue that are simulated.
    std::uint32_t places() const {
        return static_cast<std::uint32_t>(queueDepth.value_or(kUnlimitedPlaces));
    }
};

/// Which steps of which processing elements a replay keeps as traces (docs/energy_activity.md). All
/// choices follow from the seed and the place, not from time.
struct OperandSampling {
    std::uint32_t folds = 8;     ///< of a layer at most, evenly spread
    std::uint32_t elements = 8;  ///< of those that these folds use at most, spread over the rows
    std::uint32_t steps = 256;   ///< of a fold at most, consecutive ones
    std::uint64_t seed = 0;
    /// Uniform random operands are sampled instead of the machine's. What the machine computes does
    /// not change.
    bool randomOperands = false;
};

/// What the search for a layer's mapping makes small (arch/mapping/mapping_objective.hpp).
enum class MappingObjective : std::uint8_t { Cycles, DramBytes, Energy, EnergyDelay };
inline constexpr std::array<const char*, 4> kObjectiveNames{"cycles", "dram_bytes", "energy",
                                                            "energy_delay"};
inline constexpr std::array<const char*, 2> kLoopOrderNames{"weights_outer", "tiles_outer"};

/// What the user fixes of a layer's mapping; the rest is searched. tiling.hpp explains the parts.
struct MappingOverride {
    std::optional<bool> weightsOuter;
    std::optional<std::uint32_t> tileHeight;
    std::optional<std::uint32_t> tileWidth;
    std::optional<std::uint32_t> channels;        ///< input channels of a load
    std::optional<std::uint32_t> outputChannels;  ///< whose weights are loaded together
    std::string origin;                           ///< where it is written, for messages
};

struct MappingConfig {
    MappingObjective objective = MappingObjective::Cycles;
    std::map<std::string, MappingOverride> layers;  ///< by the name of the node
};

struct MachineConfig {
    std::string name;
    double clockHertz = 500e6;
    ArrayConfig array;
    DatapathConfig datapath;
    /// Every processing element holds an element of each datapath side by side; a fold uses one.
    std::vector<DatapathConfig> furtherDatapaths{};
    /// The array stands so long, empty, before a fold of another datapath than the last one's.
    std::uint32_t datapathSwitchCycles = 0;
    ScratchpadConfig activationScratchpad;
    ScratchpadConfig weightScratchpad;
    AccumulatorBufferConfig accumulatorBuffer;
    VectorUnitConfig vectorUnit;
    DmaConfig dma;
    SequencerConfig sequencer;
    /// Who goes first where several units want one port. Clients are numbered as units
    /// (command.hpp).
    memory::PortArbitration arbitration{memory::Arbitration::Fixed, {2, 3, 1, 0}};
    memory::DramConfig dram;
    MappingConfig mapping;
    std::optional<OperandSampling> operandSampling = std::nullopt;  ///< empty: no traces
};

}  // namespace systole::arch
