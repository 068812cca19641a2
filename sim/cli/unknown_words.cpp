// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/unknown_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <vector>

#include "sim/base/spelling.hpp"

namespace systole::sim {
namespace {

/// The innermost command that was chosen, and its name with those around it.
const CLI::App& chosenCommand(const CLI::App& app, std::string& name) {
    const CLI::App* command = &app;
    name = app.get_name();
    for (auto inner = command->get_subcommands(); !inner.empty();
         inner = command->get_subcommands()) {
        command = inner.front();
        name += " " + command->get_name();
    }
    return *command;
}

std::vector<std::string> optionsOf(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
}

std::vector<std::string> commandsOf(const CLI::App& command) {
    std::vector<std::string> names;
    for (const CLI::App* inner : command.get_subcommands(nullptr)) {
        names.push_back(inner->get_name());
    }
    return names;
}

/// ", which `systole run` has"
std::string whoHas(const CLI::App& app, const std::string& option) {
    std::vector<std::string> names;
    for (const CLI::App* inner : app.get_subcommands(nullptr)) {
        for (const std::string& known : optionsOf(*inner)) {
            if (known == option)
                names.push_back(fmt::format("`{} {}`", app.get_name(), inner->get_name()));
        }
    }
    return names.empty() ? ""
                         : fmt::format(", which {} {}", fmt::join(names, ", "),
                                       names.size() == 1 ? "has" : "have");
}

}  // namespace

std::string unknownWords(const CLI::App& app) {
    std::string name;
    const CLI::App& command = chosenCommand(app, name);
    std::string problems;
    for (const std::string& word : app.remaining(true)) {
        if (!word.starts_with("--") || word.size() == 2) continue;
        const std::string option = word.substr(0, word.find('='));
        const std::string meant = suggestion(option, optionsOf(command));
        problems +=
            fmt::format("{}: unknown option of `{}`{}{}, expected one that `{} --help` lists\n",
                        option, name, meant, meant.empty() ? whoHas(app, option) : "", name);
    }
    const std::vector<std::string> commands = commandsOf(command);
    const std::vector<std::string> words = app.remaining(true);
    if (problems.empty() && !commands.empty() && !words.empty() &&
        !words.front().starts_with('-')) {
        problems = fmt::format("{}: unknown command{}, expected {}\n", words.front(),
                               suggestion(words.front(), commands), oneOfNames(commands));
    }
    return problems;
}

}  // namespace systole::sim
