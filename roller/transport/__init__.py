"""Uptake of an active: permeation, channels, diffusion and what is delivered."""
