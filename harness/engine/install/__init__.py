"""Making images, in containers that reach the registries in use and nothing else.

``base_images`` makes what all examples start from, the lowest part of it in ``first_layer``; ``pulled`` pins official
images by digest. ``installer`` adds one bundle's dependencies. Both give jobs to ``image_builder``; ``images`` finds
again what was made. One module per package manager (``npm``, ``pypi``, ``gomod``, ``cargo``, ``maven``) says what to
run and how to read its failures, behind the protocol in ``manager``.

``settings`` is what these containers get of the host, and ``way_out`` the proxy through which they reach registries.
What fails is not tried again for each example: ``silence`` and ``outages`` remember it for a run, ``failed_installs``
for a day.
"""
