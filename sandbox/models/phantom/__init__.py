"""A model whose inner state is moved by a known amount: the phantom that the measures are calibrated on."""
