"""What the channels cover: where needles land, density, areas and layer shares by pass and depth, gaps."""
