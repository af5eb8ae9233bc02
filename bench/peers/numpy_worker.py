"""A worker that multiplies with the OpenBLAS that numpy carries."""
import os

import work

settings = work.arguments()
os.environ["OPENBLAS_NUM_THREADS"] = str(settings["threads"])
import numpy as np


def prepare():
    if "openblas" not in np.__config__.CONFIG["Build Dependencies"]["blas"]["name"]:
        raise RuntimeError("this numpy has another library than OpenBLAS")

    @work.products
    def product(x, w, out):
        np.matmul(x, w.T, out=out)

    return {"products": product}


work.serve(prepare)
