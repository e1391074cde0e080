"""Which parts of Keras a stored model may name: those that compute, and run or read nothing of the file's own."""

import re
from collections.abc import Iterator
from typing import Any

_LAYERS = """
Activation ActivityRegularization Add AdditiveAttention AlphaDropout Attention Average AveragePooling1D
AveragePooling2D AveragePooling3D BatchNormalization Bidirectional CategoryEncoding CenterCrop Concatenate
Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose Cropping1D Cropping2D Cropping3D Dense
DepthwiseConv1D DepthwiseConv2D Discretization Dot Dropout ELU EinsumDense Embedding Flatten GRU GRUCell
GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GroupNormalization GroupQueryAttention Identity
InputLayer LSTM LSTMCell LayerNormalization LeakyReLU Masking MaxPooling1D MaxPooling2D MaxPooling3D Maximum
Minimum MultiHeadAttention Multiply Normalization PReLU Permute RMSNormalization RNN ReLU RepeatVector Rescaling
Reshape SeparableConv1D SeparableConv2D SimpleRNN SimpleRNNCell Softmax SpatialDropout1D SpatialDropout2D
SpatialDropout3D SpectralNormalization StackedRNNCells Subtract TimeDistributed UnitNormalization UpSampling1D
UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
"""
LAYERS = frozenset(_LAYERS.split())
"""Not among them: Lambda and TFSMLayer, which run code; text and lookup layers, which read files."""

_FUNCTIONS = """
celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear
log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus
sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink threshold binary_crossentropy
binary_focal_crossentropy categorical_crossentropy categorical_focal_crossentropy categorical_hinge
cosine_similarity dice hinge huber kl_divergence log_cosh mean_absolute_error mean_absolute_percentage_error
mean_squared_error mean_squared_logarithmic_error poisson sparse_categorical_crossentropy squared_hinge tversky
accuracy binary_accuracy categorical_accuracy sparse_categorical_accuracy sparse_top_k_categorical_accuracy
top_k_categorical_accuracy
"""
FUNCTIONS = frozenset(_FUNCTIONS.split())

_MODELS = {("keras", "Sequential"), ("keras", "Functional"), ("keras.src.models.functional", "Functional")}
_MODELS |= {("keras", "DTypePolicy"), ("keras.dtype_policies", "DTypePolicy"), ("keras.src.ops.core", "Cast")}
_CLASSES = {
    *("keras.initializers", "keras.regularizers", "keras.constraints", "keras.losses", "keras.metrics"),
    *("keras.optimizers", "keras.optimizers.schedules", "keras.src.ops.numpy", "keras.src.ops.nn"),
}
"""Modules all of whose classes compute."""
_PLAIN = {"__keras_tensor__", "__tuple__", "__ellipsis__", "__slice__", "__numpy__", "__tensor__"}
_CLASS_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")


def refused(config: Any) -> Iterator[str]:
    """Yield each thing a stored configuration names that is not allowed, as `module.Name`; of a function its own."""
    queue = [config]
    while queue:
        own = queue.pop()
        if isinstance(own, dict):
            queue += own.values()
            if "class_name" in own and not _allowed(own):
                yield _name(own)
        elif isinstance(own, list):
            queue += own


def _name(own: dict[str, Any]) -> str:
    place = ".".join(str(own[key]) for key in ("module", "class_name") if own.get(key))
    return f"{place} {own.get('config')!r}" if own["class_name"] == "function" else place


def _allowed(own: dict[str, Any]) -> bool:
    module, name, registered = own.get("module"), own["class_name"], own.get("registered_name")
    if not isinstance(name, str) or (module is None and name not in _PLAIN):
        return False
    if name == "function":
        return module == "builtins" and own.get("config") in FUNCTIONS and registered in (None, own.get("config"))
    if registered not in (None, name):
        return False
    if module == "keras.layers":
        return name in LAYERS
    return module is None or (module, name) in _MODELS or (module in _CLASSES and bool(_CLASS_NAME.fullmatch(name)))
