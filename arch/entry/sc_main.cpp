// SPDX-License-Identifier: Apache-2.0
// libsystemc calls sc_main, by this name, from a main() of its own, which Systole's programs
// replace.
// NOLINTBEGIN(readability-identifier-naming)
extern "C" int sc_main(int argc, char* argv[]);
extern "C" int sc_main(int /*argc*/, char* /*argv*/[]) { return 0; }
// NOLINTEND(readability-identifier-naming)
