"""After the needle: closure, permeation, diffusion, delivery, healing, side effects. Arrays and records in."""
