"""A process that answers what windows ask about stores; it reads only, and nobody who records knows of it."""
