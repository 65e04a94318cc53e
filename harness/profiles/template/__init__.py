"""The skeleton of a specification, which ``docprobe new-profile NAME`` copies: a made-up protocol with one rule."""
