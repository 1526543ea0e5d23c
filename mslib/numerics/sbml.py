"""SBML in and out: reaction networks carried from and to other programs, through libSBML."""

import ast
import math
import re
from functools import cached_property
from pathlib import Path

from . import formula
from .network import Event, Network, Reaction

CORE = "http://www.sbml.org/sbml/level3/version1/core"
MATH = "http://www.w3.org/1998/Math/MathML"
TIME = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time"> t </csymbol>'
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
TAKEN = formula.WORDS | {"volume", "lambda", "if", "else", "in", "is", "not", "and", "or", "for", "while", "def"}
TAGS = {
    ast.Add: "plus", ast.Sub: "minus", ast.Mult: "times", ast.Div: "divide", ast.Pow: "power",
    ast.Lt: "lt", ast.LtE: "leq", ast.Gt: "gt", ast.GtE: "geq", ast.Eq: "eq", ast.NotEq: "neq",
    ast.And: "and", ast.Or: "or", ast.Not: "not", ast.USub: "minus",
}  # fmt: skip
WRITTEN_CALLS = {"exp": "exp", "log": "ln", "abs": "abs", "floor": "floor", "ceil": "ceiling", "sin": "sin",
                 "cos": "cos", "tanh": "tanh"}  # fmt: skip

READ_CALLS = {
    "FUNCTION_EXP": "exp", "FUNCTION_LN": "log", "FUNCTION_ABS": "abs", "FUNCTION_FLOOR": "floor",
    "FUNCTION_CEILING": "ceil", "FUNCTION_SIN": "sin", "FUNCTION_COS": "cos", "FUNCTION_TANH": "tanh",
    "FUNCTION_MIN": "min", "FUNCTION_MAX": "max",
}  # fmt: skip
READ_INFIX = {
    "PLUS": ("+", "0"), "TIMES": ("*", "1"), "LOGICAL_AND": ("and", "True"), "LOGICAL_OR": ("or", "False"),
    "DIVIDE": ("/", ""), "POWER": ("**", ""), "FUNCTION_POWER": ("**", ""),
}  # fmt: skip
READ_ORDERS = {
    "RELATIONAL_LT": "<", "RELATIONAL_LEQ": "<=", "RELATIONAL_GT": ">", "RELATIONAL_GEQ": ">=",
    "RELATIONAL_EQ": "==", "RELATIONAL_NEQ": "!=",
}  # fmt: skip
READ_CONSTANTS = {"CONSTANT_PI": "pi", "CONSTANT_E": repr(math.e), "CONSTANT_TRUE": "True", "CONSTANT_FALSE": "False"}
OTHERS = ("NAME", "NAME_TIME", "NAME_AVOGADRO", "MINUS", "LOGICAL_NOT", "FUNCTION_PIECEWISE", "FUNCTION_LOG",
          "FUNCTION_ROOT", "FUNCTION_TAN")  # fmt: skip


class UnsupportedSBML(ValueError):
    """The file holds something that a reaction network cannot express; the message names it."""


def _library():
    try:
        import libsbml
    except ImportError as error:
        raise ImportError("SBML needs libSBML: install it with  pip install 'mslib[sbml]'") from error
    return libsbml


def write_sbml(network, *, name="network", macroscopic=False):
    """Return a reaction network as SBML, Level 3 Version 1 core.

    Species are amounts in items in one compartment called ``volume``; a kinetic law is the propensity, formula for
    formula, so that an exact stochastic simulator anywhere samples the same process. Rules become parameters with
    assignment rules, and events keep their conditions. libSBML writes numbers with fifteen digits. What SBML has no
    place for, promised conservation laws, is left out.

    Parameters
    ----------
    network : Network
        The network; its names must be plain ASCII identifiers.
    name : str
        Identifier of the model.
    macroscopic : bool
        Write the deterministic rates of mass action, c ∏ nˢ/s!, for programs that solve the rate equations.

    Returns
    -------
    str
        The document.

    Raises
    ------
    ImportError
        If libSBML is not installed.
    ValueError
        If a name is no SBML identifier.

    References
    ----------
    Hucka et al. (2018), J. Integr. Bioinform. 15, 20170080, doi:10.1515/jib-2017-0080.

    Examples
    --------
    >>> text = write_sbml(Network.mass_action({"2 A -> B": "k"}, parameters={"k": 0.5}, initial={"A": 10}))
    >>> again = read_sbml(text)
    >>> print(again.reactions[0], again.reactions[0].rate, again.reactions[0].kinetics, again.initial)
    2 A -> B k mass action {'A': 10, 'B': 0}
    """
    return _Writer(network, name, macroscopic).text()


