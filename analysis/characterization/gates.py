# SPDX-License-Identifier: Apache-2.0
"""Loads, slews, delays and energies of a mapped netlist from its library's tables; no wires."""

import re

from .errors import UsageError

CONSTANTS = ("0", "1", "x", "z")


def verilog_function(function):
    """A Liberty function (juxtaposition is AND, ' and ! are NOT, * & + | ^) as a Verilog
    expression; pins become {PIN}."""
    words = re.findall(r"\w+|[()!'*&+|^]", function.replace('"', ""))
    out, previous = [], ""
    for word in words:
        starts = re.match(r"\w|\(|!", word)
        if starts and previous and re.match(r"\w|\)|'", previous):
            out.append("&")
        if word == "'":
            operand = take_operand(out)
            out.append("(~%s)" % operand)
        else:
            out.append({"*": "&", "+": "|", "!": "~"}.get(word, "{%s}" % word
                                                            if re.match(r"[A-Za-z_]", word)
                                                            else word))
        previous = word
    return " ".join({"0": "1'b0", "1": "1'b1"}.get(word, word) for word in out)


def take_operand(out):
    if out[-1] != ")":
        return out.pop()
    depth, taken = 0, []
    while True:
        word = out.pop()
        taken.insert(0, word)
        depth += (word == ")") - (word == "(")
        if depth == 0:
            return " ".join(taken)


class Electrics:
    """pF and ns by net; ns and pJ by instance output."""

    def __init__(self, netlist):
        self.netlist = netlist
        self.voltage = netlist.library.voltage
        self.loads = {}
        self.drivers = {}
        for instance in netlist.instances:
            for pin in instance.cell.pins.values():
                net = instance.connections.get(pin.name)
                if net is None or net in CONSTANTS:
                    continue
                if pin.direction == "output":
                    self.drivers[net] = (instance, pin)
                    self.loads.setdefault(net, 0.0)
                else:
                    self.loads[net] = self.loads.get(net, 0.0) + pin.capacitance
        self.flip_flop = min((cell for cell in netlist.library.cells.values() if cell.flip_flop),
                             key=lambda cell: (cell.area, cell.name))
        self.slews = {}
        self.clock_slew = self.slew_of_clock()
        self.propagate()

    def slew_of_clock(self):
        """The second slew of the clock pin's table, 0.24 ns of osu018: a good clock tree's."""
        pin = self.flip_flop.pins[self.flip_flop.flip_flop[1]]
        slews = pin.power[0][1].slews if pin.power else [0.0]
        return slews[min(1, len(slews) - 1)]

    def flip_flop_slew(self, load):
        return self.transition(self.flip_flop.outputs[0], load, lambda pin: self.clock_slew)

    @staticmethod
    def transition(pin, load, slew_of):
        values = [arc.tables[kind].at(load, slew_of(arc.pin)) for arc in pin.arcs
                  for kind in ("rise_transition", "fall_transition") if kind in arc.tables]
        return sum(values) / len(values) if values else 0.0

    def propagate(self):
        """Slews from the inputs on, which flip-flops are taken to drive."""
        clock = self.netlist.ports.get("clock", (None, None))[1]
        for _, net in self.netlist.ports.values():
            if net not in self.drivers and net not in CONSTANTS:
                self.slews[net] = self.flip_flop_slew(self.loads.get(net, 0.0))
        if clock is not None:
            self.slews[clock] = self.clock_slew
        pending = list(self.drivers)
        while pending:
            left = [net for net in pending if not self.settle(net)]
            if len(left) == len(pending):
                raise UsageError("the netlist has a loop without a flip-flop")
            pending = left

    def settle(self, net):
        instance, pin = self.drivers[net]
        if not instance.cell.flip_flop and any(
                self.slew_at(instance, other.name) is None for other in instance.cell.inputs):
            return False
        self.slews[net] = self.transition(pin, self.loads[net],
                                          lambda name: self.slew_at(instance, name))
        return True

    def slew_at(self, instance, pin):
        """None: not known yet."""
        if instance.cell.flip_flop and pin == instance.cell.flip_flop[1]:
            return self.clock_slew
        net = instance.connections.get(pin)
        return 0.0 if net is None or net in CONSTANTS else self.slews.get(net)

    def delays(self, net):
        """(rise, fall) of the driver, ns: the mean over its inputs."""
        instance, pin = self.drivers[net]
        result = []
        for kind in ("cell_rise", "cell_fall"):
            values = [arc.tables[kind].at(self.loads[net], self.slew_at(instance, arc.pin))
                      for arc in pin.arcs if kind in arc.tables]
            result.append(sum(values) / len(values) if values else 0.0)
        return tuple(result)

    def switching(self, net):
        """pJ of one transition: half of C V^2."""
        return 0.5 * self.loads.get(net, 0.0) * self.voltage ** 2

    def internal(self, instance, pin):
        """(rise, fall) in pJ of a transition of the pin: the mean over conditions and inputs."""
        net = instance.connections.get(pin.name)
        load = self.loads.get(net, 0.0) if pin.direction == "output" else 0.0
        result = []
        for index in (1, 2):
            values = [entry[index].at(load, self.slew_at(instance, entry[0] or pin.name) or 0.0)
                      for entry in pin.power if entry[index] is not None]
            result.append(sum(values) / len(values) if values else 0.0)
        return tuple(result)
