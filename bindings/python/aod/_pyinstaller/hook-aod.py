"""Collects what PyInstaller does not find by itself: the native library, and the modules that are imported lazily."""

from PyInstaller.utils.hooks import (  # pyright: ignore[reportMissingModuleSource]
    collect_dynamic_libs,  # pyright: ignore[reportUnknownVariableType]
    collect_submodules,  # pyright: ignore[reportUnknownVariableType]
)

binaries = collect_dynamic_libs("aod")
hiddenimports = collect_submodules("aod", lambda name: name != "aod._pyinstaller")
