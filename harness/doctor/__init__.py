"""What this machine needs to run examples: ``checks`` says what is missing, ``registries`` asks
the package registries, ``setup`` gets what is missing.

Nothing here talks to the engine itself: ``harness.engine`` is asked.
"""
