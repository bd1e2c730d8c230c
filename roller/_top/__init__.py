"""dermaroll: how deep, how many, how much of each layer: a model of derma rollers on layered skin."""

__version__ = "0.1.0"
