// SPDX-License-Identifier: Apache-2.0
#include "sim/base/worker_process.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/io.hpp>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <list>

#include "models/check.hpp"
#include "sim/base/config_error.hpp"

namespace systole::sim {
namespace {

namespace process = boost::process;

/// A new folder that goes away with the object.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::error_code error;
        std::string name = (std::filesystem::temp_directory_path(error) / "systole-XXXXXX");
        if (error || ::mkdtemp(name.data()) == nullptr) {
            throw ConfigError(
                fmt::format("{}: no folder for temporary files can be made there, expected TMPDIR "
                            "to name one that is writable",
                            error ? "TMPDIR" : name));
        }
        path_ = name;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

std::string contentOf(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

bool isIgnored(int signal) {
    struct sigaction action {};
    return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// All in one thread: workers are started and, woken by SIGCHLD, collected by the event loop.
class WorkerRun {
public:
    WorkerRun(const WorkerPool& pool, const std::vector<std::vector<std::string>>& argumentLists,
              const std::function<void()>& onFinished)
        : pool_(pool),
          argumentLists_(argumentLists),
          onFinished_(onFinished),
          outcomes_(argumentLists.size()),
          signals_(context_, SIGCHLD) {
        SYSTOLE_CHECK(pool.jobs > 0, "no worker may run");
        for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
            if (!isIgnored(signal)) {
                signals_.add(signal);
            }
        }
    }

    /// The signal that interrupted it, or 0.
    int run() {
        startMore();
        waitForSignal();
        context_.run();
        return interruption_;
    }

    std::vector<WorkerOutcome> outcomes() && { return std::move(outcomes_); }

private:
    struct Worker {
        std::size_t index;
        process::child child;
    };

    std::filesystem::path fileOf(std::size_t index, const char* kind) const {
        return folder_.path() / fmt::format("{}.{}", index, kind);
    }

    void startMore() {
        while (running_.size() < pool_.jobs && next_ < argumentLists_.size()) {
            start(next_++);
        }
    }

    void start(std::size_t index) {
        std::vector<std::string> arguments = argumentLists_[index];
        arguments.insert(arguments.end(), {"--quiet", "--json", fileOf(index, "json").string()});
        std::error_code error;
        // A kill that the program cannot catch must take its workers along.
        const auto dieWithParent = [](auto& /*executor*/) { ::prctl(PR_SET_PDEATHSIG, SIGKILL); };
        process::child child(process::exe = pool_.program.string(), process::args = arguments,
                             (process::std_in < process::null), (process::std_out > process::null),
                             process::std_err > fileOf(index, "err").string(),
                             process::extend::on_exec_setup = dieWithParent, error);
        if (error) {
            outcomes_[index].startError = error.message();
            onFinished_();
        } else {
            running_.push_back({index, std::move(child)});
        }
    }

    void waitForSignal() {
        if (running_.empty()) {
            return;
        }
        signals_.async_wait([this](const boost::system::error_code& error, int signal) {
            SYSTOLE_CHECK(!error, "{}", error.message());
            if (signal == SIGCHLD) {
                collect();
                startMore();
                waitForSignal();
            } else {
                interruption_ = signal;
                stopAll();
            }
        });
    }

    /// Signals merge: one SIGCHLD may stand for several workers.
    void collect() {
        running_.remove_if([this](Worker& worker) {
            if (worker.child.running()) {
                return false;
            }
            finish(worker.index, worker.child.native_exit_code());
            return true;
        });
    }

    void finish(std::size_t index, int status) {
        WorkerOutcome& outcome = outcomes_[index];
        outcome.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        outcome.exitCode = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
        outcome.errorText = contentOf(fileOf(index, "err"));
        outcome.result = contentOf(fileOf(index, "json"));
        std::filesystem::remove(fileOf(index, "err"));
        std::filesystem::remove(fileOf(index, "json"));
        onFinished_();
    }

    void stopAll() {
        for (const Worker& worker : running_) {
            ::kill(worker.child.id(), SIGKILL);  // one that ended by itself is not reaped yet
        }
        // Until they are gone they may write into the temporary folder.
        for (Worker& worker : running_) {
            worker.child.wait();
        }
        running_.clear();
    }

    const WorkerPool& pool_;
    const std::vector<std::vector<std::string>>& argumentLists_;
    const std::function<void()>& onFinished_;
    std::vector<WorkerOutcome> outcomes_;
    TemporaryFolder folder_;
    boost::asio::io_context context_;
    boost::asio::signal_set signals_;
    std::list<Worker> running_;
    std::size_t next_ = 0;
    int interruption_ = 0;
};

}  // namespace

std::string failureText(const WorkerOutcome& outcome) {
    if (outcome.succeeded()) {
        return "";
    }
    if (!outcome.startError.empty()) {
        return fmt::format("cannot be started: {}", outcome.startError);
    }
    if (outcome.signal != 0) {
        const char* name = ::sigabbrev_np(outcome.signal);
        const char* description = ::sigdescr_np(outcome.signal);
        return name == nullptr ? fmt::format("killed by signal {}", outcome.signal)
                               : fmt::format("killed by SIG{} ({}){}", name, description,
                                             outcome.signal == SIGKILL
                                                 ? ", as a process is that takes more memory than "
                                                   "there is"
                                                 : "");
    }
    const std::size_t last = outcome.errorText.find_last_not_of(" \n");
    return last == std::string::npos ? fmt::format("ended with exit code {}", outcome.exitCode)
                                     : outcome.errorText.substr(0, last + 1);
}

std::vector<WorkerOutcome> runWorkers(const WorkerPool& pool,
                                      const std::vector<std::vector<std::string>>& argumentLists,
                                      const std::function<void()>& onFinished) {
    int interruption = 0;
    std::vector<WorkerOutcome> outcomes;
    {
        WorkerRun run(pool, argumentLists, onFinished);
        interruption = run.run();
        outcomes = std::move(run).outcomes();
    }
    if (interruption != 0) {
        // Whoever started the program learns from the signal, not from an exit code, that it was
        // interrupted. The handler went with the run.
        std::raise(interruption);
    }
    return outcomes;
}

}  // namespace systole::sim
