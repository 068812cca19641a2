# SPDX-License-Identifier: Apache-2.0
"""The circuits to be measured: a list in YAML, and what each of them is in RTL."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from . import formats
from .errors import UsageError

REPOSITORY = Path(__file__).resolve().parents[2]
RTL = REPOSITORY / "arch" / "rtl"
TOPS = {"multiplier": "bare_multiplier", "pe": "bare_element"}
KEYS = {"unit", "activation", "weight", "accumulator", "guard_bits", "multiplier", "fast_energy"}
DEFAULT_GUARD_BITS = 16
LIST_KEYS = ("activation", "weight", "accumulator", "guard_bits")


@dataclass(frozen=True)
class Circuit:
    """accumulator is None of a multiplier alone."""

    unit: str
    activation: formats.Operand
    weight: formats.Operand
    accumulator: object
    guard_bits: int
    multiplier: str
    parameters: dict = field(compare=False)
    fast_energy: bool = field(compare=False, default=False)  # simulate the fast netlist, too

    @property
    def top(self):
        return TOPS[self.unit]

    @property
    def accumulator_name(self):
        if self.accumulator is None:
            return ""
        if self.accumulator.kind == "exact":
            return "exact+%d" % self.guard_bits
        return self.accumulator.name

    @property
    def key(self):
        return (self.unit, self.activation.name, self.weight.name, self.accumulator_name,
                self.multiplier)

    def __str__(self):
        return " ".join(part for part in self.key if part)


def macros():
    """The numbers that arithmetic.svh gives to its kinds of circuit."""
    text = (RTL / "arithmetic.svh").read_text(encoding="utf-8")
    return dict(re.findall(r"`define (\w+) (\d+)\s*$", text, re.M))


MACROS = macros()


def kinds(prefix):
    return sorted(name[len(prefix):].lower() for name in MACROS if name.startswith(prefix))


def macro(prefix, kind, what):
    value = MACROS.get(prefix + kind.upper())
    if value is None:
        raise UsageError("%s '%s': arch/rtl has none, expected %s"
                         % (what, kind, ", ".join(kinds(prefix))))
    return int(value)


# Operands of these are integers in another layout than two's complement.
COMPOSABLE_PORTS = {8: 35, 4: 10}  # bits of a port, by those of the operand


def default_multiplier(activation, weight):
    if activation.name == "binary" and weight.name == "binary":
        return "xnor"
    if weight.name.startswith("pow2") and not activation.is_float:
        return "shift"
    if activation.is_float and weight.is_float:
        return "minifloat"
    if activation.is_float or weight.is_float:
        raise UsageError("%s x %s: no multiplier takes an integer and a float"
                         % (activation.name, weight.name))
    return "integer"


def sum_bits(activation, weight, accumulator, guard_bits):
    """Integers: 2n + guard bits; floats: all product bits + sign + guard bits (Kulisch)."""
    if accumulator.kind != "exact":
        return accumulator.bits
    product = activation.magnitude_bits + weight.magnitude_bits
    if weight.name.startswith("pow2"):
        product -= 1  # a weight of 1 adds no bit
    sign = 1 if activation.is_float else 0
    return product + sign + guard_bits


def require_operands(multiplier, activation, weight):
    operands = (activation, weight)
    floats = [operand.is_float for operand in operands]
    names = "%s x %s" % (activation.name, weight.name)
    fits = {"minifloat": all(floats), "shift": floats == [False, True] and weight.mantissa == 0,
            "xnor": activation.name == weight.name == "binary",
            "sign_magnitude": not any(floats) and all(
                operand.signed and operand.bits > 1 for operand in operands),
            "composable": not any(floats) and activation == weight and
            activation.bits in COMPOSABLE_PORTS}.get(multiplier, not any(floats))
    if not fits:
        raise UsageError("multiplier '%s': does not take %s" % (multiplier, names))


def port_bits(multiplier, operand):
    return COMPOSABLE_PORTS[operand.bits] if multiplier == "composable" else operand.bits


def operand_parameters(prefix, operand, multiplier):
    values = {"BITS": port_bits(multiplier, operand), "SIGNED": int(operand.signed)}
    if operand.is_float:
        values.update(EXPONENT=operand.exponent, MANTISSA=operand.mantissa, BIAS=operand.bias,
                      SPECIALS=int(MACROS["SPECIALS_NONE"]))
        values["SUBNORMALS"] = int(operand.subnormals)
    return {prefix + name: value for name, value in values.items()}


def make(unit, activation, weight, accumulator=None, guard_bits=None, multiplier=None):
    """From names to the circuit and its parameters."""
    activation, weight = formats.operand(activation), formats.operand(weight)
    multiplier = multiplier or default_multiplier(activation, weight)
    guard_bits = DEFAULT_GUARD_BITS if guard_bits is None else guard_bits
    if not 0 <= guard_bits <= 32:
        raise UsageError("guard_bits: %d, expected 0 to 32" % guard_bits)
    kind = macro("MULTIPLIER_", multiplier, "multiplier")
    require_operands(multiplier, activation, weight)
    parameters = {"MULTIPLIER": kind}
    parameters.update(operand_parameters("A_", activation, multiplier))
    parameters.update(operand_parameters("W_", weight, multiplier))
    if unit == "pe":
        accumulator = formats.accumulator(accumulator)
        kind = accumulator.kind
        if kind.startswith("float") and not (activation.is_float and weight.is_float):
            raise UsageError("accumulator '%s': takes products of floats only, expected intN or "
                             "exact for %s x %s" % (accumulator.name, activation.name, weight.name))
        if kind == "exact" and not weight.is_float:
            kind = "integer"  # the same without an alignment shifter
        parameters.update(ACCUMULATOR=macro("ACCUMULATOR_", kind, "accumulator"),
                          SUM_BITS=sum_bits(activation, weight, accumulator, guard_bits),
                          SUM_EXPONENT=accumulator.exponent, SUM_MANTISSA=accumulator.mantissa,
                          SUM_BIAS=accumulator.bias)
    else:
        accumulator = None
    return Circuit(unit, activation, weight, accumulator, guard_bits, multiplier, parameters)


def one_entry(entry, place):
    """A YAML entry; lists in it stand for all their combinations. `weight: same` is the default."""
    if not isinstance(entry, dict) or not set(entry) <= KEYS:
        raise UsageError("%s: expected a mapping of %s" % (place, ", ".join(sorted(KEYS))))
    unit = entry.get("unit", "pe")
    if unit not in TOPS:
        raise UsageError("%s: unit: '%s', expected %s" % (place, unit, " or ".join(TOPS)))
    for key in ("activation",) + (("accumulator",) if unit == "pe" else ()):
        if key not in entry:
            raise UsageError("%s: key '%s' is missing" % (place, key))
    options = [entry.get(key) if isinstance(entry.get(key), list) else [entry.get(key)]
               for key in LIST_KEYS]
    fast_energy = entry.get("fast_energy", False)
    if not isinstance(fast_energy, bool):
        raise UsageError("%s: fast_energy: '%s', expected true or false" % (place, fast_energy))
    circuits = []
    for activation in options[0]:
        for weight in options[1]:
            for accumulator in options[2]:
                for guard_bits in options[3]:
                    made = make(unit, str(activation), str(weight or activation), accumulator,
                                guard_bits, entry.get("multiplier"))
                    circuits.append(replace(made, fast_energy=fast_energy))
    return circuits


def merged(circuits):
    """Each circuit once, where it is first named; its fast netlist is simulated if any entry says
    so."""
    found = {}
    for circuit in circuits:
        known = found.setdefault(circuit.key, circuit)
        if circuit.fast_energy:
            found[circuit.key] = replace(known, fast_energy=True)
    return list(found.values())


def read(path):
    """All circuits of a YAML list."""
    try:
        entries = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError("%s: %s" % (path, error.strerror)) from error
    except yaml.MarkedYAMLError as error:
        raise UsageError("%s:%d: %s" % (path, error.problem_mark.line + 1,
                                        error.problem)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError("%s: not YAML text" % path) from error
    if not isinstance(entries, list):
        raise UsageError("%s: expected a list of circuits" % path)
    circuits = []
    for index, entry in enumerate(entries):
        try:
            circuits += one_entry(entry, "entry %d" % (index + 1))
        except UsageError as error:
            raise UsageError("%s: entry %d: %s" % (path, index + 1, error)) from error
    return merged(circuits)
