"""`mutoscope version`."""

from mutoscope import __version__
from mutoscope.cli.options import application

app = application("Print the version.")


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)
