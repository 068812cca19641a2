// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "arch/config.hpp"
#include "arch/program/dram_layout.hpp"
#include "arch/program/element_type.hpp"
#include "arch/program/tile_window.hpp"
#include "arch/program/unit_id.hpp"
#include "arch/program/vector_command.hpp"
#include "models/numeric/sums/requantize.hpp"

/// The command set (docs/machine.md). sim/lowering writes programs of these commands, the sequencer
/// hands them to the units, and MachineState computes what they do. Addresses are bytes of the
/// memory that the command names, and places in DRAM are bytes of its image (DramLayout).
namespace systole::arch {

/// Runs of consecutive bytes in DRAM: counts[0] x counts[1] runs, at two strides in bytes.
struct DramBox {
    std::uint64_t address = 0;
    std::uint32_t runBytes = 0;
    std::array<std::uint32_t, 2> counts{1, 1};
    std::array<std::uint64_t, 2> strides{0, 0};

    std::uint64_t bytes() const { return std::uint64_t{runBytes} * counts[0] * counts[1]; }
    bool operator==(const DramBox&) const = default;
};

enum class Direction : std::uint8_t { Load, Store };
/// The scratchpads that transfers reach.
enum class Scratchpad : std::uint8_t { Activation, Weight };

/// Copies between a box in DRAM and a scratchpad, where the runs lie densely.
struct TransferCommand {
    DramBox box;
    std::uint32_t address = 0;  ///< of the first byte in the scratchpad
    Direction direction = Direction::Load;
    Scratchpad scratchpad = Scratchpad::Activation;
    std::uint32_t haloBytes = 0;  ///< bytes that an earlier tile of the same pass has brought too
    TypeId type = kActivationType;

    DatapathId datapath = 0;  ///< of weights: that will use them

    bool operator==(const TransferCommand&) const = default;
};

/// One fold of the array: the operands of `outputs` output positions of the window times
/// `reduction` x `channels` weights. The dataflow says which of the three sizes lies along rows,
/// along columns and along time (docs/array.md), and so which two the array bounds. The sums are
/// added to those in the accumulator buffer if `accumulate` is set; else they overwrite them.
///
/// The sum of output m and channel n (both counted within the fold) lies in accumulator row
/// `accumulatorRow` + m, column `columnBegin` + n; input stationary, in row `accumulatorRow` + n,
/// column m.
///
/// Weight stationary, `groupCount` groups of a grouped convolution may lie block-diagonally in one
/// fold: group g takes array rows g * reduction ..+ reduction and array columns columnBegin + g *
/// channels ..+ channels, sees the window's channels channelBegin + g * channelCount ..+
/// channelCount, and has its own weights. The elements off the diagonal are not used. Several
/// groups only where a fold holds their whole reduction.
struct Stream {
    TileWindow window;
    std::uint32_t outputBegin = 0;  ///< first output position
    std::uint32_t outputs = 1;
    std::uint32_t kBegin = 0;       ///< first reduction index
    std::uint32_t reduction = 1;    ///< reduction indices of a group
    std::uint32_t channels = 1;     ///< output channels of a group
    std::uint32_t groupCount = 1;   ///< groups side by side
    std::uint32_t columnBegin = 0;  ///< array column of the first one; 0 if input stationary
    std::uint32_t weights = 0;      ///< weight scratchpad: codes [groupCount][reduction][channels]
    std::uint32_t accumulatorRow = 0;
    bool accumulate = false;
    bool countsElementsOnly = false;  ///< for macsOf: whether the convolution is transposed
    DatapathId datapath = 0;          ///< whose formats the operands and the sums have

    std::uint64_t sums() const { return std::uint64_t{outputs} * channels * groupCount; }
    bool operator==(const Stream&) const = default;
};

/// Group `index` of a stream, as a stream of its own.
Stream groupOf(const Stream& stream, std::uint32_t index, std::uint32_t weightBytes);

/// Steps of the fold: its size in the dimension that lies along time.
std::uint32_t stepsOf(const ArrayConfig& array, const Stream& stream);

/// Multiply-accumulates of the network in this fold. Padding counts, as it does in every ordinary
/// convolution; where the window belongs to a transposed one, neither padding nor inserted zeros
/// do.
std::uint64_t macsOf(const Stream& stream);

using Operation = std::variant<TransferCommand, Stream, VectorCommand>;

UnitKind unitKindOf(const Operation& operation);

struct Command {
    Operation operation;
    Tokens after{};  ///< what must be completed before this command may start
    std::uint32_t layer = 0;
    std::uint8_t index = 0;  ///< of its unit

    UnitId unit() const { return {unitKindOf(operation), index}; }
};

/// Writes the commands of a program piece by piece, in order.
class CommandSource {
public:
    virtual ~CommandSource() = default;
    /// Appends the next commands, one or more. Returns false, and appends nothing, after the last.
    virtual bool next(std::vector<Command>& commands) = 0;
};

/// Its commands are either listed or written while it is replayed. A list is as long as the
/// program, and values can be computed. A source holds one piece of the program at a time; it is
/// replayed for its time alone, so that neither operands nor memories exist.
struct Program {
    std::vector<Command> commands;
    std::function<std::unique_ptr<CommandSource>()> source;  ///< empty: the commands are listed
    std::vector<std::string> layerNames;
    /// From kFirstListedType on: types besides those of the array.
    std::vector<ElementType> types;
    std::uint32_t activationBytes = 0;  ///< scratchpad bytes in use
    std::uint32_t weightBytes = 0;
    std::uint32_t accumulatorRows = 0;
    std::uint64_t dramBytes = 0;  ///< of the image
    DramLayout dram;
    numeric::ScaleArithmetic arithmetic = numeric::ScaleArithmetic::Fp32Multiplier;
};

}  // namespace systole::arch
