# SPDX-License-Identifier: Apache-2.0
"""A reader of Liberty files (.lib): areas, functions, capacitances, delay and energy tables.

Units are those of the rest of the project: um2 as in the file, ns, pF, pJ, uW."""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path

from .errors import UsageError

TOKEN = re.compile(r'\s+|/\*.*?\*/|//[^\n]*|\\\r?\n|("(?:[^"\\]|\\.)*")|([\w.+\-*!\'&|^$\[\]]+)'
                   r'|([(){}:;,])', re.S)


class Group:
    """kind (arguments) { attributes; groups }"""

    def __init__(self, kind, arguments, line):
        self.kind, self.arguments, self.line = kind, arguments, line
        self.attributes, self.groups = {}, []

    def find(self, kind):
        return [group for group in self.groups if group.kind == kind]


def tokens(text, path):
    position, line = 0, 1
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise UsageError("%s:%d: '%s': not Liberty" % (path, line, text[position]))
        if match.lastindex:
            yield match[match.lastindex], line
        line += match[0].count("\n")
        position = match.end()
    yield None, line


class Parser:
    def __init__(self, text, path):
        self.path = path
        self.stream = tokens(text, path)
        self.token, self.line = next(self.stream)

    def advance(self):
        token = self.token
        if token is None:
            self.fail("ends too early, expected '}'")
        self.token, self.line = next(self.stream)
        return token

    def fail(self, problem):
        raise UsageError("%s:%d: %s" % (self.path, self.line, problem))

    def arguments(self):
        self.advance()
        values = []
        while self.token != ")":
            if self.token in ("{", "}", ";", ":"):
                self.fail("'%s', expected ')'" % self.token)
            token = self.advance()
            if token != ",":
                values.append(token.strip('"'))
        self.advance()
        return values

    def statement(self, group):
        line = self.line
        if self.token is not None and not re.match(r"\w", self.token):
            self.fail("'%s', expected a name" % self.token)
        name = self.advance()
        if self.token == ":":
            self.advance()
            words = []
            while self.token not in (";", "}") and self.line == line:
                words.append(self.advance().strip('"'))
            group.attributes[name] = " ".join(words)
        elif self.token == "(":
            arguments = self.arguments()
            if self.token == "{":
                child = Group(name, arguments, line)
                self.body(child)
                group.groups.append(child)
                return
            group.attributes[name] = arguments
        elif self.token is None:
            self.advance()
        else:
            self.fail("'%s' after '%s', expected ':' or '('" % (self.token, name))
        if self.token == ";":
            self.advance()

    def body(self, group):
        self.advance()
        while self.token != "}":
            if self.token == ";":
                self.advance()
            else:
                self.statement(group)
        self.advance()


class Table:
    """Values over load (pF) and slew (ns), or over one of them; linear between and beyond."""

    def __init__(self, group, templates, factor=1.0):
        template = templates.get(group.arguments[0] if group.arguments else "")
        names, indices = [], []
        for number in (1, 2):
            key = "index_%d" % number
            text = group.attributes.get(key, template and template.attributes.get(key))
            if text:
                names.append(template.attributes.get("variable_%d" % number, "")
                             if template else "")
                indices.append([float(value) for value in re.split(r"[,\s]+", text[0].strip())])
        rows = [[float(value) * factor for value in re.split(r"[,\s]+", row.strip()) if value]
                for row in group.attributes["values"]]
        if len(indices) == 2 and "capacitance" not in names[0]:
            indices.reverse()  # load first
            rows = [list(column) for column in zip(*rows)]
        elif len(indices) < 2:
            by_load = bool(names) and "capacitance" in names[0]
            flat = [value for row in rows for value in row]
            rows = [[value] for value in flat] if by_load else [flat]
            axis = indices[0] if indices else [0.0]
            indices = [axis, [0.0]] if by_load else [[0.0], axis]
        self.loads, self.slews, self.rows = indices[0], indices[1], rows

    def at(self, load, slew):
        row, x = place(self.loads, load)
        column, y = place(self.slews, slew)
        above = self.rows[row]
        value = mix(above, column, y)
        return value if x == 0 else value + x * (mix(self.rows[row + 1], column, y) - value)


def place(axis, value):
    """Index and fraction in front of which a value lies; the first and last segments go on."""
    if len(axis) == 1:
        return 0, 0.0
    index = min(max(bisect_right(axis, value) - 1, 0), len(axis) - 2)
    return index, (value - axis[index]) / (axis[index + 1] - axis[index])


def mix(row, column, fraction):
    if fraction == 0:
        return row[column]
    return row[column] + fraction * (row[column + 1] - row[column])


@dataclass
class Arc:
    """From an input pin to an output pin; tables by name: cell_rise, rise_transition, .."""

    pin: str
    tables: dict


