// SPDX-License-Identifier: Apache-2.0
#include "sim/study/compare_sentences.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "sim/base/text.hpp"
#include "sim/run/result.hpp"
#include "sim/study/accuracy_difference.hpp"
#include "sim/study/table_names.hpp"
#include "sim/study/technology_errors.hpp"

namespace systole::sim {
namespace {

using Indices = std::vector<std::size_t>;
using Figure = std::optional<double> RunFigures::*;

std::string times(const std::optional<double>& value, const std::optional<double>& reference) {
    if (!value || !reference || *reference == 0) return "-";
    return fmt::format("{:.2f}x", *value / *reference);
}

std::string plural(std::uint64_t count, const char* noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

class Sentences {
public:
    explicit Sentences(const Comparison& comparison)
        : comparison_(comparison), formats_(comparison.formats), names_(columnNames(comparison)) {}

    std::string events() const;
    std::string dramFaults() const;
    std::string ratios() const;
    std::string winners() const;
    std::string estimates() const;
    std::string elementNotes() const;
    std::string circuits() const;
    std::string clocks() const;

private:
    std::string list(const Indices& indices, const char* separator = ", ") const;
    Indices those(bool (*hold)(const RunFigures& figures)) const;
    std::string ratio(std::size_t i) const;
    std::string difference(std::size_t i) const;
    std::string doubt() const;
    std::string places(const EqualAccuracyWinners& winners) const;
    std::vector<std::string> limitsOf(const RunFigures& figures) const;

    const Comparison& comparison_;
    const std::vector<ComparedFormat>& formats_;
    std::vector<std::string> names_;
};

std::string Sentences::list(const Indices& indices, const char* separator) const {
    std::vector<std::string> list;
    list.reserve(indices.size());
    for (const std::size_t i : indices) list.push_back(names_[i]);
    return fmt::format("{}", fmt::join(list, separator));
}

Indices Sentences::those(bool (*hold)(const RunFigures& figures)) const {
    Indices indices;
    for (std::size_t i = 0; i < formats_.size(); ++i) {
        if (hold(formats_[i].figures)) indices.push_back(i);
    }
    return indices;
}

std::string Sentences::events() const {
    std::string text;
    for (std::size_t i = 0; i < formats_.size(); ++i) {
        const auto& counts = formats_[i].figures.outOfRange;
        if (!counts || !counts->any()) continue;
        text += fmt::format("Warning: {} does not fit its accumulator: {}, over {}.\n", names_[i],
                            outOfRangeText(*counts), plural(formats_[i].figures.images, "image"));
    }
    return text.empty() ? text : text + "\n";
}

std::string Sentences::dramFaults() const {
    std::string text;
    for (std::size_t i = 0; i < formats_.size(); ++i) {
        const RunFigures& figures = formats_[i].figures;
        if (!figures.dramFaults) continue;
        text += fmt::format("DRAM errors of {}: {}\n", names_[i],
                            dramFaultsText(*figures.dramFaults, figures.ecc));
    }
    return text.empty() ? text : text + "\n";
}

std::string Sentences::difference(std::size_t i) const {
    const RunFigures& first = formats_.front().figures;
    const RunFigures& other = formats_[i].figures;
    const auto difference = accuracyDifference(first, other);
    if (!difference) return "";
    const std::string points =
        fmt::format("top-1 {:+.2f} points", 100 * (*top1(other) - *top1(first)));
    if (difference->isToldApart) return points + ", ";
    return fmt::format("{} (not told apart by {}), ", points, plural(other.images, "image"));
}

std::string Sentences::ratio(std::size_t i) const {
    const RunFigures& a = formats_.front().figures;
    const RunFigures& b = formats_[i].figures;
    const auto of = [&](Figure figure) { return times(b.*figure, a.*figure); };
    return fmt::format(
        "{} against {}: {}area {}, PE array {}, inferences/s {}, energy {}, EDP {}, inferences/s/W "
        "{}, DRAM traffic {}\n",
        names_[i], names_.front(), difference(i), of(&RunFigures::areaMm2),
        of(&RunFigures::arrayAreaMm2), of(&RunFigures::inferencesPerSecond),
        of(&RunFigures::energyJoules), of(&RunFigures::energyDelayJouleSeconds),
        of(&RunFigures::inferencesPerSecondPerWatt),
        times(static_cast<double>(b.dramBytes), static_cast<double>(a.dramBytes)));
}

std::string Sentences::ratios() const {
    std::string text;
    for (std::size_t i = 1; i < formats_.size(); ++i) text += ratio(i);
    return text;
}

/// Formats that these images do not tell from the best one.
std::string Sentences::doubt() const {
    const std::size_t best = mostAccurate(comparison_);
    const RunFigures& figures = formats_[best].figures;
    Indices alike;
    for (std::size_t i = 0; i < formats_.size(); ++i) {
        const auto difference = accuracyDifference(figures, formats_[i].figures);
        if (i != best && !difference->isToldApart) alike.push_back(i);
    }
    if (alike.empty()) return "";
    return fmt::format(
        "{} cannot show a difference in top-1 between {} and {} (exact McNemar test, 5 %).\n",
        plural(figures.images, "image"), names_[best], list(alike));
}

/// Of what nobody knows there is no winner.
std::string Sentences::places(const EqualAccuracyWinners& winners) const {
    if (winners.fastest.empty()) {
        const bool unknown = std::any_of(
            winners.candidates.begin(), winners.candidates.end(),
            [&](std::size_t i) { return formats_[i].figures.hardware == Hardware::NoCircuit; });
        return unknown ? "none of them is known to reach the clock.\n"
                       : "none of them reaches the clock.\n";
    }
    std::vector<std::string> parts;
    const auto append = [&](const char* place, const Indices& indices) {
        if (!indices.empty()) parts.push_back(fmt::format("{} {}", place, list(indices, " = ")));
    };
    append("lowest energy", winners.lowestEnergy);
    append("lowest EDP", winners.lowestEnergyDelay);
    append("smallest area", winners.smallestArea);
    append("fastest", winners.fastest);
    return fmt::format("{}.\n", fmt::join(parts, ", "));
}

std::string Sentences::winners() const {
    const EqualAccuracyWinners winners = winnersAtEqualAccuracy(comparison_);
    if (winners.candidates.empty()) {
        return "No labels, no top-1: which format wins at equal accuracy cannot be told.\n";
    }
    std::string text = fmt::format("At equal accuracy (top-1 within 1 point of the best: {}): {}{}",
                                   list(winners.candidates, " = "), places(winners), doubt());
    const std::uint64_t images = formats_.front().figures.images;
    if (images < 100) {
        text +=
            fmt::format("An image is {:.2f} points of top-1: take more to tell formats apart.\n",
                        100.0 / static_cast<double>(images));
    }
    return text;
}

std::string Sentences::estimates() const {
    const Indices fast = those([](const RunFigures& figures) {
        return figures.energyJoules.has_value() && figures.synthesis == "speed";
    });
    if (fast.empty()) return "";
    return fmt::format(
        "Array energy of {} is less sure: few or no energies of synthesis for speed were measured; "
        "its band is wider (docs/area.md).\n",
        list(fast));
}

std::string Sentences::elementNotes() const {
    std::string text;
    for (std::size_t i = 0; i < formats_.size(); ++i) {
        const std::string& note = formats_[i].figures.elementNote;
        if (note.empty()) continue;
        text += fmt::format("Area, clock and array energy of {}: {}.\n", names_[i], note);
    }
    return text;
}

std::string Sentences::circuits() const {
    const Indices unknown =
        those([](const RunFigures& figures) { return figures.hardware == Hardware::NoCircuit; });
    std::string text;
    for (const std::size_t i : unknown) {
        const double hertz = formats_[i].result.at("config").at("clock_hertz");
        text += fmt::format(
            "Of the elements of {} there is no circuit: what they cost and which clock they reach "
            "is not known. Its cycles are those at {}.\n",
            names_[i], withPrefix(hertz, "Hz"));
    }
    return text;
}

/// What keeps a format from its clock.
std::vector<std::string> Sentences::limitsOf(const RunFigures& figures) const {
    const double clock = *figures.clockHertz;
    std::vector<std::string> limits;
    if (figures.memoryClockHertz && *figures.memoryClockHertz < clock) {
        limits.push_back(fmt::format("the memory {} reaches {}; ports: 1rw is faster than 1r1w",
                                     figures.slowestMemory, reachText(*figures.memoryClockHertz)));
    }
    if (figures.elementClockHertz && *figures.elementClockHertz < clock) {
        const bool isMade = *figures.fastestElementClockHertz >= clock;
        limits.push_back(fmt::format(
            "the processing elements reach {}{}", reachText(*figures.elementClockHertz),
            isMade ? fmt::format(" (synthesis for {}, {}, as configured); without "
                                 "datapath.synthesis and array.pipeline_depth they reach it",
                                 figures.synthesis, plural(*figures.pipelineDepth, "stage"))
                   : std::string(", whatever their synthesis and stages")));
    }
    return limits;
}

std::string Sentences::clocks() const {
    const Indices slow =
        those([](const RunFigures& figures) { return figures.hardware == Hardware::TooSlow; });
    if (slow.empty()) return "";
    // Formats with the same limit share a sentence.
    std::vector<std::pair<std::string, Indices>> limits;
    double common = std::numeric_limits<double>::infinity();
    for (const std::size_t i : slow) {
        const RunFigures& figures = formats_[i].figures;
        for (const auto& hertz : {figures.elementClockHertz, figures.memoryClockHertz}) {
            common = std::min(common, hertz.value_or(common));
        }
        for (const std::string& limit : limitsOf(figures)) {
            auto known = std::find_if(limits.begin(), limits.end(),
                                      [&](const auto& each) { return each.first == limit; });
            if (known == limits.end()) known = limits.insert(known, {limit, {}});
            known->second.push_back(i);
        }
    }
    std::string text;
    const std::string clock = withPrefix(*formats_[slow.front()].figures.clockHertz, "Hz");
    for (const auto& [limit, indices] : limits) {
        text += fmt::format("{} is not reachable with {}: {}.\n", clock, list(indices), limit);
    }
    // Those that reach a higher one reach it as well.
    const bool allKnown = std::none_of(formats_.begin(), formats_.end(), [](const auto& format) {
        return format.figures.hardware == Hardware::NoCircuit;
    });
    return text +
           fmt::format("{} reach `--clock {:.1f}MHz`; `--clock max` takes each at its highest.\n",
                       allKnown ? "All" : "All others", fourDigitsDown(common) * 1e-6);
}

}  // namespace

std::string comparisonSentences(const Comparison& comparison) {
    const Sentences sentences(comparison);
    std::string text = sentences.events() + sentences.dramFaults();
    if (comparison.formats.size() > 1) text += sentences.ratios() + "\n" + sentences.winners();
    std::vector<RunFigures> runs;
    for (const ComparedFormat& format : comparison.formats) runs.push_back(format.figures);
    return text + technologyErrors(runs) + sentences.estimates() + sentences.elementNotes() +
           sentences.circuits() + sentences.clocks();
}

}  // namespace systole::sim
