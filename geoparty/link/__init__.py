"""Places and counts matched to communes and places, every row accounted for."""