@dataclass
class Pin:
    """power: [(related pin or '', rise table, fall table)], of conditions one entry each."""

    name: str
    direction: str
    capacitance: float
    function: str = ""
    clock: bool = False
    arcs: list = field(default_factory=list)
    power: list = field(default_factory=list)


@dataclass
class Cell:
    """flip_flop: (data pin, clock pin) of a plain one; usable: combinational or such a one."""

    name: str
    area: float
    leakage_uw: float
    pins: dict
    flip_flop: tuple = None
    usable: bool = True

    @property
    def outputs(self):
        return [pin for pin in self.pins.values() if pin.direction == "output"]

    @property
    def inputs(self):
        return [pin for pin in self.pins.values() if pin.direction == "input"]


class Library:
    def __init__(self, path):
        self.path = Path(path)
        try:
            text = self.path.read_text(encoding="latin-1")
        except OSError as error:
            raise UsageError("%s: %s" % (path, error.strerror)) from error
        root = Group("", [], 0)
        parser = Parser(text, path)
        while parser.token is not None:
            parser.statement(root)
        libraries = root.find("library")
        if len(libraries) != 1:
            raise UsageError("%s: %d libraries, expected one" % (path, len(libraries)))
        self.group = libraries[0]
        self.name = self.group.arguments[0]
        self.read_units()
        self.templates = {group.arguments[0]: group for group in self.group.groups
                          if group.kind in ("lu_table_template", "power_lut_template")}
        self.cells = {}
        for group in self.group.find("cell"):
            try:
                self.cells[group.arguments[0]] = self.read_cell(group)
            except KeyError as error:
                raise UsageError("%s:%d: cell %s: %s is missing" % (
                    path, group.line, group.arguments[0], error)) from error
            except (ValueError, IndexError) as error:
                raise UsageError("%s:%d: cell %s: %s" % (path, group.line, group.arguments[0],
                                                         error)) from error
        if not any(cell.flip_flop for cell in self.cells.values()):
            raise UsageError("%s: no cell is a plain flip-flop" % path)

    def read_units(self):
        attributes = self.group.attributes
        scales = {"": 1, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15}

        def scale(key, default):
            match = re.fullmatch(r"([\d.]+)\s*([munpf]?)[sVW]", attributes.get(key, default))
            if not match:
                raise UsageError("%s: %s: %s" % (self.path, key, attributes[key]))
            return float(match[1]) * scales[match[2]]

        capacitance = attributes.get("capacitive_load_unit", ["1", "pf"])
        self.pf = float(capacitance[0]) * scales[capacitance[1][0].lower()] * 1e12
        self.ns = scale("time_unit", "1ns") * 1e9
        self.uw = scale("leakage_power_unit", "1nW") * 1e6
        self.voltage = float(attributes.get("nom_voltage", 1.0))
        # Liberty: internal energy is in capacitance unit x voltage unit squared.
        self.pj = self.pf * scale("voltage_unit", "1V") ** 2

    def table(self, group, factor):
        table = Table(group, self.templates, factor)
        table.loads = [load * self.pf for load in table.loads]
        table.slews = [slew * self.ns for slew in table.slews]
        return table

    def read_cell(self, group):
        attributes = group.attributes
        pins = {pin.arguments[0]: self.read_pin(pin) for pin in group.find("pin")}
        flip_flops = group.find("ff")
        plain = None
        if flip_flops:
            keys = flip_flops[0].attributes
            if not {"clear", "preset"} & set(keys):
                plain = (keys["next_state"].strip("() "), keys["clocked_on"].strip("() "))
            if not plain or plain[0] not in pins or plain[1] not in pins:
                plain = None
        logic = all(pin.function for pin in pins.values() if pin.direction == "output")
        usable = bool(plain) or (logic and not flip_flops and not group.find("latch"))
        return Cell(group.arguments[0], float(attributes["area"]),
                    float(attributes.get("cell_leakage_power", 0)) * self.uw, pins, plain, usable)

    def read_pin(self, group):
        attributes = group.attributes
        pin = Pin(group.arguments[0], attributes.get("direction", ""),
                  float(attributes.get("capacitance", 0)) * self.pf,
                  attributes.get("function", ""), attributes.get("clock") == "true")
        for timing in group.find("timing"):
            if "constraint" in "".join(child.kind for child in timing.groups):
                continue
            tables = {child.kind: self.table(child, self.ns) for child in timing.groups
                      if child.kind in ("cell_rise", "cell_fall", "rise_transition",
                                        "fall_transition")}
            if tables:
                pin.arcs.append(Arc(timing.attributes["related_pin"], tables))
        for power in group.find("internal_power"):
            tables = {child.kind: self.table(child, self.pj) for child in power.groups}
            either = tables.get("power")
            rise, fall = tables.get("rise_power", either), tables.get("fall_power", either)
            pin.power.append((power.attributes.get("related_pin", ""), rise, fall))
        return pin
