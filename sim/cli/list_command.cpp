// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "models/numeric/formats/block_format.hpp"
#include "models/numeric/formats/codec.hpp"
#include "sim/base/atomic_file.hpp"
#include "sim/base/config_error.hpp"
#include "sim/base/named_files.hpp"
#include "sim/base/spelling.hpp"
#include "sim/base/text.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/common.hpp"

namespace systole::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormats = "formats";
/// In the place of a folder.
constexpr const char* kBuiltIn = "built in";

struct ListOptions {
    std::string kind;
    OutputOptions output;
};

struct Entry {
    std::string name;
    std::string description;
    std::string folder;  ///< where it was found
    std::string file;    ///< empty: built in
};

struct Listing {
    std::string kind;
    std::vector<std::string> searched;  ///< folders, the first one first
    std::vector<Entry> entries;
};

std::string shown(const std::filesystem::path& path) { return path.lexically_normal().string(); }

Listing listFiles(const FileKind& kind) {
    Listing listing{kind.listed, {}, {}};
    for (const auto& folder : foldersOf(kind.folder)) listing.searched.push_back(shown(folder));
    for (const NamedFile& file : namedFiles(kind.folder)) {
        listing.entries.push_back(
            {file.name, descriptionOf(file.file), shown(file.folder), shown(file.file)});
    }
    return listing;
}

std::string describe(const numeric::Format& format) {
    const numeric::Codec codec(format);
    const int width = numeric::widthOf(format);
    return fmt::format("{} bit{}, {:g} to {:g}", width, width == 1 ? "" : "s", codec.smallest(),
                       codec.largest());
}

Listing listFormats() {
    Listing listing{kFormats, {kBuiltIn}, {}};
    for (const numeric::Format& format : numeric::knownFormats()) {
        listing.entries.push_back({numeric::nameOf(format), describe(format), kBuiltIn, ""});
    }
    for (const numeric::BlockFormat& format : numeric::knownBlockFormats()) {
        listing.entries.push_back(
            {format.name,
             fmt::format("blocks of {} {} with a scale in {}", format.blockLength,
                         numeric::nameOf(format.element), format.scale.name),
             kBuiltIn, ""});
    }
    return listing;
}

std::vector<std::string> kindNames() {
    std::vector<std::string> names;
    for (const FileKind& kind : fileKinds()) {
        if (*kind.listed != 0) names.emplace_back(kind.listed);
    }
    names.emplace_back(kFormats);
    return names;
}

Listing listKind(const std::string& name) {
    if (name == kFormats) return listFormats();
    for (const FileKind& kind : fileKinds()) {
        if (name == kind.listed || name == kind.folder) return listFiles(kind);
    }
    throw ConfigError(fmt::format("{}: unknown kind{}, expected {}", name,
                                  suggestion(name, kindNames()), oneOfNames(kindNames())));
}

/// A name, and what it is in lines that begin in one column.
std::string line(const Entry& entry, std::size_t width) {
    const std::string indent(width + 4, ' ');
    std::string text = fmt::format("  {:<{}}  ", entry.name, width);
    for (const std::string& part : brokenAt(entry.description, kTextColumns - indent.size())) {
        text += (text.ends_with('\n') ? indent : "") + part + "\n";
    }
    return text.ends_with('\n') ? text : text + "\n";
}

std::string table(const Listing& listing) {
    std::size_t width = 0;
    for (const Entry& entry : listing.entries) width = std::max(width, entry.name.size());
    std::string text = listing.kind + "\n";
    for (const std::string& folder : listing.searched) {
        std::string lines;
        for (const Entry& entry : listing.entries) {
            if (entry.folder == folder) lines += line(entry, width);
        }
        text += fmt::format("in {}{}\n{}", folder, lines.empty() ? ": none" : ":", lines);
    }
    return text;
}

Json jsonOf(const std::vector<Listing>& listings) {
    Json kinds = Json::array();
    for (const Listing& listing : listings) {
        Json entries = Json::array();
        for (const Entry& entry : listing.entries) {
            entries.push_back({{"name", entry.name},
                               {"description", entry.description},
                               {"folder", entry.folder},
                               {"file", entry.file.empty() ? Json() : Json(entry.file)}});
        }
        kinds.push_back({{"kind", listing.kind},
                         {"searched", listing.searched},
                         {"entries", std::move(entries)}});
    }
    return {{"schema", "systole-list/1"}, {"kinds", std::move(kinds)}};
}

int list(const ListOptions& options) {
    const std::vector<Output> outputs = outputsOf(options.output);
    checkOutputs(outputs);
    std::vector<Listing> listings;
    for (const std::string& kind : options.kind.empty() ? kindNames() : std::vector{options.kind}) {
        listings.push_back(listKind(kind));
    }
    if (!options.output.json.empty()) {
        writeFileAtomically(options.output.json, jsonOf(listings).dump(2) + "\n");
    }
    std::string text;
    for (const Listing& listing : listings) text += (text.empty() ? "" : "\n") + table(listing);
    printTable(outputs, text);
    return 0;
}

}  // namespace

void addList(CLI::App& app, Action& action) {
    auto options = std::make_shared<ListOptions>();
    CLI::App* command =
        app.add_subcommand("list", "The names that configs and commands take, with what they are");
    command->add_option("KIND", options->kind,
                        fmt::format("{}; without: all", fmt::join(kindNames(), ", ")));
    addOutputFile(*command, "--json", options->output.json, "Write the same as JSON");
    command->footer(
        "Wherever a name is taken, a file is, too: --set dram=parts/mine.yaml. Folders are looked\n"
        "into in the order in which they are listed, and before them the folder of the file that\n"
        "has the name, and the one above. $SYSTOLE_CONFIGS names a folder of your own.\n"
        "Examples:\n"
        "  systole list dram\n"
        "  systole list datapaths --json datapaths.json");
    command->callback([options, &action] { action = [options] { return list(*options); }; });
}

}  // namespace systole::sim