class _Writer:
    """Builds the libSBML document of one network."""

    def __init__(self, network, name, macroscopic):
        self.network, self.macroscopic, self.library = network, macroscopic, _library()
        for word in (name, *network.species, *network.parameters, *network.rules):
            if not IDENTIFIER.fullmatch(word):
                raise ValueError(f"{word!r} is no SBML identifier: use ASCII letters, digits and underscores")
        self.document = self.library.SBMLDocument(3, 1)
        self.model = self.document.createModel()
        self.model.setId(name)
        self.model.setSubstanceUnits("item")
        self.model.setExtentUnits("item")

    def text(self):
        self._compartment()
        for species in self.network.species:
            self._species(species)
        for parameter, value in self.network.parameters.items():
            self._parameter(parameter, value)
        for rule, text in self.network.rules.items():
            self._parameter(rule, None)
            assignment = self.model.createAssignmentRule()
            assignment.setVariable(rule)
            assignment.setMath(self._math(formula.parse(text)))
        for index in range(len(self.network.reactions)):
            self._reaction(index)
        for index, event in enumerate(self.network.events):
            self._event(event, f"event{index + 1}")
        return self.library.writeSBMLToString(self.document)

    def _compartment(self):
        compartment = self.model.createCompartment()
        compartment.setId("volume")
        compartment.setSize(float(self.network.volume))
        compartment.setSpatialDimensions(3)
        compartment.setConstant(True)

    def _species(self, name):
        species = self.model.createSpecies()
        species.setId(name)
        species.setCompartment("volume")
        species.setInitialAmount(float(self.network.initial.get(name, 0)))
        species.setSubstanceUnits("item")
        species.setHasOnlySubstanceUnits(True)
        species.setBoundaryCondition(False)
        species.setConstant(False)

    def _parameter(self, name, value):
        parameter = self.model.createParameter()
        parameter.setId(name)
        parameter.setConstant(value is not None)
        if value is not None:
            parameter.setValue(float(value))

    def _reaction(self, index):
        source = self.network.reactions[index]
        reaction = self.model.createReaction()
        named = bool(IDENTIFIER.fullmatch(source.name)) and source.name not in self.used
        reaction.setId(source.name if named else f"reaction{index + 1}")
        reaction.setReversible(False)
        reaction.setFast(False)
        for side, create in ((source.reactants, reaction.createReactant), (source.products, reaction.createProduct)):
            for name, amount in side:
                reference = create()
                reference.setSpecies(name)
                reference.setStoichiometry(float(amount))
                reference.setConstant(True)
        law = self._law(source)
        for name in sorted(formula.names(law) & set(self.network.species) - {name for name, _ in source.reactants}):
            reaction.createModifier().setSpecies(name)
        reaction.createKineticLaw().setMath(self._math(law))

    @cached_property
    def used(self):
        """Names that a reaction must not take."""
        return {"volume", *self.network.species, *self.network.parameters, *self.network.rules}

    def _law(self, reaction):
        """Return the propensity, or the deterministic rate, as a tree in which rules keep their names."""
        found = formula.parse(reaction.rate)
        if reaction.kinetics == "propensity":
            return found
        factors = _ways(reaction, self.macroscopic)
        if reaction.order != 1 and self.network.volume != 1.0:
            factors.append(formula.power(ast.Name("volume"), formula.number(1 - reaction.order)))
        for factor in factors:
            found = ast.BinOp(found, ast.Mult(), factor)
        return formula.divide(found, formula.number(math.prod(math.factorial(n) for _, n in reaction.reactants)))

    def _event(self, source, name):
        event = self.model.createEvent()
        event.setId(name)
        event.setUseValuesFromTriggerTime(True)
        trigger = event.createTrigger()
        trigger.setInitialValue(bool(source.initially))
        trigger.setPersistent(True)
        trigger.setMath(self._math(formula.parse(source.when)))
        for species, value in source.assign:
            assignment = event.createEventAssignment()
            assignment.setVariable(species)
            assignment.setMath(self._math(formula.parse(value)))

    def _math(self, tree):
        return self.library.readMathMLFromString(f'<math xmlns="{MATH}">{_mathml(tree)}</math>')


