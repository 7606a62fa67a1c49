"""The application that the commands belong to."""

from cyclopts import App

from .._version import __version__

app = App(
    name="saliencekit",
    help="Where does an image classifier look, and can that be trusted?",
    version=__version__,
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)
