"""What this machine needs to run examples, and how it gets it.

``checks`` says what is missing, ``registries`` asks the package registries, ``setup`` installs and starts an engine and
makes base images. Nothing here talks to the engine directly: ``harness.engine`` is asked.
"""
