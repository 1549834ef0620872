"""Runs every benchmark, prints the table, writes RESULTS.md: `python -m benchmarks [--json]`."""

import os

# One core for both sides: read when numpy and its BLAS are loaded, so before any import of them.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

from benchmarks.run import main  # noqa: E402

if __name__ == "__main__":
    main()
