"""Threshold Lab: what the activation, the loss and the threshold of a Keras binary classifier each decide."""
