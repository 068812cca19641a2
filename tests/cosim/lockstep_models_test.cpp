// SPDX-License-Identifier: Apache-2.0
// The three models of the array together: RTL, structural SystemC and the fast model of
// `systole run`. In every cycle they want the same operands and show the same sums.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "tests/cosim/fast_array.hpp"
#include "tests/cosim/faulty_array.hpp"
#include "tests/cosim/lockstep.hpp"
#include "tests/cosim/rtl_array.hpp"
#include "tests/cosim/structural_array_adapter.hpp"

namespace systole::cosim {
namespace {

using arch::Dataflow;
using arch::Drain;

/// The models of one array. All of a process are built before the first one runs.
class Trio {
public:
    explicit Trio(std::size_t index)
        : configuration_(rtlConfigurations().at(index)),
          rtl_(index),
          structural_(sc_core::sc_gen_unique_name("array"), configuration_.array,
                      configuration_.datapath),
          fast_(configuration_.array, configuration_.datapath) {}

    std::array<CycleArray*, 3> models() { return {&rtl_, &structural_, &fast_}; }
    const RtlConfiguration& configuration() const { return configuration_; }

    LockstepRun run(LockstepProblem problem) {
        problem.array = configuration_.array;
        problem.datapath = configuration_.datapath;
        const std::array<CycleArray*, 3> all = models();
        return runLockstep(problem, all);
    }

