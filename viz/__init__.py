"""Looking: the 3D scene and the charts; draws what a Treatment holds and computes nothing."""
