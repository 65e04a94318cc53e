"""HTTP exchanges of a conversation: requests as a probe wants them, replies read within limits, all recorded."""
