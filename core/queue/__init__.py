"""The queue: Dask places jobs on workers, and the folders are the record."""