    /// The registers of the structural model and the fast model's closed forms.
    void checkActivity() const {
        arch::Activity expected = structural_.activity();
        expected.overflows = expected.saturations = 0;
        for (const auto& counter : arch::structural::kActivity) {
            EXPECT_EQ(fast_.activity().*counter.member, expected.*counter.member)
                << counter.name << " of " << configuration_.name;
        }
    }

private:
    const RtlConfiguration& configuration_;
    RtlArray rtl_;
    StructuralArrayAdapter structural_;
    FastArray fast_;
};

/// How much has been compared.
struct Compared {
    std::uint64_t products = 0;
    std::uint64_t folds = 0;
    std::uint64_t sums = 0;
    std::uint64_t cycles = 0;
    std::uint64_t stalled = 0;  ///< of the cycles
};

Compared& operator+=(Compared& sum, const Compared& more) {
    sum.products += more.products;
    sum.folds += more.folds;
    sum.sums += more.sums;
    sum.cycles += more.cycles;
    sum.stalled += more.stalled;
    return sum;
}

/// Up to three folds along every dimension; in every second run operands and results are held back,
/// in the second two of four runs descriptors come late.
LockstepProblem randomProblem(const arch::ArrayConfig& array, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    LockstepProblem problem;
    problem.maxSteps = static_cast<std::uint32_t>(1 + random() % 12);
    const auto upTo = [&](std::uint64_t extent) { return 1 + random() % (3 * extent); };
    const std::uint64_t alongRows = upTo(array.rows);
    const std::uint64_t alongColumns = upTo(array.columns);
    const std::uint64_t alongTime = upTo(problem.maxSteps);
    switch (array.dataflow) {
        case Dataflow::WeightStationary:
            problem.shape = {alongTime, alongRows, alongColumns};
            break;
        case Dataflow::InputStationary:
            problem.shape = {alongColumns, alongRows, alongTime};
            break;
        case Dataflow::OutputStationary:
            problem.shape = {alongRows, alongTime, alongColumns};
            break;
    }
    problem.seed = seed;
    problem.stalls = seed % 2 == 0 ? 0 : static_cast<std::uint32_t>(20 + random() % 130);
    problem.lateFolds = seed / 2 % 2 == 0 ? 0 : 200;
    return problem;
}

Compared compare(Trio& trio, std::uint64_t firstSeed, std::size_t products, bool scramblesUnused) {
    Compared compared;
    for (std::uint64_t seed = firstSeed; seed < firstSeed + products; ++seed) {
        LockstepProblem problem = randomProblem(trio.configuration().array, seed);
        problem.scramblesUnused = scramblesUnused;
        const LockstepRun run = trio.run(problem);
        std::uint64_t arrayCycles = 0;
        for (const Appearance& sum : run.trace) {
            arrayCycles = std::max(arrayCycles, static_cast<std::uint64_t>(sum.arrayCycle));
        }
        compared += {1, run.folds.size(), run.trace.size(), run.wallCycles,
                     run.trace.back().wallCycle - arrayCycles};
    }
    return compared;
}

void print(const std::string& name, const Compared& compared) {
    fmt::print("{:42} {:9} {:7} {:8} {:8} {:8}\n", name, compared.products, compared.folds,
               compared.sums, compared.cycles, compared.stalled);
}

std::vector<std::unique_ptr<Trio>> allTrios() {
    std::vector<std::unique_ptr<Trio>> trios;
    for (std::size_t i = 0; i < rtlConfigurations().size(); ++i) {
        trios.push_back(std::make_unique<Trio>(i));
    }
    return trios;
}

TEST(LockstepOfAllModels, AgreesOnEverySumAndItsCycleOverAHundredThousandCycles) {
    constexpr std::size_t kProducts = 12;  // each way
    const std::vector<std::unique_ptr<Trio>> trios = allTrios();
    fmt::print("{:42} {:>9} {:>7} {:>8} {:>8} {:>8}\n", "RTL = structural = fast", "products",
               "folds", "sums", "cycles", "stalled");
    Compared all;
    std::uint64_t seed = 1;
    for (const auto& trio : trios) {
        Compared compared;
        ASSERT_NO_THROW(compared = compare(*trio, seed, kProducts, false));
        trio->checkActivity();  // of folds that are fed code 0 where they use nothing
        ASSERT_NO_THROW(compared += compare(*trio, seed + kProducts, kProducts, true));
        EXPECT_GT(compared.stalled, 0U) << trio->configuration().name;
        print(trio->configuration().name, compared);
        all += compared;
        seed += 2 * kProducts;
    }
    print("all", all);
    RecordProperty("cycles", std::to_string(all.cycles));
    RecordProperty("sums", std::to_string(all.sums));
    EXPECT_GE(all.cycles, 100'000U);
}

struct Arithmetic {
    const char* operands;
    const char* weights;
    const char* sums;
    numeric::ProductClass products;
};

// What the lockstep must cover, all in every dataflow.
constexpr std::array kArithmetics{
    Arithmetic{"int4", "int4", "int16", numeric::ProductClass::ParallelInteger},
    Arithmetic{"int8", "int8", "int32", numeric::ProductClass::ParallelInteger},
    Arithmetic{"e2m1", "e2m1", "exact", numeric::ProductClass::Minifloat},
    Arithmetic{"e4m3", "e4m3", "exact", numeric::ProductClass::Minifloat},
    Arithmetic{"e4m3", "e4m3", "fp32", numeric::ProductClass::Minifloat},
    Arithmetic{"e5m2", "e5m2", "fp16", numeric::ProductClass::Minifloat},
    Arithmetic{"e4m3", "e4m3", "bf16", numeric::ProductClass::Minifloat},
    Arithmetic{"int4", "int4", "int16", numeric::ProductClass::BitSerialWeight},
    Arithmetic{"int8", "pow2_4", "int32", numeric::ProductClass::Shift},
};

template <typename Condition>
bool anyConfiguration(Condition condition) {
    const auto& all = rtlConfigurations();
    return std::any_of(all.begin(), all.end(), condition);
}

constexpr std::array kDataflows{Dataflow::WeightStationary, Dataflow::InputStationary,
                                Dataflow::OutputStationary};

TEST(LockstepOfAllModels, CoversEveryArithmeticInEveryDataflow) {
    for (const Arithmetic& arithmetic : kArithmetics) {
        for (const Dataflow dataflow : kDataflows) {
            EXPECT_TRUE(anyConfiguration([&](const RtlConfiguration& one) {
                return numeric::nameOf(one.datapath.activation) == arithmetic.operands &&
                       numeric::nameOf(one.datapath.weight) == arithmetic.weights &&
                       one.datapath.accumulator.name == arithmetic.sums &&
                       one.productClass == arithmetic.products && one.array.dataflow == dataflow;
            })) << arithmetic.operands
                << " x " << arithmetic.weights << " -> " << arithmetic.sums << ", "
                << arch::kDataflowNames.at(static_cast<std::size_t>(dataflow));
        }
    }
}

TEST(LockstepOfAllModels, CoversOverlapAndDrainInEveryDataflow) {
    for (const Dataflow dataflow : kDataflows) {
        for (const bool overlap : {false, true}) {
            for (const Drain drain : {Drain::Serial, Drain::Shadow}) {
                if (dataflow != Dataflow::OutputStationary && drain != Drain::Serial) continue;
                EXPECT_TRUE(anyConfiguration([&](const RtlConfiguration& one) {
                    return one.array.dataflow == dataflow && one.array.overlapFolds == overlap &&
                           one.array.drain == drain;
                })) << arch::kDataflowNames.at(static_cast<std::size_t>(dataflow))
                    << (overlap ? ", overlapped" : ", isolated");
            }
        }
    }
}

/// Folds follow each other every max(S T, R) cycles, whichever of the two is larger.
void checkSteadyState(Trio& trio, std::uint32_t steps) {
    constexpr std::size_t kFolds = 50;
    const arch::ArrayConfig& array = trio.configuration().array;
    const std::size_t reduction = kFolds * array.rows;
    LockstepProblem problem;
    problem.maxSteps = steps;
    switch (array.dataflow) {
        case Dataflow::WeightStationary:
            problem.shape = {steps, reduction, array.columns};
            break;
        case Dataflow::InputStationary:
            problem.shape = {array.columns, reduction, steps};
            break;
        case Dataflow::OutputStationary:
            problem.shape = {array.rows, kFolds * steps, array.columns};
            break;
    }
    const LockstepRun run = trio.run(problem);
    ASSERT_EQ(run.folds.size(), kFolds);
    std::vector<std::int64_t> sums;  // of column 0
    for (const Appearance& sum : run.trace) {
        if (sum.column == 0) sums.push_back(sum.arrayCycle);
    }
    const bool output = array.dataflow == Dataflow::OutputStationary;
    const std::size_t sumsOfFold = output ? array.rows : steps;
    ASSERT_EQ(sums.size(), kFolds * sumsOfFold);
    const std::int64_t period = std::max(array.cyclesPerStep * steps, array.rows);
    for (std::size_t at = sumsOfFold; at < sums.size(); at += sumsOfFold) {
        ASSERT_EQ(sums[at] - sums[at - sumsOfFold], period) << problem.text();
    }
}

TEST(LockstepOfAllModels, ReachesMaxOfStepsAndRowsAFoldInTheSteadyState) {
    std::set<Dataflow> seen;
    std::vector<std::unique_ptr<Trio>> trios;
    for (std::size_t i = 0; i < rtlConfigurations().size(); ++i) {
        const arch::ArrayConfig& array = rtlConfigurations()[i].array;
        const bool drainsFirst =
            array.dataflow == Dataflow::OutputStationary && array.drain == Drain::Serial;
        if (!array.overlapFolds || drainsFirst) continue;
        trios.push_back(std::make_unique<Trio>(i));
        seen.insert(array.dataflow);
    }
    EXPECT_EQ(seen.size(), kDataflows.size());
    for (const auto& trio : trios) {
        SCOPED_TRACE(trio->configuration().name);
        for (const std::uint32_t steps : {1, 3, 11}) {
            ASSERT_NO_FATAL_FAILURE(checkSteadyState(*trio, steps));
        }
    }
}

/// A model that misses one clock edge, and is late from then on.
class LateArray final : public CycleArray {
public:
    LateArray(CycleArray& model, std::uint64_t missed) : model_(model), missed_(missed) {}

    void expect(std::span<const arch::structural::GemmFold> folds) override {
        model_.expect(folds);
    }
    ArrayOutputs outputs() override { return model_.outputs(); }
    void clock(const ArrayInputs& inputs) override {
        if (cycle_++ != missed_) model_.clock(inputs);
    }

private:
    CycleArray& model_;
    std::uint64_t missed_;
    std::uint64_t cycle_ = 0;
};

/// One model of the three has a fault, each in turn.
class FaultInOneModel : public testing::TestWithParam<std::size_t> {
protected:
    /// A configuration with a sum in every cycle, so that one that is late is missed at once.
    static constexpr std::size_t kConfiguration = 9;
    static LockstepProblem problem() {
        LockstepProblem problem;
        problem.array = rtlConfigurations()[kConfiguration].array;
        problem.datapath = rtlConfigurations()[kConfiguration].datapath;
        problem.shape = {9, 20, 5};
        return problem;
    }

    void run(const std::function<std::unique_ptr<CycleArray>(CycleArray&)>& spoil) {
        std::array<CycleArray*, 3> models = trio_.models();
        const std::unique_ptr<CycleArray> faulty = spoil(*models.at(GetParam()));
        models.at(GetParam()) = faulty.get();
        runLockstep(problem(), models);
    }

    Trio trio_{kConfiguration};
};

TEST_P(FaultInOneModel, IsFoundIfABitOfOneSumIsWrongOnce) {
    bool done = false;
    const auto flip = [&](ArrayOutputs& shown, std::uint64_t) {
        if (done || shown.valid[3] == 0) return;
        shown.sums[3] ^= 1 << 7;
        done = true;
    };
    EXPECT_THROW(run([&](CycleArray& model) { return std::make_unique<FaultyArray>(model, flip); }),
                 LockstepError);
    EXPECT_TRUE(done);
}

TEST_P(FaultInOneModel, IsFoundIfItIsOneCycleLateOnce) {
    std::uint64_t first = 0;
    const auto note = [&](ArrayOutputs& shown, std::uint64_t cycle) {
        if (first == 0 && shown.anyValid) first = cycle;
    };
    EXPECT_NO_THROW(
        run([&](CycleArray& model) { return std::make_unique<FaultyArray>(model, note); }));
    ASSERT_GT(first, 0U);
    EXPECT_THROW(
        run([&](CycleArray& model) { return std::make_unique<LateArray>(model, first - 1); }),
        LockstepError);
}

constexpr std::array kModels{"rtl", "structural", "fast"};

INSTANTIATE_TEST_SUITE_P(Models, FaultInOneModel, testing::Range<std::size_t>(0, kModels.size()),
                         [](const auto& model) { return kModels.at(model.param); });

// What the RTL has not: the direct drain, and every depth with every fold and drain.
TEST(LockstepOfFastAndStructuralModel, AgreesInEveryConfiguration) {
    const arch::DatapathConfig datapath = rtlConfigurations()[9].datapath;
    struct Pair {
        arch::ArrayConfig config;
        std::unique_ptr<StructuralArrayAdapter> structural;
        FastArray fast;
    };
    std::vector<Pair> pairs;
    const auto add = [&](arch::ArrayConfig config) {
        for (config.pipelineDepth = 1; config.pipelineDepth <= 4; ++config.pipelineDepth) {
            config.rows = static_cast<std::uint32_t>(1 + pairs.size() % 5);
            config.columns = static_cast<std::uint32_t>(1 + pairs.size() % 4);
            config.cyclesPerStep = static_cast<std::uint32_t>(1 + pairs.size() % 3);
            pairs.push_back({config,
                             std::make_unique<StructuralArrayAdapter>(
                                 sc_core::sc_gen_unique_name("array"), config, datapath),
                             FastArray(config, datapath)});
        }
    };
    for (const bool overlap : {false, true}) {
        for (const Dataflow dataflow : kDataflows) {
            for (const Drain drain : {Drain::Serial, Drain::Shadow, Drain::Direct}) {
                add({.dataflow = dataflow, .overlapFolds = overlap, .drain = drain});
            }
        }
    }
    std::uint64_t seed = 5000;
    for (Pair& pair : pairs) {
        const std::array<CycleArray*, 2> models{pair.structural.get(), &pair.fast};
        for (int i = 0; i < 4; ++i) {
            LockstepProblem problem = randomProblem(pair.config, seed++);
            problem.array = pair.config;
            problem.datapath = datapath;
            ASSERT_NO_THROW(runLockstep(problem, models));
        }
        EXPECT_EQ(pair.fast.activity(), pair.structural->activity());
    }
}

}  // namespace
}  // namespace systole::cosim
