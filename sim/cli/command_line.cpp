// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <new>
#include <stdexcept>
#include <system_error>

#include "models/check.hpp"
#include "sim/base/config_error.hpp"
#include "sim/base/host_memory.hpp"
#include "sim/cli/commands.hpp"

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
    } catch (const std::bad_alloc&) {
        fmt::print(stderr, "{}\n", outOfMemoryText());
        return kUserError;
    } catch (const std::length_error&) {  // more elements than any memory has
        fmt::print(stderr, "{}\n", outOfMemoryText());
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

namespace {

int parseAndExecute(int argc, const char* const* argv) {
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
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kUserError;
    }
    const WorkInHand work("systole " + app.get_subcommands().front()->get_name());
    return execute(action);
}

}  // namespace

int runCommandLine(int argc, const char* const* argv) {
    try {
        return parseAndExecute(argc, argv);
    } catch (const std::bad_alloc&) {  // the command line alone takes some
        std::fputs("out of memory: the program does not fit the memory of this process\n", stderr);
        return kUserError;
    }
}

}  // namespace systole::sim