def _ways(reaction, macroscopic=False):
    """Return the factors n, n − 1, … of a mass-action propensity, without its division by factorials."""
    return [
        ast.Name(name) if macroscopic or not taken else ast.BinOp(ast.Name(name), ast.Sub(), formula.number(taken))
        for name, amount in reaction.reactants
        for taken in range(int(amount))
    ]


def _apply(tag, *nodes):
    return f"<apply><{tag}/>{''.join(_mathml(node) for node in nodes)}</apply>"


def _piece(value, test, otherwise):
    pieces = f"<piece>{_mathml(value)}{_mathml(test)}</piece><otherwise>{_mathml(otherwise)}</otherwise>"
    return f"<piecewise>{pieces}</piecewise>"


def _mathml(node):
    """Return a checked formula as MathML."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            return "<true/>" if node.value else "<false/>"
        return _mathml_number(node.value)
    if isinstance(node, ast.Name):
        return TIME if node.id == "t" else f"<ci> {node.id} </ci>"
    if isinstance(node, ast.BinOp):
        return _apply(TAGS[type(node.op)], node.left, node.right)
    if isinstance(node, ast.UnaryOp):
        return _apply(TAGS[type(node.op)], node.operand)
    if isinstance(node, ast.Compare):
        return _apply(TAGS[type(node.ops[0])], node.left, node.comparators[0])
    if isinstance(node, ast.BoolOp):
        return _apply(TAGS[type(node.op)], *node.values)
    if isinstance(node, ast.IfExp):
        return _piece(node.body, node.test, node.orelse)
    return _mathml_call(node)


def _mathml_number(value):
    if isinstance(value, int) and abs(value) < 2**31:
        return f'<cn type="integer"> {value} </cn>'
    mantissa, _, exponent = repr(float(value)).partition("e")
    return f'<cn type="e-notation"> {mantissa} <sep/> {int(exponent)} </cn>' if exponent else f"<cn> {mantissa} </cn>"


def _mathml_call(node):
    name = node.func.id
    if name in WRITTEN_CALLS:
        return _apply(WRITTEN_CALLS[name], *node.args)
    if name in ("min", "max"):
        test = ast.Compare(node.args[0], [ast.LtE() if name == "min" else ast.GtE()], [node.args[1]])
        return _piece(node.args[0], test, node.args[1])
    if name == "log10":
        return f"<apply><log/><logbase><cn> 10 </cn></logbase>{_mathml(node.args[0])}</apply>"
    return f"<apply><root/><degree><cn> 2 </cn></degree>{_mathml(node.args[0])}</apply>"


def read_sbml(source, *, molecules=None):
    """Return the reaction network of an SBML model, Level 2 or Level 3 core.

    Amounts become numbers of molecules and kinetic laws propensities. A symbol of a species that SBML measures as a
    concentration is replaced by its number over the size of its compartment. The only compartment becomes the `volume`
    of the network, several become parameters. libSBML writes out function definitions and initial assignments, and
    makes local parameters global under the name ``reaction_parameter``. A law that is a constant times the number of
    ways to pick the reactants is recognised as mass action. A reversible reaction written as one net rate has to be
    split in two: its propensity would become negative, which the simulators refuse. Names that formulas need
    themselves, such as ``t``, get an underscore behind them.

    Parameters
    ----------
    source : str or pathlib.Path
        Path of a file, or the document itself.
    molecules : float, optional
        Molecules in one unit of substance of the model, such as 6.02214076e14 for nmol; one if the model counts items.
        A model in mole is refused without it; with it, initial counts are rounded to whole molecules.

    Returns
    -------
    Network
        The network; species that no reaction may change (boundary conditions) stay species.

    Raises
    ------
    ImportError
        If libSBML is not installed.
    UnsupportedSBML
        If the model has what a network cannot express: rate and algebraic rules, delays, priorities, fast reactions,
        stoichiometries that are no whole numbers, compartments that change, conversion factors, constraints, required
        packages, or mathematics beyond that of formulas.
    ValueError
        If the document is not valid SBML, or a value is missing or impossible.

    References
    ----------
    Bornstein, Keating, Jouraku & Hucka (2008), Bioinformatics 24, 880–881, doi:10.1093/bioinformatics/btn051.

    Examples
    --------
    >>> read_sbml(write_sbml(Network.mass_action({"0 -> A": 2.0, "A -> 0": 0.1}))).change.tolist()
    [[1], [-1]]
    """
    return _Reader(_document(source), molecules).network()


def _document(source):
    """Return the libSBML document of a path or a text, if it is well formed."""
    library = _library()
    is_text = isinstance(source, str) and source.lstrip().startswith("<")
    text = source if is_text else Path(source).read_text(encoding="utf-8")
    document = library.readSBMLFromString(text)
    for index in range(document.getNumErrors()):
        error = document.getError(index)
        if error.getErrorId() == library.RequiredPackagePresent:
            prefix = document.getUnknownPackagePrefix(0)
            raise UnsupportedSBML(f"the package {prefix!r} that this model requires is not known to libSBML")
        if error.getSeverity() >= library.LIBSBML_SEV_ERROR:
            raise ValueError(f"not valid SBML, line {error.getLine()}: {' '.join(error.getMessage().split())}")
    if document.getModel() is None:
        raise ValueError("the SBML document holds no model")
    return document


class _Reader:
    """Turns one libSBML document into a network; refuses by name what a network cannot express."""

    def __init__(self, document, molecules):
        self.library, self.document, self.model = _library(), document, document.getModel()
        self._refuse_packages()
        self._refuse_parts()
        self.factor = self._molecules(molecules)
        self.rounds = molecules is not None
        self._convert()
        self.model = document.getModel()
        self.compartments = list(self.model.getListOfCompartments())
        self.assigned = {rule.getVariable() for rule in self.model.getListOfRules()}
        self.parameters, self.species_of = {}, {s.getId(): s for s in self.model.getListOfSpecies()}
        self.names = self._names()

    def refuse(self, what):
        raise UnsupportedSBML(f"{what} cannot be part of a reaction network here")

    def _refuse_packages(self):
        if self.document.getLevel() < 3:
            return
        for index in range(self.document.getNumPlugins()):
            name = self.document.getPlugin(index).getPackageName()
            if name != "l3v2extendedmath" and self.document.getPackageRequired(name):
                self.refuse(f"the package {name!r} that this model requires")

    def _refuse_parts(self):
        for rule in self.model.getListOfRules():
            if not rule.isAssignment():
                kind = "algebraic rule" if rule.isAlgebraic() else f"rate rule for {rule.getVariable()!r}"
                self.refuse(f"the {kind}")
        if self.model.getNumConstraints():
            self.refuse("a constraint")
        if self.model.isSetConversionFactor() or any(s.isSetConversionFactor() for s in self.model.getListOfSpecies()):
            self.refuse("a conversion factor")
        for event in self.model.getListOfEvents():
            for part in ("Delay", "Priority"):
                if getattr(event, f"isSet{part}")():
                    self.refuse(f"the {part.lower()} of event {event.getId()!r}")
        for reaction in self.model.getListOfReactions():
            self._refuse_reaction(reaction)

    def _refuse_reaction(self, reaction):
        if reaction.isSetFast() and reaction.getFast():
            self.refuse(f"the fast reaction {reaction.getId()!r}")
        if reaction.getKineticLaw() is None or reaction.getKineticLaw().getMath() is None:
            raise ValueError(f"reaction {reaction.getId()!r} has no kinetic law")
        for reference in (*reaction.getListOfReactants(), *reaction.getListOfProducts()):
            amount = reference.getStoichiometry()
            changes = self.model.getRule(reference.getId()) if reference.isSetId() else None
            if reference.isSetStoichiometryMath() or changes or amount % 1 != 0 or amount < 0:
                what = f"the stoichiometry of {reference.getSpecies()!r} in reaction {reaction.getId()!r}"
                self.refuse(f"{what}, which is not a fixed whole number,")

    def _molecules(self, molecules):
        """Return molecules for one unit of substance: as told, or one if the model does not count in mole."""
        if molecules is not None:
            if not (math.isfinite(molecules) and molecules > 0):
                raise ValueError(f"molecules must be a positive number, got {molecules!r}")
            return float(molecules)
        units = [s.getDerivedUnitDefinition() for s in self.model.getListOfSpecies()]
        for species, definition in zip(self.model.getListOfSpecies(), units, strict=True):
            if self._is_mole(species, definition):
                raise UnsupportedSBML(
                    f"species {species.getId()!r} is measured in mole: say how many molecules one unit of substance "
                    "has, such as molecules=6.02214076e14 for nmol, or molecules=1 if the numbers are counts"
                )
        return 1.0

    def _is_mole(self, species, definition):
        mole = self.library.UNIT_KIND_MOLE
        return definition is not None and any(unit.getKind() == mole for unit in definition.getListOfUnits())

    def _convert(self):
        for option in ("expandFunctionDefinitions", "expandInitialAssignments", "promoteLocalParameters"):
            properties = self.library.ConversionProperties()
            properties.addOption(option, True)
            if self.document.convert(properties) != self.library.LIBSBML_OPERATION_SUCCESS:
                raise ValueError(f"libSBML could not convert the model ({option})")
        if self.document.getModel().getNumInitialAssignments():
            name = self.document.getModel().getInitialAssignment(0).getSymbol()
            self.refuse(f"the initial assignment to {name!r}, which has no value at the start,")

    def _names(self):
        """Return the name in formulas of every identifier; a single compartment is the volume."""
        things = [*self.model.getListOfSpecies(), *self.model.getListOfParameters(), *self.compartments]
        found = {}
        for thing in things:
            name = thing.getId()
            while name in TAKEN or name in found.values() or (name != thing.getId() and name in found):
                name += "_"
            found[thing.getId()] = name
        if len(self.compartments) == 1:
            found[self.compartments[0].getId()] = "volume"
        return found

    def network(self):
        for thing in (*self.compartments, *self.model.getListOfParameters()):
            self._constant(thing)
        species = [s for s in self.model.getListOfSpecies() if s.getId() not in self.assigned]
        rules = {self.names[r.getVariable()]: self._rule(r) for r in self.model.getListOfRules()}
        return Network(
            tuple(self.names[s.getId()] for s in species),
            tuple(self._reaction(reaction) for reaction in self.model.getListOfReactions()),
            parameters=self.parameters,
            initial={self.names[s.getId()]: self._count(s) for s in species},
            rules=rules,
            events=tuple(self._event(event) for event in self.model.getListOfEvents()),
            volume=self.volume,
        )

    @cached_property
    def volume(self):
        """Size of the only compartment; one if it has none, or there are several."""
        return self._size(self.compartments[0], 1.0) if len(self.compartments) == 1 else 1.0

    def _size(self, compartment, otherwise=None):
        if compartment.isSetSize():
            return compartment.getSize()
        if otherwise is None:
            raise ValueError(f"compartment {compartment.getId()!r} needs a size: a concentration in it is asked for")
        return otherwise

    def _constant(self, thing):
        """Note the value of a parameter or compartment, unless a rule gives it."""
        name, is_compartment = thing.getId(), hasattr(thing, "getSize")
        if name in self.assigned:
            if is_compartment:
                self.refuse(f"the rule that changes compartment {name!r}")
            return
        if is_compartment:
            if len(self.compartments) > 1:
                self.parameters[self.names[name]] = self._size(thing, 1.0)
        elif thing.isSetValue():
            self.parameters[self.names[name]] = thing.getValue()
        else:
            raise ValueError(f"parameter {name!r} has no value")

    def _count(self, species):
        """Return the initial number of molecules of a species."""
        compartment = self.model.getCompartment(species.getCompartment())
        if species.isSetInitialAmount():
            amount = species.getInitialAmount()
        elif species.isSetInitialConcentration():
            amount = species.getInitialConcentration() * self._size(compartment)
        else:
            raise ValueError(f"species {species.getId()!r} has no initial amount or concentration")
        count = amount * self.factor
        if self.rounds or abs(count - round(count)) <= 1e-9 * max(1.0, abs(count)):
            return round(count)
        raise ValueError(f"species {species.getId()!r} begins with {count:g} molecules, which is no whole number")

    def _unit(self, name):
        """Return the formula by which a count is divided to give what the symbol of a species means in SBML."""
        species = self.species_of[name]
        number = "" if self.factor == 1.0 else repr(self.factor)
        if species.getHasOnlySubstanceUnits() or self._is_flat(species):
            return number
        compartment = self.model.getCompartment(species.getCompartment())
        self._size(compartment)
        place = self.names[compartment.getId()]
        return f"{number}*{place}" if number else place

    def _is_flat(self, species):
        compartment = self.model.getCompartment(species.getCompartment())
        return compartment.isSetSpatialDimensions() and compartment.getSpatialDimensions() == 0

    def symbol(self, name):
        """Return the formula that stands for a symbol of the model."""
        if name not in self.names:
            self.refuse(f"the symbol {name!r} in a formula")
        unit = self._unit(name) if name in self.species_of else ""
        return f"{self.names[name]}/({unit})" if "*" in unit else self.names[name] + (f"/{unit}" if unit else "")

    def formula(self, node):
        """Return MathML as a formula in Python syntax."""
        return ast.unparse(formula.parse(_Mathematics(self)(node)))

    def _amount(self, name, node):
        """Return the formula of the count of a species from the formula of what SBML assigns to it."""
        unit = self._unit(name) if name in self.species_of else ""
        text = self.formula(node)
        return ast.unparse(formula.parse(f"({text})*{unit}")) if unit else text

    def _rule(self, rule):
        return self._amount(rule.getVariable(), rule.getMath())

    def _reaction(self, source):
        sides = [self._side(references) for references in (source.getListOfReactants(), source.getListOfProducts())]
        text = self.formula(source.getKineticLaw().getMath())
        if self.factor != 1.0:
            text = f"{self.factor!r}*({text})"
        reaction = Reaction(*sides, text, "propensity", source.getId())
        drawn = {self.names[s] for s in self.species_of}
        drawn |= {"t", *(self.names[name] for name in self.assigned)}
        constant = _mass_action_constant(reaction, drawn, self.volume)
        return reaction if constant is None else Reaction(*sides, constant, "mass action", source.getId())

    def _side(self, references):
        found = {}
        for reference in references:
            species = self.species_of[reference.getSpecies()]
            if species.getId() in self.assigned and not species.getBoundaryCondition():
                raise ValueError(f"species {species.getId()!r} is changed by a rule and by a reaction")
            if not species.getBoundaryCondition() and not species.getConstant() and reference.getStoichiometry():
                name = self.names[species.getId()]
                found[name] = found.get(name, 0) + int(reference.getStoichiometry())
        return tuple(found.items())

    def _event(self, source):
        assign = []
        for assignment in source.getListOfEventAssignments():
            name = assignment.getVariable()
            if name not in self.species_of:
                self.refuse(f"the assignment of event {source.getId()!r} to {name!r}, which is not a species,")
            assign.append((self.names[name], self._amount(name, assignment.getMath())))
        trigger = source.getTrigger()
        initially = trigger.getInitialValue() if trigger.isSetInitialValue() else True
        return Event(self.formula(trigger.getMath()), tuple(assign), initially=initially, name=source.getId())


class _Mathematics:
    """Writes a libSBML syntax tree as a formula in Python syntax."""

    def __init__(self, reader):
        self.reader = reader
        library = reader.library
        kinds = (*READ_CALLS, *READ_INFIX, *READ_ORDERS, *READ_CONSTANTS, *OTHERS)
        self.kinds = {getattr(library, f"AST_{kind}"): kind for kind in kinds if hasattr(library, f"AST_{kind}")}

    def __call__(self, node):
        if node.isNumber():
            return self._number(node)
        kind = self.kinds.get(node.getType())
        parts = [self(node.getChild(i)) for i in range(node.getNumChildren())] if kind else []
        if kind in READ_INFIX:
            word, empty = READ_INFIX[kind]
            return f"({f' {word} '.join(parts)})" if parts else empty
        if kind in READ_ORDERS:
            return f"({f' {READ_ORDERS[kind]} '.join(parts)})"
        if kind in READ_CALLS:
            return f"{READ_CALLS[kind]}({', '.join(parts)})"
        if kind in READ_CONSTANTS:
            return READ_CONSTANTS[kind]
        special = getattr(self, f"_{kind.lower()}", None) if kind else None
        if special is None:
            operator = self.reader.library.formulaToL3String(node)
            raise UnsupportedSBML(f"the mathematics {operator!r} has no counterpart in the formulas of a network")
        return special(node, parts)

    def _number(self, node):
        value = node.getInteger() if node.isInteger() else node.getValue()
        if not math.isfinite(value):
            raise UnsupportedSBML(f"the number {value} in a formula cannot be part of a reaction network here")
        value = int(value) if value == int(value) and abs(value) < 1e9 else value
        return repr(value) if value >= 0 else f"({value!r})"

    def _name(self, node, parts):
        return f"({self.reader.symbol(node.getName())})"

    def _name_time(self, node, parts):
        return "t"

    def _name_avogadro(self, node, parts):
        return repr(node.getValue())

    def _minus(self, node, parts):
        return f"(-{parts[0]})" if len(parts) == 1 else f"({parts[0]} - {parts[1]})"

    def _logical_not(self, node, parts):
        return f"(not {parts[0]})"

    def _function_tan(self, node, parts):
        return f"(sin({parts[0]})/cos({parts[0]}))"

    def _function_log(self, node, parts):
        return f"(log({parts[1]})/log({parts[0]}))" if parts[0] not in ("10", "10.0") else f"log10({parts[1]})"

    def _function_root(self, node, parts):
        return f"sqrt({parts[1]})" if parts[0] in ("2", "2.0") else f"({parts[1]}**(1/{parts[0]}))"

    def _function_piecewise(self, node, parts):
        if len(parts) % 2 == 0:
            raise UnsupportedSBML("a piecewise formula without 'otherwise' cannot be part of a reaction network here")
        return f"piecewise({', '.join(parts)})"


def _factors(node, above=True):
    """Yield the factors of products and quotients, with whether each stands above the line."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        yield from _factors(node.left, above)
        yield from _factors(node.right, above if isinstance(node.op, ast.Mult) else not above)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and _whole(node.right) is not None:
        power = _whole(node.right)
        for _ in range(abs(power)):
            yield from _factors(node.left, above if power > 0 else not above)
    else:
        yield node, above


