"""Making images, in containers that reach the registries in use and nothing else.

``base_images`` makes what all examples start from, ``installer`` adds one bundle's dependencies. Both give jobs to
``image_builder``; ``images`` finds again what was made. One module per package manager (``npm``, ``pypi``) says what to
run and how to read its failures, behind the protocol in ``manager``. ``settings`` is what these containers get of the
host.
"""
