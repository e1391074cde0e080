"""How many threads work out a number: a worker's, as TensorFlow reads them, and those of the driver's matrices."""

OF_A_WORKER = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}
OF_MATRICES = 1
