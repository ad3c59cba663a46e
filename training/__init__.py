import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read as torch loads: spinning threads starve the other lane
