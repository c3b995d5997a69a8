"""`python -m open311.cli`: the command line, for processes that start one another."""

from open311.cli import main

main()
