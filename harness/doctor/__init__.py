"""What docprobe needs of this machine."""