def _whole(node):
    """Return the small whole number that a formula is, or None."""
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return None
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value) and abs(value) <= 9
    return int(value) if whole else None


def _mass_action_constant(reaction, variables, volume):
    """Return the rate constant if a propensity is one times the ways to pick the reactants, else None."""
    above, below = [], []
    for node, is_above in _factors(formula.parse(reaction.rate)):
        (above if is_above else below).append(_plain(node))
    for word in map(_plain, _ways(reaction)):
        if word not in above:
            return None
        above.remove(word)
    _multiply(above, below, math.prod(math.factorial(n) for _, n in reaction.reactants))
    if volume != 1.0:
        above += ["volume"] * (reaction.order - 1)
        below += ["volume"] * (1 - reaction.order)
        _cancel(above, below)
    text = "*".join(f"({word})" for word in above) or "1.0"
    text += "".join(f"/({word})" for word in below)
    return None if formula.names(formula.parse(text)) & variables else _simple(text)


def _multiply(above, below, ways):
    """Multiply a quotient by a whole number, by cancelling where the line below holds it."""
    wholes = [word for word in below if word.isdecimal()]
    product = math.prod(map(int, wholes))
    if ways == 1:
        return
    if product % ways:
        above.append(str(ways))
        return
    for word in wholes:
        below.remove(word)
    if product != ways:
        below.append(str(product // ways))


def _plain(node):
    """Return a factor as text, the same however its whole numbers were written."""
    whole = _whole(node)
    if whole is not None:
        return str(whole)
    text = ast.unparse(node)
    return re.sub(r"(?<![\w.])(\d+)\.0(?![\w.])", r"\1", text)


def _cancel(above, below):
    """Take out what stands both above and below the line."""
    for word in [word for word in below if word in above]:
        if word in above and word in below:
            above.remove(word)
            below.remove(word)


def _simple(text):
    """Return a number for a formula that is one, else the formula without needless brackets."""
    tree = formula.parse(text)
    try:
        return float(ast.literal_eval(tree))
    except ValueError:
        return ast.unparse(tree)
