"""Templates of pages are compiled once, not by each worker and each server that a test starts."""

from pathlib import Path

from flask import Flask
from jinja2 import FileSystemBytecodeCache

COMPILED = Path(__file__).parent / "__pycache__" / "templates"
COMPILED.mkdir(parents=True, exist_ok=True)
# What is there is used only while the text of the template is the same.
Flask.jinja_options["bytecode_cache"] = FileSystemBytecodeCache(str(COMPILED))
