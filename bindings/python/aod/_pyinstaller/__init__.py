"""Where PyInstaller finds its hook for this package, by the entry point `pyinstaller40`."""

import pathlib


def hook_folders() -> list[str]:
    """Return the folders with hooks."""
    return [str(pathlib.Path(__file__).parent)]
