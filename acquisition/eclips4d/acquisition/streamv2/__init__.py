"""DECTRIS Stream V2: one CBOR message per ZeroMQ message, images of several channels; read here, and written too."""
