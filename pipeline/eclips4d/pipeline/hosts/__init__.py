"""One run over several hosts, described by one file: `eclips4d host NAME --config lab.toml` on each."""
