"""What docprobe needs of this machine, and how what is missing is mended."""
