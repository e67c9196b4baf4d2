"""Work that is shared out over processes and hosts with Dask, in order and in bounded memory."""
