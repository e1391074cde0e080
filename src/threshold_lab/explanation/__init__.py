"""Any compiled Keras model -> what its activation, loss and metrics really do, and what contradicts.

`explained.explain` asks a model, `stored.explain_file` a file; what they say of it is shown without TensorFlow.
"""
