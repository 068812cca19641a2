// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/graph/code_program.hpp"

/// How a program on real values becomes one on codes (docs/arithmetic.md, section 5). Every value
/// is a pair of what the unit holds and a factor that is still to be multiplied with: real = held *
/// factor. Steps that do not care leave the factor pending, so that one multiplication or none is
/// enough.
namespace systole::graph {

/// What the program on real values loads.
struct TranslatedOperand {
    CodeOperand operand;
    numeric::ValueType type = numeric::ValueType::Real;  ///< of a sum, and of what is made
    std::optional<float> scale{};                        ///< of codes
    std::optional<numeric::ValueId> made{};  ///< a value of the code program: nothing is loaded
};

/// What the multipliers of the array's sums stand for.
struct ArrayScale {
    std::vector<float> constants;  ///< that the program multiplies a sum with
    bool toOutput = false;         ///< divided by the output's scale
};

class CodeTranslation {
public:
    /// `largestCount` is what the reduced axes have of indices. Steps are added to `code`.
    CodeTranslation(const numeric::VectorProgram& source, std::vector<TranslatedOperand> operands,
                    std::optional<float> outputScale, numeric::ScaleArithmetic arithmetic,
                    std::uint64_t largestCount, CodeProgram& code);

    /// Whether fixed point can do it: a sum that is only scaled, or sums of operands.
    bool fitsIntegers() const;

    struct Made {
        numeric::ValueId held;
        numeric::ValueType type;
    };
    /// Adds the steps up to what the source stores, in units of the output's scale. Returns it, to
    /// be stored or quantized.
    Made run();

    const ArrayScale& arrayScale() const { return arrayScale_; }

private:
    enum class Form : std::uint8_t {
        Made,      ///< as the source has it: a real value, or a count
        Constant,  ///< a real constant, added where it is needed
        Count,     ///< a count as a real value, added where it is needed
        Code,      ///< held * factors[0]
        Sum,       ///< held * all factors / count
        Term,      ///< of an addition in integers, before the common shift
    };
    struct Value {
        Form form = Form::Made;
        numeric::ValueId held = 0;
        numeric::ValueType type = numeric::ValueType::Real;
        double constant = 0;
        std::vector<float> factors{};
        bool ofArray = false;
        std::optional<numeric::ValueId> count{};
        std::size_t factorsBeforeCount = 0;
    };

    /// A number that a scale can be multiplied with.
    static bool isScale(float factor);
    void findWay();
    std::optional<numeric::ValueId> scaledBy(const numeric::VectorStep& step) const;
    bool isAddition() const;
    bool isScaledSum() const;
    void chooseCommonScales();

    void translate(numeric::ValueId step);
    Value valueOf(const numeric::LoadStep& load, numeric::ValueId step);
    Value valueOf(const numeric::ConstantStep& constant, numeric::ValueId step);
    Value valueOf(const numeric::LookupStep& lookup, numeric::ValueId step);
    Value valueOf(const numeric::ApplyStep& apply, numeric::ValueId step);
    Value valueOf(const numeric::ReduceStep& reduce, numeric::ValueId step);
    Value valueOf(const numeric::RoundStep& round, numeric::ValueId step);
    Value valueOf(const numeric::ShiftStep& shift, numeric::ValueId step);
    Value valueOf(const numeric::QuantizeStep& quantize, numeric::ValueId step);
    Value valueOf(const numeric::StoreStep& store, numeric::ValueId step);

    Value positiveOf(const Value& value, numeric::ValueId step);
    std::optional<Value> extremeOf(const numeric::ApplyStep& apply);
    std::optional<Value> scaledSum(const numeric::ApplyStep& apply, numeric::ValueId step) const;
    Value addedTerms(const numeric::ApplyStep& apply, numeric::ValueId step);
    numeric::ValueId termOf(const Value& value);

    Made real(numeric::ValueId step);
    Made madeReal(const Value& value);
    Value rescaled(const Value& sum);
    Made rescaledInIntegers(const Value& sum);
    numeric::ValueId multiplierOf(const Value& sum, std::optional<float> output);
    std::vector<numeric::Rescale> rescalesOf(const Value& sum, std::optional<float> output) const;

    numeric::ValueId add(const numeric::VectorStep& step) { return code_.program.add(step); }
    numeric::ValueId applied(const char* function, numeric::ValueId first,
                             numeric::ValueId second = 0);
    numeric::ValueId constantOf(double value, numeric::ValueType type);
    /// A load of an operand, which is a new one of the program where it is not known yet.
    numeric::ValueId loaded(const CodeOperand& operand, numeric::LoadStep load);
    numeric::ValueId entryOf(std::vector<double> entries, numeric::ValueId index,
                             numeric::ValueType type);
    numeric::ValueId asReal(const Value& value);

    const numeric::VectorProgram& source_;
    std::vector<TranslatedOperand> operands_;
    std::optional<float> outputScale_;
    bool integers_;
    std::uint64_t largestCount_;
    CodeProgram& code_;
    std::vector<bool> onWay_;    ///< by step: nothing but scaling and `positive` up to the store
    std::vector<Value> values_;  ///< by step of the source
    std::map<numeric::ValueId, Made> reals_;            ///< by step of the source
    std::map<float, numeric::FixedPointScale> common_;  ///< of an addition, by input scale
    ArrayScale arrayScale_;
};

}  // namespace systole::graph
