"""The version of the package, which equals that of the Cargo workspace."""

__version__ = "0.1.0"
