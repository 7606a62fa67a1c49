"""The directive ``options``: every argument and flag of a command, as the command line itself knows them."""

from inspect import Parameter

from cyclopts.argument import Argument
from docutils import nodes
from docutils.parsers.rst import Directive

from saliencekit.cli import app


def arguments(command):
    """Return what ``saliencekit COMMAND`` takes, in the order of its help."""
    return [each for each in app[command].assemble_argument_collection(parse_docstring=True) if each.show]


def default(argument: Argument):
    """Return the default in words; empty where there is none, or where it is that nothing is given."""
    value = argument.field_info.default
    if argument.required or value is Parameter.empty or value is None or value is False:
        return ""
    if value is True:
        return "yes"
    return " ".join(str(each) for each in value) if isinstance(value, tuple) else str(value)


def flags(argument: Argument):
    """Return the names by which it is given; those that take back a list from a file are left to ``--help``."""
    return [name for name in argument.names if not name.startswith("--empty-")]


def described(text):
    """Return the nodes of a description, in which double backticks mark literals."""
    pieces = text.split("``")
    return [nodes.literal(each, each) if place % 2 else nodes.Text(each) for place, each in enumerate(pieces) if each]


class Options(Directive):
    """A table: how it is given, what it does, and its default."""

    required_arguments = 1

    def run(self):
        group = nodes.tgroup("", *(nodes.colspec(colwidth=width) for width in (34, 52, 14)), cols=3)
        group += nodes.thead("", self.row(*([nodes.Text(each)] for each in ("option", "what it does", "default"))))
        body = nodes.tbody()
        for argument in arguments(self.arguments[0]):
            given = [piece for name in flags(argument) for piece in (nodes.literal(name, name), nodes.Text(" "))]
            said = described(argument.parameter.help or "")
            choices = " | ".join(argument.get_choices() or ())
            if choices:
                said += [nodes.Text(" "), nodes.literal(choices, choices)]
            value = default(argument)
            body += self.row(given, said, [nodes.literal(value, value)] if value else [])
        group += body
        return [nodes.table("", group, classes=["options"])]

    def row(self, *cells):
        as_typed = {"support_smartquotes": False}  # --flag 'expression' is no typography
        return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *each, **as_typed)) for each in cells))


def setup(app):
    app.add_directive("options", Options)
    return {"parallel_read_safe": True}
