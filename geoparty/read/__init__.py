"""Any format in, clean frames out: the only stage that opens input files."""
