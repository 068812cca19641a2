# SPDX-License-Identifier: Apache-2.0
"""Energy of a mapped netlist under a stimulus: the library's internal energy of every transition
and half of C V^2 of every net, from a simulation with each gate's delay (Icarus; pulses shorter
than a gate's delay do not pass it)."""

import subprocess
from collections import Counter

from . import stimulus as stimuli
from .errors import UsageError
from .gates import CONSTANTS, Electrics, verilog_function

WARM_UP = 8  # cycles before toggles are counted
SEED = 2024


def port_bits(netlist, name):
    """Nets of a port, lowest bit first; ports of one bit have no index."""
    found = []
    for port, (_, net) in netlist.ports.items():
        if port == name or port.startswith(name + "["):
            index = int(port[len(name) + 1:-1]) if port != name else 0
            found.append((index, net))
    return found


def gate_lines(electrics):
    lines = []
    for net, (instance, pin) in electrics.drivers.items():
        rise, fall = (max(round(delay * 1000), 1) for delay in electrics.delays(net))
        nets = {name: wire(value) for name, value in instance.connections.items()}
        if instance.cell.flip_flop:
            data, _ = instance.cell.flip_flop
            inverted = "" if pin is first_output(instance.cell) else "~"
            lines.append("reg q%s = 0; always @(posedge clock) q%s <= %s%s;"
                         % (net, net, inverted, nets[data]))
            lines.append("assign #(%d,%d) n%s = q%s;" % (rise, fall, net, net))
        else:
            function = verilog_function(pin.function).format(**nets)
            lines.append("assign #(%d,%d) n%s = %s;" % (rise, fall, net, function))
    return lines


def first_output(cell):
    """Q rather than QN: the one whose function does not end in N or start with !."""
    return sorted(cell.outputs, key=lambda pin: (len(pin.name), pin.name))[0]


def wire(net):
    return "1'b%s" % ("0" if net in ("x", "z") else net) if net in CONSTANTS else "n%s" % net


