# SPDX-License-Identifier: Apache-2.0
"""A mapped netlist as Yosys writes it in JSON."""

import json
from dataclasses import dataclass

from .errors import UsageError


@dataclass
class Instance:
    """connections: pin name -> net. Nets are numbers, or the constants "0", "1"."""

    name: str
    cell: object
    connections: dict


class Netlist:
    """inputs and outputs: port name -> nets, lowest bit first (ports are split by bit)."""

    def __init__(self, path, library):
        module = json.loads(path.read_text(encoding="utf-8"))["modules"]["top"]
        self.library = library
        self.instances = []
        for name, entry in module["cells"].items():
            cell = library.cells.get(entry["type"])
            if cell is None:
                raise UsageError("%s: cell '%s' is not in %s" % (path.name, entry["type"],
                                                                 library.path))
            pins = {pin: bits[0] for pin, bits in entry["connections"].items()}
            self.instances.append(Instance(name, cell, pins))
        self.ports = {name: (port["direction"], port["bits"][0])
                      for name, port in module["ports"].items()}

    @property
    def area(self):
        return sum(instance.cell.area for instance in self.instances)

    @property
    def leakage_uw(self):
        return sum(instance.cell.leakage_uw for instance in self.instances)

    @property
    def flip_flops(self):
        return sum(1 for instance in self.instances if instance.cell.flip_flop)

    def counts(self):
        """Instances of each cell, by name."""
        names = [instance.cell.name for instance in self.instances]
        return {name: names.count(name) for name in sorted(set(names))}
