"""From a recording to findings. Pure."""
