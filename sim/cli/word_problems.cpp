// SPDX-License-Identifier: Apache-2.0
#include "sim/cli/word_problems.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <vector>

#include "sim/base/spelling.hpp"
#include "sim/base/text.hpp"

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

/// `systole quantize WORKLOAD SCHEME --output FILE`: what the command cannot do without.
std::string usageOf(const CLI::App& command, const std::string& name) {
    std::string usage = name;
    std::string options;
    for (const CLI::Option* option : command.get_options()) {
        if (option->get_positional()) {
            usage += " " + option->get_name(true);
        } else if (option->get_required()) {
            options +=
                fmt::format(" --{} {}", option->get_lnames().front(), option->get_type_name());
        }
    }
    const std::vector<std::string> commands = commandsOf(command);
    return fmt::format("`{}{}{}`", usage, commands.empty() ? "" : " COMMAND", options);
}

bool isOption(const std::string& word) {
    return word.size() > 1 && word.front() == '-' && word != "--" &&
           std::isdigit(static_cast<unsigned char>(word[1])) == 0;
}

/// Of a word too many: what whoever wrote it may have meant.
std::string likelyMeaning(const CLI::App& command, const std::string& word) {
    const std::vector<std::string> options = optionsOf(command);
    const auto has = [&](const char* option) {
        return std::find(options.begin(), options.end(), option) != options.end();
    };
    if (has("--set") && word.find('=') != std::string::npos) {
        return fmt::format(" (did you mean '--set {}'?)", word);
    }
    if (has("--formats")) return " (formats have commas between)";
    if (has("--output") && command.get_option("--output")->empty()) {
        return fmt::format(" (did you mean '--output {}'?)", word);
    }
    return "";
}

std::string strangers(const CLI::App& app, const CLI::App& command, const std::string& name) {
    std::string problems;
    const std::vector<std::string> commands = commandsOf(command);
    for (const std::string& word : app.remaining(true)) {
        if (isOption(word)) {
            const std::string option = word.substr(0, word.find('='));
            const std::string meant = suggestion(option, optionsOf(command));
            problems += fmt::format(
                "{}: unknown option of `{}`{}{}, expected one that `{} --help` lists\n",
                printable(option), name, meant, meant.empty() ? whoHas(app, option) : "", name);
        }
    }
    for (const std::string& word : app.remaining(true)) {
        if (!problems.empty() || isOption(word)) continue;
        problems =
            commands.empty()
                ? fmt::format("{}: a word too many{}, expected {}\n", printable(word),
                              printable(likelyMeaning(command, word)), usageOf(command, name))
                : fmt::format("{}: unknown command{}, expected {}\n", printable(word),
                              suggestion(word, commands), oneOfNames(commands));
    }
    return problems;
}

/// What the library says, in the words of the other messages.
std::string reworded(const CLI::App& command, const CLI::ParseError& error) {
    const std::string text = printable(error.what());
    const auto before = [&](const char* end) { return text.substr(0, text.find(end)); };
    if (error.get_name() == "RequiredError") {
        const std::vector<std::string> commands = commandsOf(command);
        return commands.empty()
                   ? before(" is required") + " is missing"
                   : "a command is missing, one of " + fmt::format("{}", fmt::join(commands, ", "));
    }
    if (error.get_name() == "ArgumentMismatch") {
        const bool isTwice = text.find(" required but received ") != std::string::npos;
        return before(": ") + (isTwice ? ": is there more than once" : ": has no value");
    }
    return text;
}

}  // namespace

std::string wordProblems(const CLI::App& app, const CLI::ParseError& error) {
    std::string name;
    const CLI::App& command = chosenCommand(app, name);
    const std::string problems = strangers(app, command, name);
    if (!problems.empty()) return problems;
    const std::string text = reworded(command, error);
    const bool saysWhat = text.find(", expected ") != std::string::npos;
    return fmt::format("{}{}; `{} --help` says more\n", text,
                       saysWhat ? "" : ", expected " + usageOf(command, name), name);
}

}  // namespace systole::sim
