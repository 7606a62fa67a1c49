"""What one forward tells of a network: names of layers, grids of tokens, attention, the linear head, the logits."""