def bench(circuit, netlist, electrics, cycles, period_ps):
    """The netlist, its stimulus, the dump of toggles and sums.txt, the sum of every cycle. Inputs
    change when a flip-flop's output would."""
    a, w = (circuit.parameters[name] for name in ("A_BITS", "W_BITS"))
    width = a + w + circuit.parameters.get("SUM_BITS", 0)
    nets = sorted({net for _, net in netlist.ports.values() if net not in CONSTANTS} |
                  set(electrics.loads))
    lines = ["`timescale 1ps/1ps", "module bench;", "reg clock = 0; integer i = 0, sums;",
             "reg [%d:0] words [0:%d]; reg [%d:0] word = 0;" % (width, cycles - 1, width)]
    lines += ["wire n%s;" % net for net in nets]
    bits = {net: "word[%d]" % index for index, net in port_bits(netlist, "activation")}
    bits.update({net: "word[%d]" % (a + index) for index, net in port_bits(netlist, "weight")})
    below = dict(port_bits(netlist, "sum_below"))
    sums = sorted(port_bits(netlist, "sum"), reverse=True)
    for index, net in sums:
        bits[net] = "word[%d] ? %s : word[%d]" % (width, wire(below[index]), a + w + index)
    bits.update({net: "clock" for _, net in port_bits(netlist, "clock")})
    bits.update({net: "1'b1" for _, net in port_bits(netlist, "first")})
    lines += ["assign n%s = %s;" % item for item in bits.items()]
    lines += gate_lines(electrics)
    shown = "{%s}" % ", ".join(wire(net) for _, net in sums) if sums else "1'b0"
    lines += ["always #%d clock = ~clock;" % (period_ps // 2),
              "always @(negedge clock) if (i > 0) $fdisplay(sums, \"%%h\", %s);" % shown,
              "always @(posedge clock) begin word <= #100 words[i]; i = i + 1;",
              "if (i == %d) begin $dumpfile(\"dump.vcd\"); $dumpvars(1, bench); end" % WARM_UP,
              "if (i == %d) $finish; end" % cycles,
              "initial begin sums = $fopen(\"sums.txt\"); $readmemh(\"words.hex\", words); end",
              "endmodule"]
    return "\n".join(lines) + "\n"


def run(command, folder, circuit):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UsageError("%s: %s: %s" % (circuit, command[0], done.stderr.strip()[:300]))


def transitions(path):
    """Rises and falls of each net, by its name in the dump."""
    header, _, rest = path.read_text(encoding="ascii").partition("$enddefinitions")
    _, _, changes = rest.partition("$dumpvars")
    _, _, changes = changes.partition("$end")
    counts = Counter(changes.split("\n"))
    found = {}
    for line in header.split("\n"):
        words = line.split()
        if len(words) >= 5 and words[0] == "$var" and words[2] == "1":
            found[words[4]] = (counts["1" + words[3]], counts["0" + words[3]])
    return found


def flat(rate):
    """Transitions of a net a cycle, half of them rises."""
    return lambda net: (rate / 2, rate / 2)


def totals(netlist, electrics, rises_and_falls):
    """pJ a cycle; rises_and_falls(net) are those of one cycle."""
    sums = {"pj_comb": 0.0, "pj_seq": 0.0, "pj_clk": 0.0, "inputs": 0.0}
    for instance in netlist.instances:
        flip_flop = instance.cell.flip_flop
        part = "pj_seq" if flip_flop else "pj_comb"
        for pin in instance.cell.pins.values():
            net = instance.connections.get(pin.name)
            if net is None or net in CONSTANTS:
                continue
            rise, fall = electrics.internal(instance, pin)
            if flip_flop and pin.name == flip_flop[1]:
                energy = rise + fall + pin.capacitance * electrics.voltage ** 2
                sums["pj_clk"] += energy
            else:
                rises, falls = rises_and_falls(net)
                energy = rises * rise + falls * fall
                if pin.direction == "output":
                    energy += (rises + falls) * electrics.switching(net)
            sums[part] += energy
    clock = dict(port_bits(netlist, "clock")).get(0)
    for port, (direction, net) in netlist.ports.items():
        if direction == "input" and net != clock and net in electrics.loads:
            sums["inputs"] += sum(rises_and_falls(net)) * electrics.switching(net)
    sums["pj_per_op"] = sums["pj_comb"] + sums["pj_seq"] + sums["inputs"]
    return sums


def write_stream(path, words, sums):
    """A line a cycle: activation, weight and sum at the inputs, hexadecimal."""
    lines = ["%x %x %s" % (word.activation, word.weight, total.lstrip("0") or "0")
             for word, total in zip(words, sums)]
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def measure(circuit, netlist, stimulus, cycles, delay_ns, folder, streams=None):
    """Columns of the table; streams is a folder for what was at the inputs, or None."""
    electrics = Electrics(netlist)
    words = stimuli.streams(circuit, stimulus, cycles, SEED)
    a, w = (circuit.parameters[name] for name in ("A_BITS", "W_BITS"))
    width = a + w + circuit.parameters.get("SUM_BITS", 0)
    text = "\n".join("%x" % (word.running << width | word.sum << (a + w) | word.weight << a |
                             word.activation) for word in words)
    (folder / "words.hex").write_text(text + "\n", encoding="ascii")
    period = 2 * round(1000 * max(1.5 * delay_ns, 1.0))
    (folder / "bench.v").write_text(bench(circuit, netlist, electrics, cycles, period),
                                    encoding="ascii")
    run(["iverilog", "-g2012", "-o", "bench.vvp", "bench.v"], folder, circuit)
    run(["vvp", "-n", "bench.vvp"], folder, circuit)
    sums = (folder / "sums.txt").read_text(encoding="ascii").split()
    if not stimuli.is_sum_right(circuit, words, [int(total, 16) for total in sums]):
        raise UsageError("%s: the netlist does not add products: is a function in %s wrong?"
                         % (circuit, netlist.library.path))
    if streams is not None:
        name = "%s %s.txt" % (circuit, stimulus.name)
        write_stream(streams / name.replace(" ", "_"), words, sums)
    counts = transitions(folder / "dump.vcd")
    counted = cycles - WARM_UP

    def per_cycle(net):
        rises, falls = counts.get("n%s" % net, (0, 0))
        return rises / counted, falls / counted

    sums = totals(netlist, electrics, per_cycle)
    sums["pj_at_0.1_toggle"] = totals(netlist, electrics, flat(0.1))["pj_per_op"]
    toggles = [sum(per_cycle(net)) for net in electrics.drivers]
    sums["avg_toggle"] = sum(toggles) / len(toggles)
    del sums["inputs"]
    sums["stimulus"] = stimulus.name
    return sums
