// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <system_error>

#include "models/check.hpp"
#include "sim/base/config_error.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/unknown_words.hpp"

namespace systole::sim {
namespace {

constexpr int kUserError = 2;
constexpr int kInvariantBroken = 3;

int execute(const Action& action) {
    try {
        const int code = action();
        if (std::fflush(stdout) != 0) {
            throw ConfigError("standard output: cannot be written");
        }
        return code;
    } catch (const ConfigError& error) {
        fmt::print(stderr, "{}\n", error.what());
        return kUserError;
    } catch (const std::system_error& error) {
        fmt::print(stderr, "{}\n",
                   error.what());  // a full disk behind standard output, for example
        return kUserError;
    } catch (const std::exception& error) {
        // SystemC hands on what a process threw as a report of its own type.
        fmt::print(stderr, "internal error: {}\n", error.what());
        return kInvariantBroken;
    }
}

}  // namespace

int runCommandLine(int argc, const char* const* argv) {
    CLI::App app(
        "Systole: cycle-accurate, bit-exact simulation of a DNN inference accelerator.\n"
        "Exit codes: 0 success, 1 a check found a difference, 2 wrong input, 3 internal error.",
        "systole");
    app.require_subcommand(1);
    app.set_version_flag("--version", SYSTOLE_VERSION);
    Action action;
    addRun(app, action);
    addGemm(app, action);
    addDram(app, action);
    addQuantize(app, action);
    addGolden(app, action);
    addCompare(app, action);
    addSweep(app, action);
    addFormats(app, action);
    addArea(app, action);
    addPe(app, action);
    addList(app, action);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const std::string problems = unknownWords(app);
        if (error.get_exit_code() != 0 && !problems.empty()) {
            fmt::print(stderr, "{}", problems);
            return kUserError;
        }
        return app.exit(error) == 0 ? 0 : kUserError;
    }
    return execute(action);
}

}  // namespace systole::sim
