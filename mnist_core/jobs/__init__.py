"""Runs and studies as Dask jobs."""
