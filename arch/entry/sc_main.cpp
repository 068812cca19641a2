// SPDX-License-Identifier: Apache-2.0
// libsystemc calls sc_main from a main() of its own, which Systole's programs replace.
extern "C" int sc_main(int argc, char* argv[]);
extern "C" int sc_main(int /*argc*/, char* /*argv*/[]) { return 0; }
