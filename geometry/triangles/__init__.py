"""Triangle meshes before they are skin: files, what can be mended, neighbours; and solid shapes as distances."""
