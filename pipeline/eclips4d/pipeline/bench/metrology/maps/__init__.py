"""Height maps of other instruments, put in place and compared: against truth, and on a recording."""
