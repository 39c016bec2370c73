"""A static site generator for archives of medical questions and answers."""

__version__ = "0.1.0"
