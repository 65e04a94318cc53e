"""Images and pods on a container engine: the only folder that imports ``docker`` and ``requests``.

``protocol`` is the seam: everything above it is tested with fakes, everything below with a real engine.
``docker_engine`` is the way in. It ties together

- ``install/``: images with an example's dependencies, made in containers that reach the registries in use;
- ``anchors``, ``pods``, ``process``, ``launch``, ``logs``: a pod is an anchor container, which owns namespaces
  that lead nowhere, and the example's container, which joins them;
- ``tunnel/``: the one connection into a pod, over the anchor's stdin and stdout;
- ``inside/``: docprobe's programs that run in containers.

Below them, ``api`` calls the engine through ``docker_client``, ``events`` reports how containers ended, and ``attach``
carries their output. ``hardening`` and ``containers`` say what each container is allowed, as plain values; ``owner``
and ``cleanup`` make sure that nothing is left behind.
"""
